"""The client against the deployed service."""

import re
from functools import partial

import pytest
from serverless_otp import InvalidRequest, OtpClient

from clients.python.examples.try_sandbox import main
from sandbox.state import STATE_FILE
from tests.support.deployment import Deployment

from .scripted import NUMBER, Way


@pytest.mark.usefixtures("deployment")
def test_example_prints_a_text_an_answer_and_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    """This is the first example that a caller runs."""
    main(STATE_FILE)

    text, verified, problem = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"This is your One Time Password: \d{6} from ExampleCorp", text)
    assert verified.startswith("Verification(valid=True, request_id=")
    assert problem.startswith("OptedOut: ")


def test_text_replay_and_problem(way: Way, deployment: Deployment, of_sandbox: OtpClient) -> None:
    """The problem's message has no digits of the number, and its request ID is in the log."""
    send = partial(of_sandbox.send, NUMBER, code_length=8, brand_name="Client")
    sent = send()
    again = send(reference_id=sent.reference_id)
    with pytest.raises(InvalidRequest) as raised:
        of_sandbox.send("0100", language=7)  # type: ignore[arg-type]  # a bad one

    pointers = [error.pointer for error in raised.value.errors]
    assert (sorted(pointers), raised.value.status) == (["/DestinationIdentity", "/Language"], 400)
    assert "0100" not in str(raised.value)
    assert (sent.replayed, again.replayed) == (False, True)
    [text] = deployment.texts(sent.reference_id)
    assert re.search(r"\b[0-9]{8} from Client$", text["body"])
    log = deployment.log()
    assert raised.value.request_id
    assert raised.value.request_id in log
    # By invoke, MiniStack returns a different ID than the function logs.
    assert sent.request_id
    assert sent.request_id in log or way is Way.LAMBDA
