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
    OutcomeUnknown,
    Problem,
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
LOST = [
    pytest.param(Reply(how=How.DROPPED), id="connection dropped"),
    pytest.param(
        Reply(body=b'{"MessageResponse": {}}' * 9, how=How.CUT, headers={"Content-Type": "x/y"}),
        id="cut off",
    ),
    pytest.param(Reply(body=b'{"Mess', headers={"Content-Type": "application/json"}), id="no JSON"),
    pytest.param(Reply(502, b"<html>"), id="a 502 of nobody's"),
    pytest.param(Reply(503, b'{"message": "x"}'), id="a 503 of nobody's"),
]


def sending(client: OtpClient) -> object:
    """Send."""
    return client.send(NUMBER, reference_id="mine")


def verifying(client: OtpClient) -> object:
    """Verify."""
    return client.verify(NUMBER, "mine", "123456")


def code(raised: Any) -> str:
    """Say what was raised."""
    return f"{type(raised).__name__} {raised.code}"


def test_problem_that_is_retryable_is_repeated_with_the_same_bytes(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """One send is one ReferenceId, and one body."""
    scripted.says(
        way.problem(THROTTLED),
        way.problem(problem("Unavailable", 503, retryable=True)),
        way.success(MESSAGE),
    )

    sent = client.send(NUMBER)

    assert len(scripted.asked) == 3
    assert len({asked.body for asked in scripted.asked}) == 1
    assert scripted.asked[0].json()["ReferenceId"] == sent.reference_id


def test_problem_that_nobody_knows_yet_is_repeated_if_it_says_so(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """The rule is the document's, not a list of codes."""
    scripted.says(way.problem(problem("New", 418, retryable=True)), way.success(MESSAGE))

    assert client.send(NUMBER).message_id == "message"


def test_problem_that_is_not_retryable_is_raised_at_once(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """Whatever its status is."""
    scripted.says(way.problem(problem("Throttled", 429, retryable=False)))

    with pytest.raises(Throttled):
        client.send(NUMBER)

    assert (len(scripted.asked), clock.waits) == (1, [])


def test_retry_after_is_waited_for(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """The seconds that the service says, and no less: in its header, or in its document."""
    scripted.says(
        way.problem(THROTTLED, retry_after=7),
        way.problem(THROTTLED, retry_after=3),
        way.success(MESSAGE),
    )

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
    assert len(clock.waits) >= 5
    assert all(wait != round(wait, 3) for wait in clock.waits)


def test_deadline_ends_the_repeating(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """Thirty seconds in all, and the last problem is raised without waiting for nothing."""
    scripted.says(way.problem(THROTTLED, retry_after=8))

    with pytest.raises(Throttled) as raised:
        client.send(NUMBER)

    assert clock.waits == [8, 8, 8]
    assert len(scripted.asked) == 4
    assert raised.value.retry_after == 8
    assert raised.value.reference_id == scripted.asked[0].json()["ReferenceId"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (problem("TooManyMessages", 429, retryable=True, limit="countryPerDay"), TooManyMessages),
        (problem("SendingPaused", 503, retryable=True), SendingPaused),
    ],
)
def test_wait_beyond_the_deadline_is_not_begun(
    way: Way,
    scripted: Scripted,
    client: OtpClient,
    clock: VirtualClock,
    document: dict[str, Any],
    expected: type[Problem],
) -> None:
    """An hour is the caller's to wait for."""
    scripted.says(way.problem(document, retry_after=3600))

    with pytest.raises(expected) as raised:
        client.send(NUMBER)

    assert raised.value.retry_after == 3600
    assert (len(scripted.asked), clock.waits) == (1, [])


def test_attempt_does_not_begin_with_hardly_any_time_left(
    way: Way, scripted: Scripted, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would make of a certain "not sent" a "nobody knows"."""
    client = connect(way, scripted.url, monkeypatch, clock=clock, deadline_seconds=5.5)
    scripted.says(way.problem(THROTTLED, retry_after=5))

    with pytest.raises(Throttled):
        client.send(NUMBER)

    assert len(scripted.asked) == 1


@pytest.mark.parametrize("status", [409, 502, 504])
def test_unknown_outcome_is_raised_at_once(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock, status: int
) -> None:
    """Even if it said that it could be repeated: it is never resolved by itself."""
    scripted.says(way.problem(problem("OutcomeUnknown", status, retryable=True), retry_after=1))

    with pytest.raises(OutcomeUnknown) as raised:
        client.send(NUMBER)

    assert code(raised.value) == "OutcomeUnknown OutcomeUnknown"
    assert raised.value.status == status
    assert (len(scripted.asked), clock.waits) == (1, [])


@pytest.mark.parametrize("lost", LOST)
def test_send_without_an_answer_is_repeated_with_the_same_bytes(
    way: Way, scripted: Scripted, client: OtpClient, lost: Reply
) -> None:
    """The ReferenceId tells the outcome, and never texts twice."""
    scripted.says(lost, lost, way.success(MESSAGE, replayed=True))

    sent = client.send(NUMBER)

    assert sent.replayed
    assert len(scripted.asked) == 3
    assert len({asked.body for asked in scripted.asked}) == 1


@pytest.mark.parametrize("lost", LOST)
def test_send_without_an_answer_until_the_deadline_is_no_answer(
    scripted: Scripted, client: OtpClient, clock: VirtualClock, lost: Reply
) -> None:
    """Nobody knows; the ReferenceId can be asked about later."""
    scripted.says(lost)

    with pytest.raises(NoAnswer, match="may have been carried out or not") as raised:
        client.send(NUMBER, reference_id="mine")

    assert isinstance(raised.value, OutcomeUnknown)
    assert raised.value.reference_id == "mine"
    assert len(scripted.asked) == len(clock.waits) + 1 > 5
    assert 20 < clock.now() < 30


@pytest.mark.parametrize("lost", LOST)
def test_verify_without_an_answer_is_not_repeated(
    scripted: Scripted, client: OtpClient, clock: VirtualClock, lost: Reply
) -> None:
    """It may have used an attempt, or the code itself."""
    scripted.says(lost)

    with pytest.raises(NoAnswer) as raised:
        client.verify(NUMBER, "mine", "123456")

    assert raised.value.reference_id == "mine"
    assert (len(scripted.asked), clock.waits) == (1, [])


def test_verify_is_repeated_where_no_attempt_was_used(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """A problem that is retryable says so."""
    scripted.says(way.problem(THROTTLED), way.success(VERIFIED))

    assert client.verify(NUMBER, "mine", "123456").valid
    assert len({asked.body for asked in scripted.asked}) == 1
    assert len(scripted.asked) == 2


@pytest.mark.parametrize("ask", [sending, verifying])
def test_request_without_a_connection_is_repeated(
    way: Way,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[OtpClient], object],
) -> None:
    """Nothing left, not even a verify; and the error says so."""
    nobody = f"http://127.0.0.1:{free_port()}"
    client = connect(way, nobody, monkeypatch, clock=clock)

    with pytest.raises(NotSent, match="the request was not made") as raised:
        ask(client)

    assert raised.value.reference_id == "mine"
    assert len(clock.waits) > 5


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (THROTTLED, NoAnswer),
        (problem("InProgress", 409, retryable=True), NoAnswer),
        (problem("StoreUnavailable", 503, retryable=True), NoAnswer),
        (problem("AccessDenied", 403), NoAnswer),
        (problem("New", 418), NoAnswer),
        # The earlier attempt may begin now, and find the ReferenceId free.
        (problem("TemporaryFailure", 503, retryable=True), NoAnswer),
        (problem("Unavailable", 503, retryable=True), NoAnswer),
        (problem("TooManyMessages", 429, retryable=True), NoAnswer),
        (problem("SendingPaused", 503, retryable=True), NoAnswer),
        (problem("OptedOut", 422), OptedOut),
        (problem("DestinationNotAllowed", 403), DestinationNotAllowed),
        (problem("OutcomeUnknown", 409), OutcomeUnknown),
    ],
    ids=lambda value: value["code"] if isinstance(value, dict) else "",
)
def test_lost_answer_is_not_forgotten(
    way: Way,
    scripted: Scripted,
    client: OtpClient,
    answer: dict[str, Any],
    expected: type[Problem],
) -> None:
    """What a later attempt is told says "not sent" of the earlier one only if it knows."""
    scripted.says(Reply(how=How.DROPPED), way.problem(answer))

    with pytest.raises(Problem) as raised:
        client.send(NUMBER)

    assert type(raised.value) is expected


@pytest.mark.parametrize(
    ("name", "expected"), [("InProgress", InProgress), ("StoreUnavailable", StoreUnavailable)]
)
def test_problem_alone_is_that_problem(
    way: Way, scripted: Scripted, client: OtpClient, name: str, expected: type[Problem]
) -> None:
    """Where every answer arrived, the last one is true."""
    scripted.says(way.problem(problem(name, 503, retryable=True)))

    with pytest.raises(Problem) as raised:
        client.send(NUMBER)

    assert type(raised.value) is expected


def test_lost_answer_and_then_one_of_somebody_else_is_no_answer(
    scripted: Scripted, clock: VirtualClock
) -> None:
    """The text may have gone out."""
    client = OtpClient(api_url=scripted.url, clock=clock)
    scripted.says(Reply(how=How.DROPPED), Reply(404, b"nothing here"))

    with pytest.raises(NoAnswer) as raised:
        client.send(NUMBER)

    assert isinstance(raised.value.__cause__, UnexpectedAnswer)


@pytest.mark.parametrize("ask", [sending, verifying])
def test_silence_ends_at_the_deadline(
    way: Way,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[OtpClient], object],
) -> None:
    """By a real clock: an attempt takes no longer than what is left."""
    client = connect(way, scripted.url, monkeypatch, deadline_seconds=0.6)
    scripted.says(Reply(how=How.NEVER))
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        ask(client)

    assert time.monotonic() - started < 5  # of an attempt's usual twelve


def test_last_attempt_takes_no_longer_than_what_is_left(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """By a real clock, after pauses that were not: a second, and not the usual twelve."""
    scripted.says(way.problem(THROTTLED, retry_after=29), Reply(how=How.NEVER))
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        client.send(NUMBER)

    assert time.monotonic() - started < 5


def test_every_call_has_a_reference_id_of_its_own(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """Unless it is given: a new text is a new ReferenceId."""
    scripted.says(way.success(MESSAGE))

    one, two = client.send(NUMBER), client.send(NUMBER)
    client.send(NUMBER, reference_id="mine")

    ids = [asked.json()["ReferenceId"] for asked in scripted.asked]
    assert ids == [one.reference_id, two.reference_id, "mine"]
    assert one.reference_id != two.reference_id


def test_log_has_attempts_and_no_number(
    way: Way, scripted: Scripted, client: OtpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """For whoever looks for a request."""
    caplog.set_level(logging.DEBUG, logger="serverless_otp")
    scripted.says(way.problem(THROTTLED), way.problem(problem("AccessDenied", 403)))

    with pytest.raises(AccessDenied):
        client.verify(NUMBER, "mine", "123456")

    assert [
        record.getMessage() for record in caplog.records if record.name == "serverless_otp"
    ] == [
        "reference_id='mine' attempt=1 code=Throttled",
        "reference_id='mine' attempt=2 code=AccessDenied",
    ]
