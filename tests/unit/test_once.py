"""One ReferenceId, one message: replay, reuse, progress, and what is never freed."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.clock import Clock
from tests.support.emf import read
from tests.support.failures import NO_ANSWER, NO_CONNECTION
from tests.support.service import NUMBER, HttpAnswer, Service, request

OPTED_OUT, THROTTLED, UNKNOWN_FAILURE = "+12065550101", "+12065550103", "+12065550105"
SENDING = "before-call.pinpoint.SendOTPMessage"
LOCKING, UPDATING, FREEING = (f"dynamodb.{of}" for of in ("PutItem", "UpdateItem", "DeleteItem"))
FUNCTION_SECONDS = 28


def answered(code: str, status: int) -> ClientError:
    """Make an error that DynamoDB answers."""
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "")


def once_at(service: Service, event: str, act: Callable[[], Any]) -> None:
    """Do something at the first event of its kind."""
    todo = iter([act])

    def handler(**_: Any) -> None:
        if first := next(todo, None):
            first()

    service.on(event, handler)


# --- Replay and reuse ---


def metrics_of(service: Service) -> dict[str, list[float]]:
    """The values of each metric, for every request that wrote it, whatever its dimensions."""
    return {name: values for (_, _, name), values in read(service.metric_lines()).items()}


@pytest.mark.parametrize(("number", "status"), [(NUMBER, 200), (OPTED_OUT, 422)])
def test_the_same_request_again_is_replayed_byte_for_byte(
    service: Service, number: str, status: int
) -> None:
    """The same body, marked, and counted as a replay; the fields are compared, not the text."""
    asked = request(CodeLength=6, DestinationIdentity=number)
    first = service.post(json.dumps(asked))
    again = service.post(json.dumps(dict(reversed(asked.items())), indent=4))

    assert (first.status, again.status, again.body) == (status, status, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["X-Request-Id"] != first.headers["X-Request-Id"]
    assert len(service.requests()) == 1
    metrics = metrics_of(service)
    assert (metrics["Requests"], metrics["Replayed"]) == ([1, 1], [0, 1])
    told = metrics.get("Texts"), metrics.get("Refused"), metrics.get("StoreFailures")
    assert told == (([1], None, None) if status == 200 else (None, [1, 1], None))
    # The record hides the ReferenceId, and both of its hashes are of SHA-256.
    [item] = service.items()
    prefix, _, digest = item["id"]["S"].partition("#")
    assert (prefix, len(digest), len(item["validation"]["S"])) == ("send", 64, 64)
    assert asked["ReferenceId"] not in json.dumps(item)


@pytest.mark.parametrize(
    "change", [{"DestinationIdentity": "+12065550199"}, {"CodeLength": 8}, {"Channel": "SMS"}]
)
def test_a_reference_id_with_a_different_request_is_refused(
    service: Service, change: dict[str, Any]
) -> None:
    """422 ReferenceIdReused, also while the first runs; even a default written out counts."""
    asked = request()
    answers: list[HttpAnswer] = []
    once_at(service, SENDING, lambda: answers.append(service.send(**asked | change)))
    first = service.invoke(asked)
    answers.append(service.send(**asked | change))

    assert {(answer.status, answer.code) for answer in answers} == {(422, "ReferenceIdReused")}
    assert len(service.texts()) == 1
    assert service.invoke(asked) == first | {"IdempotentReplayed": True}


# --- Guesses ---


@pytest.fixture
def asked(service: Service) -> dict[str, Any]:
    """Give a request that was sent."""
    asked = request()
    service.send(**asked)
    return asked


def guess(service: Service, asked: dict[str, Any], last: int = 99) -> str | None:
    """Send with a known ReferenceId to a number that is guessed, and say what is told."""
    return service.send(**asked | {"DestinationIdentity": f"+120655501{last:02}"}).code


def test_guessing_the_number_of_a_reference_id_tells_nothing_after_five(
    service: Service, asked: dict[str, Any]
) -> None:
    """Then the right one looks like a wrong one; the record is as it was, but for what counts."""
    assert {service.send(**asked).status for _ in range(6)} == {200}
    [before] = service.items()

    told = [guess(service, asked, last) for last in range(1, 6)]
    after = [service.send(**asked), service.send(**asked | {"CodeLength": 5})]

    assert told == ["ReferenceIdReused"] * 5
    assert {(answer.status, answer.code) for answer in after} == {(429, "Throttled")}
    assert len({answer.json()["detail"].split(" after ")[0] for answer in after}) == 1
    assert len(service.texts()) == 1
    [item] = service.items()
    assert item == before | {"mismatches": {"N": "5"}, "answered_at": item["answered_at"]}


def test_guesses_that_come_at_once_are_told_no_more(
    service: Service, asked: dict[str, Any]
) -> None:
    """Each has found a record without mismatches; the write that counts decides."""
    more, codes = iter(range(9)), list[str | None]()

    def another(**_: Any) -> None:
        if next(more, None) is not None:
            codes.append(guess(service, asked))

    service.on(f"before-call.{UPDATING}", another)
    codes.append(guess(service, asked))

    assert codes == ["ReferenceIdReused"] * 5 + ["Throttled"] * 5


def test_right_guess_among_wrong_ones_is_told_no_more_than_they_are(
    service: Service, asked: dict[str, Any]
) -> None:
    """It has found a record with one mismatch; by the time that it is answered, there are five."""
    guess(service, asked)
    once_at(service, f"before-call.{UPDATING}", lambda: [guess(service, asked) for _ in range(5)])
    assert service.send(**asked).code == "Throttled"


@pytest.mark.parametrize("right", [True, False])
def test_guessed_reference_id_is_answered_once_a_minute(
    service: Service, clock: Clock, asked: dict[str, Any], *, right: bool
) -> None:
    """Whichever request comes first, the right one included; the others are told when to repeat."""
    wrong = asked | {"CodeLength": 5}
    assert {service.send(**wrong).code for _ in range(5)} == {"ReferenceIdReused"}
    clock.wait(50)
    early = service.send(**asked)
    assert (early.code, early.headers["Retry-After"]) == ("Throttled", "10")
    assert early.json()["retryAfter"] == 10
    clock.wait(10)

    answer = service.send(**(asked if right else wrong))
    others = [service.send(**asked), service.send(**wrong)]

    assert answer.code == (None if right else "ReferenceIdReused")
    assert ("Idempotent-Replayed" in answer.headers) == right
    assert {(other.code, other.headers["Retry-After"]) for other in others} == {("Throttled", "60")}
    assert len(service.texts()) == 1


def test_guesses_do_not_disturb_the_request_that_runs(service: Service, clock: Clock) -> None:
    """It is sent, and its answer recorded; the right request waits like all others until then."""
    asked = request()
    meanwhile: list[str | None] = []

    def disturb() -> None:
        meanwhile.extend(guess(service, asked) for _ in range(7))
        meanwhile.append(service.send(**asked).code)

    once_at(service, SENDING, disturb)
    first = service.send(**asked)
    clock.wait(60)

    assert first.status == 200
    assert meanwhile == ["ReferenceIdReused"] * 5 + ["Throttled"] * 3
    again = service.send(**asked)
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert len(service.texts()) == 1


@pytest.mark.parametrize("before", [0, 5])
@pytest.mark.parametrize("event", ["before-call", "response-received"])
def test_mismatch_that_cannot_be_counted_tells_nothing(
    service: Service, asked: dict[str, Any], before: int, event: str
) -> None:
    """503 StoreUnavailable, and it counts as a failure of the table."""
    for _ in range(before):
        guess(service, asked)
    service.fail(f"{event}.{UPDATING}", NO_ANSWER)
    told = [guess(service, asked), *(service.send(**asked).code for _ in range(before))]
    assert {*told} == {"StoreUnavailable"}
    assert '"StoreFailures":[1' in "".join(service.metric_lines())
    assert len(service.texts()) == 1


def test_request_that_meets_a_record_which_is_freed_is_told_to_repeat(
    service: Service, asked: dict[str, Any]
) -> None:
    """409 InProgress: it was, a moment ago. Nothing is written for a record that is gone."""
    once_at(service, f"before-call.{UPDATING}", lambda: service.delete(service.items()[0]["id"]))
    assert guess(service, asked) == "InProgress"
    assert service.items() == []


# --- Progress, and what is never freed ---


def test_a_request_that_is_running_answers_in_progress(service: Service, clock: Clock) -> None:
    """To be repeated after a second; the running one texts once, and leaves the window's end."""
    asked = request()
    meanwhile: list[HttpAnswer] = []
    ends: list[str] = []

    def look() -> None:
        meanwhile.append(service.send(**asked))
        ends.extend(item["expiration"]["N"] for item in service.items())
        clock.wait(5)

    once_at(service, SENDING, look)
    assert service.send(**asked).status == 200
    [answer] = meanwhile
    assert (answer.status, answer.code) == (409, "InProgress")
    assert answer.headers["Retry-After"] == "1"
    assert len(service.texts()) == 1
    assert [item["expiration"]["N"] for item in service.items()] == ends


