"""The way to the service breaks: one ReferenceId, one text, and an end at the deadline."""

from collections.abc import Iterator
from typing import Any

import pytest
from serverless_otp import NoAnswer, Problem, Throttled

from tests.support.deployment import Deployment, code_in
from tests.support.proxy import Proxy, Rule

from .clock import VirtualClock
from .conftest import Connect
from .scripted import NUMBER, Way, problem

#: The request goes through, and its answer is lost.
LOST_ANSWER: Rule = {"response": {"abort_bytes": 0}}
CUT_ANSWER: Rule = {"response": {"truncate_frac": 0.5}}
RESET: Rule = {"reset": True}
DOWN: Rule = {"error": {"code": "ServiceUnavailable", "status": 503}}


def _throttled() -> Rule:
    """Answer as API Gateway does, in the shape of the contract."""
    document = problem("Throttled", 429, retryable=True, retryAfter=2)
    return {"error": {"code": "Throttled", "status": 429, "fields": document}}


#: What breaks on either way, and how.
FAULTS: dict[str, dict[str, Rule]] = {
    "reset": {"http": RESET, "invoke": RESET},
    "answer lost": {"http": LOST_ANSWER, "invoke": LOST_ANSWER},
    "answer cut": {"http": CUT_ANSWER, "invoke": CUT_ANSWER},
    "503": {"http": DOWN, "invoke": DOWN},
    "429": {
        "http": _throttled(),
        "invoke": {"error": {"code": "TooManyRequestsException"}},
    },
}
TEXTED = {"answer lost", "answer cut"}


@pytest.fixture
def broken(proxy: Proxy) -> Iterator[Proxy]:
    """Give the proxy, and mend it."""
    yield proxy
    proxy.break_by()


def rule(rule: Rule, **more: Any) -> Rule:
    """Break every request, of whatever service."""
    return {"service": "*", **rule, **more}


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
    broken.break_by(rule(FAULTS[fault][way.name], times=2))

    sent = client.send(NUMBER)

    assert broken.requests() - before == 3
    assert broken.fired() == 2
    assert len(clock.waits) == 2
    assert len(deployment.texts(sent.reference_id)) == 1
    assert sent.replayed is (fault in TEXTED)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_for_ever_ends_at_the_deadline(
    way: Way,
    broken: Proxy,
    deployment: Deployment,
    to_sandbox: Connect,
    clock: VirtualClock,
    fault: str,
) -> None:
    """Whatever went through, it is one text at most; and whether it did is not made up."""
    client, before = to_sandbox(way, broken, clock=clock), broken.requests()
    broken.break_by(rule(FAULTS[fault][way.name]))
    expected = Throttled if fault == "429" else NoAnswer

    with pytest.raises(Problem) as raised:
        client.send(NUMBER)

    assert type(raised.value) is expected
    assert clock.now() < 30
    assert broken.requests() - before == len(clock.waits) + 1 > 4
    assert raised.value.reference_id
    texts = deployment.texts(raised.value.reference_id)
    assert len(texts) == (1 if fault in TEXTED else 0)

    broken.break_by()
    sent = client.send(NUMBER, reference_id=raised.value.reference_id)
    assert sent.replayed is bool(texts)
    assert len(deployment.texts(raised.value.reference_id)) == 1


@pytest.mark.parametrize("fault", ["reset", "answer lost", "answer cut", "503"])
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
    broken.break_by(rule(FAULTS[fault][way.name]))

    with pytest.raises(NoAnswer):
        client.verify(NUMBER, sent.reference_id, code_in(text))

    assert (broken.requests() - before, clock.waits) == (1, [])
    broken.break_by()
    assert client.verify(NUMBER, sent.reference_id, code_in(text)).valid is (fault not in TEXTED)


def test_verify_that_is_throttled_is_repeated(
    way: Way, broken: Proxy, deployment: Deployment, to_sandbox: Connect, clock: VirtualClock
) -> None:
    """It says that no attempt was used."""
    client = to_sandbox(way, broken, clock=clock)
    sent = client.send(NUMBER)
    [text] = deployment.texts(sent.reference_id)
    broken.break_by(rule(FAULTS["429"][way.name], times=2))

    assert client.verify(NUMBER, sent.reference_id, code_in(text)).valid
    assert broken.fired() == 2


def test_silence_ends_at_the_deadline_and_texts_once(
    way: Way, broken: Proxy, deployment: Deployment, to_sandbox: Connect
) -> None:
    """The answer never comes, by a real clock: the ReferenceId is asked about later."""
    client = to_sandbox(way, broken, deadline_seconds=2.5)
    broken.break_by(rule({"response": {"bandwidth_kbps": 0.001}}))

    with pytest.raises(NoAnswer) as raised:
        client.send(NUMBER, reference_id=f"silence-{way.name}")

    broken.break_by()
    assert raised.value.reference_id == f"silence-{way.name}"
    sent = to_sandbox(way, broken).send(NUMBER, reference_id=f"silence-{way.name}")
    assert sent.replayed
    assert len(deployment.texts(sent.reference_id)) == 1
