"""The example that verifies by `lambda:Invoke` without the client package."""

from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from docs.examples import direct_invoke
from lambda_src.otp.time_limits import TimeLimits

from .conftest import ARN
from .scripted import NUMBER, VERIFIED, Reply, Said, Scripted, Way, problem

WRONG = {"VerificationResponse": {"Valid": False}}


@pytest.mark.parametrize("way", [Way.LAMBDA])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (VERIFIED, nullcontext(enter_result=True)),
        (WRONG, nullcontext(enter_result=False)),
        (problem("InvalidRequest", 400), pytest.raises(direct_invoke.ProblemError, match="Inv")),
        # The lost request may have used the code, so a retry would report the code as wrong.
        (Reply(how="dropped"), pytest.raises(ConnectionClosedError)),
    ],
)
def test_code_is_verified_in_one_request(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, said: Said, expected: Any
) -> None:
    """A problem raises; the client waits longer than the function may run."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    functions: Any = direct_invoke.connect()
    scripted.says(said, WRONG)

    with expected as valid:
        verify = direct_invoke.verify
        assert verify(functions, ARN.format("verify"), "mine", NUMBER, "123456") is valid

    fields = {"ReferenceId": "mine", "DestinationIdentity": NUMBER, "Otp": "123456"}
    assert [asked.fields for asked in scripted.asked] == [fields]
    assert functions.meta.config.read_timeout > TimeLimits().function
