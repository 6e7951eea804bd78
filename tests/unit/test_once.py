"""One text per ReferenceId: replays, reuse, requests in progress, and unknown outcomes."""

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
    """Return the error that boto3 raises for an error of DynamoDB."""
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "")


def once_at(service: Service, event: str, act: Callable[[], Any]) -> None:
    """Act at the first event of this kind."""
    todo = iter([act])

    def handler(**_: Any) -> None:
        if first := next(todo, None):
            first()

    service.on(event, handler)


# --- Replay and reuse ---


def metrics_of(service: Service) -> dict[str, list[float]]:
    """Return the values of each metric, one per request, whatever its dimensions."""
    return {name: values for (_, _, name), values in read(service.metric_lines()).items()}


@pytest.mark.parametrize(("number", "status"), [(NUMBER, 200), (OPTED_OUT, 422)])
def test_a_repeat_is_replayed_byte_for_byte(service: Service, number: str, status: int) -> None:
    """Fields are compared, not the JSON text. The replay is marked, and counted as one."""
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
    # The record holds SHA-256 hashes of the ReferenceId and of the request.
    [item] = service.items()
    prefix, _, digest = item["id"]["S"].partition("#")
    assert (prefix, len(digest), len(item["validation"]["S"])) == ("send", 64, 64)
    assert asked["ReferenceId"] not in json.dumps(item)


@pytest.mark.parametrize(
    "change", [{"DestinationIdentity": "+12065550199"}, {"CodeLength": 8}, {"Channel": "SMS"}]
)
def test_a_reused_reference_id_is_refused(service: Service, change: dict[str, Any]) -> None:
    """Even while the first request runs, and even if only a default is written out."""
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
    """Send a request, and return it."""
    asked = request()
    service.send(**asked)
    return asked


def guess(service: Service, asked: dict[str, Any], last: int = 99) -> str | None:
    """Reuse a ReferenceId with a guessed number; return the code of the answer."""
    return service.send(**asked | {"DestinationIdentity": f"+120655501{last:02}"}).code


def test_only_five_wrong_guesses_are_told(service: Service, asked: dict[str, Any]) -> None:
    """Then a right guess looks like a wrong one. Only the record's counters have changed."""
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


def test_concurrent_guesses_are_told_no_more(service: Service, asked: dict[str, Any]) -> None:
    """Each has read a record without mismatches; the write that counts decides."""
    more, codes = iter(range(9)), list[str | None]()

    def another(**_: Any) -> None:
        if next(more, None) is not None:
            codes.append(guess(service, asked))

    service.on(f"before-call.{UPDATING}", another)
    codes.append(guess(service, asked))

    assert codes == ["ReferenceIdReused"] * 5 + ["Throttled"] * 5


def test_a_right_guess_among_wrong_is_not_told(service: Service, asked: dict[str, Any]) -> None:
    """It has read a record with one mismatch, and five are counted before it is answered."""
    guess(service, asked)
    once_at(service, f"before-call.{UPDATING}", lambda: [guess(service, asked) for _ in range(5)])
    assert service.send(**asked).code == "Throttled"


@pytest.mark.parametrize("right", [True, False])
def test_a_guessed_reference_id_is_answered_once_a_minute(
    service: Service, clock: Clock, asked: dict[str, Any], *, right: bool
) -> None:
    """The first request in the minute gets the answer, right or wrong; the others, a wait."""
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
    """It is sent and recorded. Until then, its own duplicate has to wait like a guess."""
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
def test_a_mismatch_that_cannot_be_counted_is_not_told(
    service: Service, asked: dict[str, Any], before: int, event: str
) -> None:
    """503 StoreUnavailable, and the metrics report the failure."""
    for _ in range(before):
        guess(service, asked)
    service.fail(f"{event}.{UPDATING}", NO_ANSWER)
    told = [guess(service, asked), *(service.send(**asked).code for _ in range(before))]
    assert {*told} == {"StoreUnavailable"}
    assert '"StoreFailures":[1' in "".join(service.metric_lines())
    assert len(service.texts()) == 1


def test_a_request_that_meets_a_freed_record_is_told_to_repeat(
    service: Service, asked: dict[str, Any]
) -> None:
    """409 InProgress was true a moment ago. Nothing is written for a record that is gone."""
    once_at(service, f"before-call.{UPDATING}", lambda: service.delete(service.items()[0]["id"]))
    assert guess(service, asked) == "InProgress"
    assert service.items() == []