def test_an_unknown_outcome_holds_the_reference_id_at_once(service: Service) -> None:
    """504, then 409; Pinpoint is not asked twice. The first alone is counted as such."""
    asked = request(DestinationIdentity=UNKNOWN_FAILURE)
    answers = [service.send(**asked) for _ in range(3)]

    assert [answer.status for answer in answers] == [504, 409, 409]
    assert {answer.code for answer in answers} == {"OutcomeUnknown"}
    assert not any("Idempotent-Replayed" in answer.headers for answer in answers)
    assert len(service.requests()) == 1
    metrics = metrics_of(service)
    counted = [metrics[name] for name in ("OutcomeUnknown", "ServerErrors", "Refused")]
    assert counted == [[1, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_a_dead_attempt_is_in_progress_until_the_functions_timeout_has_passed(
    service: Service, clock: Clock
) -> None:
    """Killed while sending: 409 InProgress, then 409 OutcomeUnknown, never a second text."""
    asked = request()
    service.die("after-call.pinpoint.SendOTPMessage", asked)
    clock.wait(FUNCTION_SECONDS)
    assert service.send(**asked).code == "InProgress"
    clock.wait(0.001)
    answer = service.send(**asked)
    assert (answer.status, answer.code) == (409, "OutcomeUnknown")
    assert len(service.texts()) == 1


def test_the_window_ends_65_minutes_after_the_lock(
    service: Service, clock: Clock, asked: dict[str, Any]
) -> None:
    """At its end a replay, one second after it a new text, for which nobody has guessed."""
    guess(service, asked)
    clock.wait(65 * 60)
    assert service.invoke(asked)["IdempotentReplayed"] is True
    clock.wait(1)
    assert "IdempotentReplayed" not in service.invoke(asked)
    assert len(service.texts()) == 2
    assert "mismatches" not in service.items()[0]


# --- What DynamoDB does not answer ---


@pytest.mark.parametrize(
    ("write", "destination"), [(LOCKING, NUMBER), (UPDATING, NUMBER), (FREEING, THROTTLED)]
)
@pytest.mark.parametrize(
    ("failure", "pauses"),
    [
        *((failure, [0.025]) for failure in (NO_ANSWER, NO_CONNECTION)),
        (answered("InternalServerError", 500), [0.025]),
        (answered("ProvisionedThroughputExceededException", 400), [1]),
        (answered("AccessDeniedException", 400), []),
    ],
)
def test_what_is_written_for_a_reference_id_is_repeated_once_if_its_failure_may_pass(
    service: Service, write: str, destination: str, failure: Exception, pauses: list[float]
) -> None:
    """The lock, the record and the freeing, each by our own code: the SDK makes every call once."""
    attempts = service.fail(f"before-call.{write}", failure)
    service.send(DestinationIdentity=destination)
    assert len(attempts) == 1 + len(pauses)
    assert len(service.pauses) == len(pauses)
    assert all(0 <= waited <= most for waited, most in zip(service.pauses, pauses, strict=True))


def test_a_lock_whose_answer_got_lost_is_recognized_as_our_own(service: Service) -> None:
    """DynamoDB took the lock; asked again, it is met: the message is sent, once."""

    def lose() -> None:
        raise NO_ANSWER.with_traceback(None)

    once_at(service, f"response-received.{LOCKING}", lose)
    assert service.send().status == 200
    assert len(service.texts()) == 1


@pytest.mark.parametrize("event", ["before-call", "response-received"])
def test_without_the_lock_nothing_is_sent(service: Service, event: str) -> None:
    """503 StoreUnavailable is to be repeated: a lock that was taken all the same is undone."""
    asked = request()
    service.fail(f"{event}.{LOCKING}", NO_ANSWER)
    answer = service.send(**asked)
    assert (answer.status, answer.code) == (503, "StoreUnavailable")
    assert (service.requests(), service.items()) == ([], [])
    service.mend()
    assert service.send(**asked).status == 200


@pytest.mark.parametrize(
    ("write", "destination", "code"), [(UPDATING, NUMBER, None), (FREEING, THROTTLED, "Throttled")]
)
def test_an_outcome_that_cannot_be_recorded_is_told_and_holds(
    service: Service, clock: Clock, write: str, destination: str, code: str | None
) -> None:
    """The answer is the message's, not the store's. After the function's timeout, 409."""
    asked = request(DestinationIdentity=destination)
    service.fail(f"before-call.{write}", NO_ANSWER)
    assert service.send(**asked).code == code
    service.mend()
    clock.wait(FUNCTION_SECONDS + 1)
    assert service.send(**asked).code == "OutcomeUnknown"
    assert len(service.requests()) == 1


@pytest.mark.parametrize("destination", [THROTTLED, NUMBER])
def test_an_attempt_never_touches_a_record_that_is_not_its_own(
    service: Service, destination: str
) -> None:
    """Neither the outcome nor the freeing of an attempt whose record somebody else took over."""

    def take_over() -> None:
        [item] = service.items()
        service.put({**item, "owner": {"S": "other"}})

    once_at(service, SENDING, take_over)
    service.send(DestinationIdentity=destination)
    [item] = service.items()
    assert (item["owner"]["S"], item["status"]["S"]) == ("other", "INPROGRESS")
