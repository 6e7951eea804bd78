"""The functions under AWS's runtime client: what they import, when, and what they log."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.pinpoint import inbox
from tests.support.texts import leaked

from .api import RESTORE_NEXT
from .function import Function, Runtime, request

Start = Callable[..., Function]

# A handler that also answers which modules it has imported.
IMPORTED = "what is imported?"
ASKABLE = f"""
import sys
from otp import FUNCTION as function

def handler(event, context):
    if event != "{IMPORTED}":
        return function.handler(event, context)
    modules = {{name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}}
    return {{"path": sys.path, "modules": modules}}
"""
FIELDS: dict[str, dict[str, str]] = {"send": {}, "verify": {"Otp": "12345"}}


@pytest.mark.parametrize("name", FIELDS)
def test_modules_come_from_the_bundle_python_and_the_runtime_client_only(
    start: Start, runtime: Runtime, tmp_path: Path, name: str
) -> None:
    """The bundle is complete: neither the start nor the first request imports anything else."""
    (tmp_path / "askable.py").write_text(ASKABLE.replace("FUNCTION", name))
    function = start(name, "askable.handler", [tmp_path])
    function.initialize()
    # Libraries must not print at the start: their output is not masked.
    assert function.stdout() == []
    assert not function.invoke(request(**FIELDS[name])).failed

    imported = function.invoke(IMPORTED).body

    code, layer, *python, client = map(Path, imported["path"])
    assert (code, layer, client) == (runtime.bundle, tmp_path, runtime.client)
    files = {Path(file) for file in imported["modules"].values() if file}
    for file in files:
        assert any(file.is_relative_to(place) for place in (code, layer, client, *python)), file
        assert not {"site-packages", "dist-packages"} & {*file.parts}, file
    assert {
        code / "otp" / f"{name}.py",
        code / "boto3" / "__init__.py",
        client / "awslambdaric" / "bootstrap.py",
    } <= files
    # The compiled half of the runtime client was used.
    assert [file for file in files if file.is_relative_to(client) and file.suffix == ".so"]


@pytest.mark.parametrize("initialization", ["snap-start", "provisioned-concurrency"])
@pytest.mark.parametrize("name", FIELDS)
def test_first_request_after_an_early_start_imports_nothing(
    start: Start, tmp_path: Path, name: str, initialization: str
) -> None:
    """All imports are in the snapshot, or done before a request waits for them."""
    (tmp_path / "askable.py").write_text(ASKABLE.replace("FUNCTION", name))
    function = start(
        *(name, "askable.handler", [tmp_path]), AWS_LAMBDA_INITIALIZATION_TYPE=initialization
    )
    if initialization == "snap-start":
        assert function.api.next_call() == (RESTORE_NEXT, None)
        function.api.restore()
    function.initialize()
    before = function.invoke(IMPORTED).body["modules"]

    # One number for each allowed country, because libphonenumber loads them separately.
    for number in ("+12065550123", "+14165550123"):
        assert not function.invoke(request(DestinationIdentity=number, **FIELDS[name])).failed

    late = set(function.invoke(IMPORTED).body["modules"]) - set(before)
    if name == "verify":  # verify does not know the allowed countries, so it loads them on demand
        late = {module for module in late if not module.startswith("phonenumbers.data.")}
    assert late == set()


def test_log_and_metrics_are_lines_of_json_on_stdout(start: Start) -> None:
    """Every line parses, no line is written twice, and a problem is a function error."""
    send = start("send", "otp.send.handler")
    send.initialize()
    asked = request()
    sent, again, refused = send.invoke(asked), send.invoke(asked), send.invoke({})

    assert again.body == sent.body | {"IdempotentReplayed": True}
    assert (refused.failed, refused.body["errorType"]) == (True, "InvalidRequest")
    lines = [json.loads(line) for line in send.stdout()]
    answered = [line for line in lines if line.get("message") == "answered"]
    ids = [outcome.request_id for outcome in (sent, again, refused)]
    assert [line["function_request_id"] for line in answered] == ids
    assert all(line["level"] == "INFO" and line["xray_trace_id"] for line in answered)
    metrics = [line for line in lines if "_aws" in line]
    assert metrics
    [error] = [line for line in lines if line.get("errorType") == "InvalidRequest"]
    assert error["requestId"] == refused.request_id
    assert len(lines) == len(metrics) + 4
    assert leaked(send.said(), inbox()) == []
