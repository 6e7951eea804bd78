"""SnapStart: what the runtime client does with the functions' hooks."""

import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from .api import NEXT, RESTORE_NEXT
from .conftest import SETTINGS, Starter
from .requests import post, request

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="AWS's runtime client is for Lambda's Linux"
)

# A function that somebody warms up before the snapshot.
WARMED_UP = """
from types import SimpleNamespace
from snapshot_restore_py import register_before_snapshot
from otp import FUNCTION as function

@register_before_snapshot  # runs first
def warm_up():
    function.handler(REQUEST, SimpleNamespace(
        function_name="f", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="id"
    ))

handler = function.handler
"""

# A function that says what it has imported.
MODULES = "which modules are there?"
WATCHED = """
import sys
from otp import FUNCTION as function

def handler(event, context):
    return sorted(sys.modules) if event == "MODULES" else function.handler(event, context)
""".replace("MODULES", MODULES)


@pytest.mark.parametrize("name", SETTINGS)
def test_hooks_run_around_the_snapshot_and_requests_work_afterwards(
    start: Starter, tmp_path: Path, aws: Mapping[str, str], name: str
) -> None:
    """No connection is in the snapshot, and new ones are there."""
    code = {"Otp": "12345"} if name == "verify" else {}
    warmed_up = WARMED_UP.replace("FUNCTION", name).replace("REQUEST", repr(request(**code)))
    (tmp_path / "warmed_up.py").write_text(warmed_up)
    function = start(
        "warmed_up.handler",
        {**SETTINGS[name], "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
        [tmp_path],
    )

    def connections() -> int:
        found = psutil.Process(function.pid).net_connections("tcp")
        port = urlsplit(aws["AWS_ENDPOINT_URL_PINPOINT"]).port
        return sum(
            connection.status == psutil.CONN_ESTABLISHED and connection.raddr.port == port
            for connection in found
        )

    assert function.api.next_call().what == RESTORE_NEXT
    assert connections() == 0

    function.api.restore()

    assert function.initialize().what == NEXT
    assert connections() > 0
    assert post(function, request(**code)).status == 200


@pytest.mark.parametrize("initialization", ["snap-start", "provisioned-concurrency"])
@pytest.mark.parametrize("name", SETTINGS)
def test_the_first_request_after_an_early_start_finds_every_module_imported(
    start: Starter, tmp_path: Path, name: str, initialization: str
) -> None:
    """Whatever takes time but once is done before the snapshot, or before anybody waits.

    But for what libphonenumber knows of a country, where the function is not told which to expect.
    """
    (tmp_path / "watched.py").write_text(WATCHED.replace("FUNCTION", name))
    environment = {**SETTINGS[name], "AWS_LAMBDA_INITIALIZATION_TYPE": initialization}
    function = start("watched.handler", environment, [tmp_path])
    if initialization == "snap-start":
        assert function.api.next_call().what == RESTORE_NEXT
        function.api.restore()
    assert function.initialize().what == NEXT
    before = function.invoke(MODULES).body

    # The countries of SETTINGS, both of which libphonenumber knows apart.
    for number in ("+12065550123", "+14165550123"):
        code = {"Otp": "12345"} if name == "verify" else {}
        assert post(function, request(DestinationIdentity=number, **code)).status == 200

    late = set(function.invoke(MODULES).body) - set(before)
    if name == "verify":
        late = {module for module in late if not module.startswith("phonenumbers.data.")}
    assert late == set()