# --- In progress, and unknown outcomes ---


def test_a_duplicate_of_a_running_request_is_in_progress(service: Service, clock: Clock) -> None:
    """To be repeated after a second. The running request texts once, in the same window."""
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
    """504, then 409 without asking Pinpoint. Only the 504 counts as an unknown outcome."""
    asked = request(DestinationIdentity=UNKNOWN_FAILURE)
    answers = [service.send(**asked) for _ in range(3)]

    assert [answer.status for answer in answers] == [504, 409, 409]
    assert {answer.code for answer in answers} == {"OutcomeUnknown"}
    assert not any("Idempotent-Replayed" in answer.headers for answer in answers)
    assert len(service.requests()) == 1
    metrics = metrics_of(service)
    counted = [metrics[name] for name in ("OutcomeUnknown", "ServerErrors", "Refused")]
    assert counted == [[1, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_a_dead_attempt_is_in_progress_until_its_timeout(service: Service, clock: Clock) -> None:
    """Then its outcome is unknown: it may have texted, so there is never a second text."""
    asked = request()
    service.die("after-call.pinpoint.SendOTPMessage", asked)
    clock.wait(FUNCTION_SECONDS)
    assert service.send(**asked).code == "InProgress"
    clock.wait(0.001)
    answer = service.send(**asked)
    assert (answer.status, answer.code) == (409, "OutcomeUnknown")
    assert len(service.texts()) == 1


def test_the_window_lasts_65_minutes(service: Service, clock: Clock, asked: dict[str, Any]) -> None:
    """One second later there is a new text, and no mismatch is counted."""
    guess(service, asked)
    clock.wait(65 * 60)
    assert service.invoke(asked)["IdempotentReplayed"] is True
    clock.wait(1)
    assert "IdempotentReplayed" not in service.invoke(asked)
    assert len(service.texts()) == 2
    assert "mismatches" not in service.items()[0]


# --- Failures of DynamoDB ---


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
def test_a_write_is_repeated_once_if_its_failure_may_pass(
    service: Service, write: str, destination: str, failure: Exception, pauses: list[float]
) -> None:
    """Lock, record and freeing. Our code repeats them; the SDK makes each call once."""
    attempts = service.fail(f"before-call.{write}", failure)
    service.send(DestinationIdentity=destination)
    assert len(attempts) == 1 + len(pauses)
    assert len(service.pauses) == len(pauses)
    assert all(0 <= waited <= most for waited, most in zip(service.pauses, pauses, strict=True))


def test_a_lock_whose_answer_is_lost_is_recognized_as_our_own(service: Service) -> None:
    """The repeated write meets the lock that the first one took, and one text goes out."""

    def lose() -> None:
        raise NO_ANSWER.with_traceback(None)

    once_at(service, f"response-received.{LOCKING}", lose)
    assert service.send().status == 200
    assert len(service.texts()) == 1


@pytest.mark.parametrize("event", ["before-call", "response-received"])
def test_without_the_lock_nothing_is_sent(service: Service, event: str) -> None:
    """503. A lock that was taken without an answer is undone, so the request can be repeated."""
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
def test_an_outcome_that_cannot_be_recorded_is_told(
    service: Service, clock: Clock, write: str, destination: str, code: str | None
) -> None:
    """The ReferenceId is held: after the function's timeout, the answer is 409."""
    asked = request(DestinationIdentity=destination)
    service.fail(f"before-call.{write}", NO_ANSWER)
    assert service.send(**asked).code == code
    service.mend()
    clock.wait(FUNCTION_SECONDS + 1)
    assert service.send(**asked).code == "OutcomeUnknown"
    assert len(service.requests()) == 1


@pytest.mark.parametrize("destination", [THROTTLED, NUMBER])
def test_an_attempt_never_touches_anothers_record(service: Service, destination: str) -> None:
    """Once another attempt has taken the record over, this one neither writes nor frees it."""

    def take_over() -> None:
        [item] = service.items()
        service.put({**item, "owner": {"S": "other"}})

    once_at(service, SENDING, take_over)
    service.send(DestinationIdentity=destination)
    [item] = service.items()
    assert (item["owner"]["S"], item["status"]["S"]) == ("other", "INPROGRESS")
