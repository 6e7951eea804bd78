"""What the client repeats, when, with what, and for how long."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from serverless_otp import (
    AccessDenied,
    DestinationNotAllowed,
    InProgress,
    NoAnswer,
    NotSent,
    OptedOut,
    OtpClient,
    OtpError,
    OutcomeUnknown,
    SendingPaused,
    StoreUnavailable,
    Throttled,
    TooManyMessages,
    UnexpectedAnswer,
)

from sandbox.servers import free_port

from .clock import VirtualClock
from .conftest import connect
from .scripted import MESSAGE, NUMBER, VERIFIED, How, Reply, Scripted, Way, problem

THROTTLED = problem("Throttled", 429, retryable=True)
LOST = {
    "dropped": Reply(how=How.DROPPED),
    "cut": Reply(body=b'{"MessageResponse": {}}' * 9, how=How.CUT, headers={"Content-Type": "x"}),
    "no JSON": Reply(body=b'{"Mess', headers={"Content-Type": "application/json"}),
    "502 of nobody": Reply(502, b"<html>"),
    "503 of nobody": Reply(503, b'{"message": "x"}'),
}
DROPPED = LOST["dropped"]
# Of the retries that go on until the deadline.
MANY = range(6, 40)


def send(client: OtpClient) -> object:
    """Send."""
    return client.send(NUMBER, reference_id="mine")


def verify(client: OtpClient) -> object:
    """Verify."""
    return client.verify(NUMBER, "mine", "123456")


def retryable(code: str, status: int, **more: Any) -> dict[str, Any]:
    """Write a problem that may be repeated."""
    return problem(code, status, retryable=True, **more)


# A reply is one of these, a problem, or a problem and how many seconds to wait.
Said = Reply | dict[str, Any] | tuple[dict[str, Any], int]

#: What is answered, ending with what is answered for ever; what is raised; how many were asked.
CASES: dict[str, tuple[Callable[[OtpClient], object], list[Said], type[OtpError] | None, Any]] = {
    "a problem that may pass": (send, [THROTTLED, retryable("Unavailable", 503), MESSAGE], None, 3),
    "a code that is new": (send, [retryable("New", 418), MESSAGE], None, 2),
    "a problem that may pass, of a verify": (verify, [THROTTLED, VERIFIED], None, 2),
    "a status that may, a problem not": (send, [problem("Throttled", 429)], Throttled, 1),
    "until the deadline": (send, [(THROTTLED, 8)], Throttled, 4),
    "all answered, InProgress": (send, [retryable("InProgress", 409)], InProgress, MANY),
    "all answered, no store": (send, [retryable("StoreUnavailable", 503)], StoreUnavailable, MANY),
    # An hour is the caller's to wait for.
    "a limit": (send, [(retryable("TooManyMessages", 429), 3600)], TooManyMessages, 1),
    "a pause": (send, [(retryable("SendingPaused", 503), 3600)], SendingPaused, 1),
    # Never resolved by itself, even if it said so.
    **{
        f"unknown, {status}": (send, [(retryable("OutcomeUnknown", status), 1)], OutcomeUnknown, 1)
        for status in (409, 502, 504)
    },
    # The ReferenceId tells the outcome, and never texts twice; a verify may have used an attempt.
    **{
        f"{name}, then there": (send, [lost, lost, MESSAGE], None, 3) for name, lost in LOST.items()
    },
    **{f"{name}, for ever": (send, [lost], NoAnswer, MANY) for name, lost in LOST.items()},
    **{f"{name}, of a verify": (verify, [lost], NoAnswer, 1) for name, lost in LOST.items()},
    # What a later attempt is told says "not sent" of the earlier one only if it knows.
    **{
        f"dropped, then {said['code']}": (send, [DROPPED, said], raised, count)
        for said, raised, count in (
            (THROTTLED, NoAnswer, MANY),
            (retryable("InProgress", 409), NoAnswer, MANY),
            (retryable("StoreUnavailable", 503), NoAnswer, MANY),
            (problem("AccessDenied", 403), NoAnswer, 2),
            (problem("New", 418), NoAnswer, 2),
            # The earlier attempt may begin now, and find the ReferenceId free.
            (retryable("TemporaryFailure", 503), NoAnswer, MANY),
            (retryable("Unavailable", 503), NoAnswer, MANY),
            (retryable("TooManyMessages", 429), NoAnswer, MANY),
            (retryable("SendingPaused", 503), NoAnswer, MANY),
            (problem("OptedOut", 422), OptedOut, 2),
            (problem("DestinationNotAllowed", 403), DestinationNotAllowed, 2),
            (problem("OutcomeUnknown", 409), OutcomeUnknown, 2),
        )
    },
}


@pytest.mark.parametrize(("ask", "said", "raised", "count"), CASES.values(), ids=CASES)
def test_what_is_repeated_is_the_same_request_and_ends_before_the_deadline(
    way: Way,
    scripted: Scripted,
    client: OtpClient,
    clock: VirtualClock,
    ask: Callable[[OtpClient], object],
    said: list[Said],
    raised: type[OtpError] | None,
    count: Any,
) -> None:
    """One ReferenceId, one body; what was raised last names it."""
    scripted.says(*(written(way, reply) for reply in said))

    error = None
    try:
        ask(client)
    except OtpError as problem:
        error = problem

    assert type(error) is (raised or type(None))
    assert error is None or error.reference_id == "mine"
    assert len(scripted.asked) in (count if count is MANY else [count])
    assert len(scripted.asked) == len(clock.waits) + 1
    assert len({asked.body for asked in scripted.asked}) == 1
    assert clock.now() < 30
    assert count is not MANY or clock.now() > 20


def written(way: Way, said: Said) -> Reply:
    """Write a reply as those who come this way get it."""
    if isinstance(said, Reply):
        return said
    if isinstance(said, tuple):
        return way.problem(said[0], retry_after=said[1])
    return way.problem(said) if "code" in said else way.success(said)


def test_retry_after_is_waited_for(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """The seconds that the service says, and no less: in its header, or in its document."""
    scripted.says(*(written(way, said) for said in ((THROTTLED, 7), (THROTTLED, 3), MESSAGE)))

    client.send(NUMBER)

    assert clock.waits == [7, 3]


def test_pauses_grow_where_the_service_does_not_say(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """Twice as long each time, up to eight seconds, and never quite the same."""
    scripted.says(way.problem(THROTTLED))

    with pytest.raises(Throttled):
        client.send(NUMBER)

    for wait, longest in zip(clock.waits, (0.5, 1, 2, 4, 8, 8, 8), strict=False):
        assert longest / 2 <= wait <= longest
    assert all(wait != round(wait, 3) for wait in clock.waits)


def test_attempt_does_not_begin_with_hardly_any_time_left(
    way: Way, scripted: Scripted, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would make of a certain "not sent" a "nobody knows"."""
    client = connect(way, scripted.url, monkeypatch, clock=clock, deadline_seconds=5.5)
    scripted.says(way.problem(THROTTLED, retry_after=5))

    with pytest.raises(Throttled):
        client.send(NUMBER)

    assert len(scripted.asked) == 1


