"""How the functions start: from the bundle alone, or not at all."""

import sys
from pathlib import Path

import pytest

from .api import INIT_ERROR, NEXT
from .conftest import SETTINGS, Starter
from .function import Runtime
from .requests import request

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="AWS's runtime client is for Lambda's Linux"
)


# A function that can be asked what it has imported.
ASKABLE = """
import sys
from otp.FUNCTION import handler as answer

def handler(event, context):
    if event != "what is imported?":
        return answer(event, context)
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return {"path": sys.path, "files": sorted(filter(None, files))}
"""


@pytest.mark.parametrize(("name", "fields"), [("send", {}), ("verify", {"Otp": "12345"})])
def test_nothing_comes_from_elsewhere_than_bundle_runtime_client_and_python(
    start: Starter, runtime: Runtime, tmp_path: Path, name: str, fields: dict[str, str]
) -> None:
    """Not at the start, and not while a request is answered for the first time."""
    (tmp_path / "askable.py").write_text(ASKABLE.replace("FUNCTION", name))
    function = start("askable.handler", SETTINGS[name], [tmp_path])
    assert function.initialize().what == NEXT
    # Neither does a library say anything: what it logs is not masked.
    assert function.new_lines() == []
    assert not function.invoke({**request(), **fields}).failed

    imported = function.invoke("what is imported?").body

    code, layer, *python, client = map(Path, imported["path"])
    assert (code, layer, client) == (runtime.bundle, tmp_path, runtime.client)
    files = {Path(file) for file in imported["files"]}
    for file in files:
        assert any(file.is_relative_to(place) for place in (code, layer, client, *python)), file
        assert not {"site-packages", "dist-packages"} & {*file.parts}, file
    assert {
        code / "otp" / f"{name}.py",
        code / "boto3" / "__init__.py",
        client / "awslambdaric" / "bootstrap.py",
    } <= files
    # Its compiled half, which speaks with the API.
    assert [file for file in files if file.is_relative_to(client) and file.suffix == ".so"]


@pytest.mark.parametrize(
    ("name", "variable"), [("send", "OTP_TABLE_NAME"), ("verify", "OTP_APPLICATION_ID")]
)
def test_a_missing_setting_is_an_init_error_that_names_it(
    start: Starter, name: str, variable: str
) -> None:
    """The function takes no event, and its process ends."""
    settings = {key: value for key, value in SETTINGS[name].items() if key != variable}
    function = start(f"otp.{name}.handler", settings)

    call = function.initialize()

    assert call.what == INIT_ERROR
    assert call.error_type == call.body["errorType"] == "KeyError"
    assert variable in call.body["errorMessage"]
    assert function.end() == 1
