"""The client against the deployed service, also through a proxy that loses answers."""

import re

import pytest
from serverless_otp import InvalidRequest, NoAnswer

from clients.python.examples.try_sandbox import main
from sandbox.state import STATE_FILE
from tests.support.deployment import Deployment
from tests.support.proxy import Proxy
from tests.support.texts import code_in

from .conftest import Connect
from .scripted import NUMBER, VirtualClock, Way

#: The request reaches the service, but its answer is lost.
ANSWER_LOST = {"service": "*", "response": {"abort_bytes": 0}}


@pytest.mark.usefixtures("deployment")
def test_example_prints_a_text_an_answer_and_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    """This is the first example that a caller runs."""
    main(STATE_FILE)

    text, verified, problem = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"This is your One Time Password: \d{6} from ExampleCorp", text)
    assert verified.startswith("Verification(valid=True, request_id=")
    assert problem.startswith("OptedOut: ")


def test_problem_names_the_fields_and_leads_to_the_log(
    way: Way, deployment: Deployment, to_sandbox: Connect
) -> None:
    """The message has no digits of the number, and its request ID is in the functions' log."""
    client = to_sandbox()
    sent = client.send(NUMBER, code_length=8, brand_name="Client")
    with pytest.raises(InvalidRequest) as raised:
        client.send("0100", language=7)  # type: ignore[arg-type]  # a bad one

    pointers = [error.pointer for error in raised.value.errors]
    assert (sorted(pointers), raised.value.status) == (["/DestinationIdentity", "/Language"], 400)
    assert "0100" not in str(raised.value)
    [text] = deployment.texts(sent.reference_id)
    assert re.search(r"\b[0-9]{8} from Client$", text["body"])
    log = deployment.log()
    assert raised.value.request_id
    assert raised.value.request_id in log
    # By invoke, MiniStack returns a different ID than the function logs.
    assert sent.request_id
    assert sent.request_id in log or way is Way.LAMBDA


def test_lost_answers_are_retried_for_send_only(
    proxy: Proxy, deployment: Deployment, to_sandbox: Connect
) -> None:
    """Retries of a send text once. A retried verify would report the used code as wrong."""
    client, before = to_sandbox(proxy.url, clock=VirtualClock()), proxy.requests()
    proxy.break_by(ANSWER_LOST | {"times": 2})

    sent = client.send(NUMBER)

    assert (proxy.requests() - before, sent.replayed) == (3, True)
    [text] = deployment.texts(sent.reference_id)
    proxy.break_by(ANSWER_LOST)
    with pytest.raises(NoAnswer):
        client.verify(NUMBER, sent.reference_id, code_in(text))
    assert proxy.requests() - before == 4