@pytest.mark.parametrize("ask", [send, verify])
def test_request_without_a_connection_is_repeated(
    way: Way,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[OtpClient], object],
) -> None:
    """Nothing left, not even a verify; and the error says so."""
    client = connect(way, f"http://127.0.0.1:{free_port()}", monkeypatch, clock=clock)

    with pytest.raises(NotSent, match="the request was not made") as raised:
        ask(client)

    assert raised.value.reference_id == "mine"
    assert len(clock.waits) > 5


def test_lost_answer_and_then_one_of_somebody_else_is_no_answer(
    scripted: Scripted, clock: VirtualClock
) -> None:
    """The text may have gone out."""
    scripted.says(DROPPED, Reply(404, b"nothing here"))

    with pytest.raises(NoAnswer, match="may have been carried out or not") as raised:
        OtpClient(api_url=scripted.url, clock=clock).send(NUMBER)

    assert isinstance(raised.value, OutcomeUnknown)
    assert isinstance(raised.value.__cause__, UnexpectedAnswer)


@pytest.mark.parametrize(("ask", "said"), [(send, []), (verify, []), (send, [(THROTTLED, 29)])])
def test_silence_ends_at_the_deadline(
    way: Way,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[OtpClient], object],
    said: list[Said],
) -> None:
    """By a real clock: an attempt takes no longer than what is left, and not its usual twelve."""
    seconds = {"clock": VirtualClock()} if said else {"deadline_seconds": 0.3}
    client = connect(way, scripted.url, monkeypatch, **seconds)
    scripted.says(*(written(way, reply) for reply in said), Reply(how=How.NEVER))
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        ask(client)

    assert time.monotonic() - started < 5


def test_every_call_has_a_reference_id_of_its_own(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """Unless it is given: a new text is a new ReferenceId."""
    scripted.says(way.success(MESSAGE))

    sent = [client.send(NUMBER), client.send(NUMBER), client.send(NUMBER, reference_id="mine")]

    ids = [asked.json()["ReferenceId"] for asked in scripted.asked]
    assert ids == [one.reference_id for one in sent]
    assert (len({*ids}), ids[-1]) == (3, "mine")


def test_log_has_attempts_and_no_number(
    way: Way, scripted: Scripted, client: OtpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """For whoever looks for a request."""
    caplog.set_level(logging.DEBUG, logger="serverless_otp")
    scripted.says(way.problem(THROTTLED), way.problem(problem("AccessDenied", 403)))

    with pytest.raises(AccessDenied):
        client.verify(NUMBER, "mine", "123456")

    said = [record.getMessage() for record in caplog.records if record.name == "serverless_otp"]
    assert said == [
        "reference_id='mine' attempt=1 code=Throttled",
        "reference_id='mine' attempt=2 code=AccessDenied",
    ]
