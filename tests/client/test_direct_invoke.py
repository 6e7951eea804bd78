"""The example that verifies by `lambda:Invoke` without the client."""

import pytest
from botocore.exceptions import ConnectionClosedError

from docs.examples import direct_invoke
from lambda_src.otp.time_limits import TimeLimits

from .conftest import ARN
from .scripted import NUMBER, VERIFIED, Reply, Scripted, Way, problem

pytestmark = pytest.mark.parametrize("way", [Way.LAMBDA])


def verify(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Verify through the scripted server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", scripted.url)
    functions = direct_invoke.connect()
    waits: float = functions.meta.config.read_timeout  # type: ignore[attr-defined]  # the stubs leave it out
    assert waits > TimeLimits().function
    return direct_invoke.verify(functions, ARN.format("verify"), "mine", NUMBER, "123456")


def test_verify_whose_answer_is_lost_is_asked_once(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again, the answer to a right code would be that it is wrong."""
    scripted.says(Reply(how="dropped"), {"VerificationResponse": {"Valid": False}})

    with pytest.raises(ConnectionClosedError):
        verify(scripted, monkeypatch)

    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    ("said", "valid"), [(VERIFIED, True), ({"VerificationResponse": {"Valid": False}}, False)]
)
def test_answer_is_given(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, said: dict[str, object], *, valid: bool
) -> None:
    """Of the function, to what the contract says."""
    scripted.says(said)

    assert verify(scripted, monkeypatch) is valid

    asked = {"ReferenceId": "mine", "DestinationIdentity": NUMBER, "Otp": "123456"}
    assert scripted.asked[0].fields == asked


def test_problem_is_raised_by_its_code(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the function error's type says it."""
    scripted.says(problem("InvalidRequest", 400))

    with pytest.raises(direct_invoke.ProblemError, match="InvalidRequest"):
        verify(scripted, monkeypatch)
