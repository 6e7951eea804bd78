"""The example that verifies by `lambda:Invoke` without the client package."""

import pytest
from botocore.exceptions import ConnectionClosedError

from docs.examples import direct_invoke
from lambda_src.otp.time_limits import TimeLimits

from .conftest import ARN
from .scripted import NUMBER, VERIFIED, Reply, Scripted, Way, problem

pytestmark = pytest.mark.parametrize("way", [Way.LAMBDA])


def verify(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Verify through the scripted server; the read timeout exceeds the function's."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    functions = direct_invoke.connect()
    waits: float = functions.meta.config.read_timeout  # type: ignore[attr-defined]  # the stubs leave it out
    assert waits > TimeLimits().function
    return direct_invoke.verify(functions, ARN.format("verify"), "mine", NUMBER, "123456")


def test_verify_is_not_retried_after_a_lost_answer(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try may have used the code, so a retry would report it as wrong."""
    scripted.says(Reply(how="dropped"), {"VerificationResponse": {"Valid": False}})

    with pytest.raises(ConnectionClosedError):
        verify(scripted, monkeypatch)

    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    ("said", "valid"), [(VERIFIED, True), ({"VerificationResponse": {"Valid": False}}, False)]
)
def test_answer_is_returned(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, said: dict[str, object], *, valid: bool
) -> None:
    """The request has the fields of the contract."""
    scripted.says(said)

    assert verify(scripted, monkeypatch) is valid

    asked = {"ReferenceId": "mine", "DestinationIdentity": NUMBER, "Otp": "123456"}
    assert scripted.asked[0].fields == asked


def test_problem_is_raised_by_its_code(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is the function error's type."""
    scripted.says(problem("InvalidRequest", 400))

    with pytest.raises(direct_invoke.ProblemError, match="InvalidRequest"):
        verify(scripted, monkeypatch)
