"""The client against the deployed service, over ways that break, too."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from serverless_otp import (
    InvalidRequest,
    NoAnswer,
    OptedOut,
    OutcomeUnknown,
    Problem,
    ReferenceIdReused,
)

from clients.python.examples.try_sandbox import main
from sandbox.state import STATE_FILE
from tests.support.deployment import Deployment, code_in
from tests.support.proxy import Proxy, Rule

from .clock import VirtualClock
from .conftest import Connect
from .scripted import NUMBER, Way, problem

# As API Gateway does, in the shape of the contract; and as Lambda.
THROTTLED = problem("Throttled", 429, retryable=True, retryAfter=2)
#: What breaks, and how on either way; by invoke as over HTTP if it is not said.
FAULTS: Mapping[str, Mapping[str, Rule]] = {
    "reset": {"http": {"reset": True}},
    "answer lost": {"http": {"response": {"abort_bytes": 0}}},
    "answer cut": {"http": {"response": {"truncate_frac": 0.5}}},
    "503": {"http": {"error": {"code": "ServiceUnavailable", "status": 503}}},
    "429": {
        "http": {"error": {"code": "Throttled", "status": 429, "fields": THROTTLED}},
        "invoke": {"error": {"code": "TooManyRequestsException"}},
    },
}
#: The request goes through.
TEXTED = {"answer lost", "answer cut"}


@pytest.fixture
def broken(proxy: Proxy) -> Iterator[Proxy]:
    """Give the proxy, and mend it."""
    yield proxy
    proxy.break_by()


def rule(fault: str, way: Way, **more: Any) -> Rule:
    """Break requests of whatever service."""
    rules = FAULTS[fault]
    return {"service": "*", **rules.get(way.name, rules["http"]), **more}


def test_code_that_was_sent_is_verified(
    way: Way, deployment: Deployment, to_sandbox: Connect
) -> None:
    """Send, read the phone, verify. The same again is a replay; something else, a problem."""
    client = to_sandbox(way)

    sent = client.send(NUMBER, code_length=8, brand_name="Client")
    again = client.send(NUMBER, reference_id=sent.reference_id, code_length=8, brand_name="Client")
    with pytest.raises(ReferenceIdReused) as raised:
        client.send(NUMBER, reference_id=sent.reference_id)

    [text] = deployment.texts(sent.reference_id)
    assert text["body"].endswith("from Client")
    assert (sent.replayed, again.replayed) == (False, True)
    assert sent.message_id == again.message_id is not None
    assert not client.verify(NUMBER, sent.reference_id, "00000")
    assert client.verify(NUMBER, sent.reference_id, code_in(text))
    log = deployment.log()
    assert raised.value.request_id
    assert raised.value.request_id in log
    # By invoke, MiniStack gives another one than the function.
    assert sent.request_id
    assert sent.request_id in log or way.name == "invoke"


@pytest.mark.parametrize(
    ("number", "fields", "raised", "status", "pointers"),
    [
        ("+12065550101", {}, OptedOut, 422, []),
        ("+12065550105", {}, OutcomeUnknown, 504, []),
        (
            *("0100", {"code_length": 9, "language": 7}, InvalidRequest, 400),
            ["/CodeLength", "/DestinationIdentity", "/Language"],
        ),
    ],
)
def test_problem_is_the_exception_of_its_code(
    way: Way,
    to_sandbox: Connect,
    number: str,
    fields: dict[str, Any],
    raised: type[Problem],
    status: int,
    pointers: list[str],
) -> None:
    """As the service says it, which knows the rules of the fields; the number is not in it."""
    with pytest.raises(Problem) as caught:
        to_sandbox(way).send(number, **fields)

    assert (type(caught.value), caught.value.status) == (raised, status)
    assert sorted(error.pointer for error in caught.value.errors) == pointers
    assert number[-4:] not in str(caught.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_now_and_then_ends_in_one_text(
    way: Way,
    broken: Proxy,
    deployment: Deployment,
    to_sandbox: Connect,
    clock: VirtualClock,
    fault: str,
) -> None:
    """Twice broken, then whole: three requests, the same ReferenceId, one text."""
    client, before = to_sandbox(way, broken, clock=clock), broken.requests()
    broken.break_by(rule(fault, way, times=2))

    sent = client.send(NUMBER)

    assert (broken.requests() - before, broken.fired()) == (3, 2)
    assert len(deployment.texts(sent.reference_id)) == 1
    assert sent.replayed is (fault in TEXTED)


@pytest.mark.parametrize("fault", ["reset", "answer lost"])
def test_verify_whose_answer_is_lost_is_asked_once(
    way: Way,
    broken: Proxy,
    deployment: Deployment,
    to_sandbox: Connect,
    clock: VirtualClock,
    fault: str,
) -> None:
    """A right code that got through is used up: to ask again would say that it is wrong."""
    client = to_sandbox(way, broken, clock=clock)
    sent = client.send(NUMBER)
    [text] = deployment.texts(sent.reference_id)
    before = broken.requests()
    broken.break_by(rule(fault, way))

    with pytest.raises(NoAnswer):
        client.verify(NUMBER, sent.reference_id, code_in(text))

    assert broken.requests() == before + 1
    broken.break_by()
    assert client.verify(NUMBER, sent.reference_id, code_in(text)).valid is (fault not in TEXTED)


@pytest.mark.usefixtures("deployment")
def test_example_sends_verifies_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """The one that a caller begins with: it prints the text, the answer, and a problem."""
    main(STATE_FILE)

    text, verified, problem = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"This is your One Time Password: \d{6} from ExampleCorp", text)
    assert verified.startswith("Verification(valid=True, request_id=")
    assert problem.startswith("OptedOut: ")
