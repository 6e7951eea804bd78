"""The limits: each alone, all together, and which texts they count."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from lambda_src.otp.rules.limits import Limits
from tests.support.clock import Clock
from tests.support.failures import NO_ANSWER, respond
from tests.support.service import NO_LIMITS, HttpAnswer, Service, request

LIMITS = (
    *("destination_per_10_minutes", "destination_per_day", "block_per_hour", "country_per_day"),
    *("caller_per_hour", "deployment_per_hour"),
)
EVERY_LIMIT = {**dict.fromkeys(LIMITS, 5), "destination_interval_seconds": 1}
SENDING = "before-call.pinpoint.SendOTPMessage"
ALICE = "arn:aws:sts::123456789012:assumed-role/Alice"
CANADA = "+14165550111"
BOB = "arn:aws:sts::123456789012:assumed-role/Bob"
FEDERATED = "arn:aws:sts::123456789012:federated-user"
IN_THE_DAY = 10 * 3600 + 14 * 60 + 30  # seconds that are left of the day when the clock starts


def number(block: int, last: int = 0) -> str:
    """Return a number in Seattle; different blocks share only the country."""
    return f"+1206{200 + block}{last:04}"


def send(service: Service, to: str, caller: str | None = None) -> HttpAnswer:
    """Request a text through API Gateway, as a caller."""
    context = {"requestId": str(uuid.uuid4()), "identity": {"userArn": caller}}
    return service.post(json.dumps(request(DestinationIdentity=to)), requestContext=context)


def statuses(service: Service, *to: str) -> list[int]:
    """Request a text to each number; return the statuses."""
    return [send(service, one).status for one in to]


def refusal(answer: HttpAnswer) -> tuple[str, int]:
    """Return the limit that refuses and the seconds to wait, which the header repeats."""
    problem = answer.json()
    assert (answer.status, problem["code"]) == (429, "TooManyMessages")
    assert answer.headers["Retry-After"] == str(problem["retryAfter"])
    return problem["limit"], problem["retryAfter"]


def counts(service: Service, of: str = "") -> list[dict[str, Any]]:
    """Return the items that hold counts."""
    return service.items(f"limit#{of}")


def forget(service: Service, of: str = "number") -> None:
    """Delete the counts of numbers, as docs/abuse.md says, or those of another limit."""
    for item in counts(service, of):
        service.delete(item["id"])


# --- Each limit ---


@pytest.mark.parametrize(
    ("limits", "sent", "refused_by", "wait", "other"),
    [
        # The next number still gets its texts.
        ({"destination_per_10_minutes": 2}, [number(1)] * 2, "destinationPer10Minutes", 270, "1"),
        ({"destination_per_day": 2}, [number(1)] * 2, "destinationPerDay", IN_THE_DAY, "1"),
        # Numbers of one block differ only in their last four digits.
        ({"block_per_hour": 2}, [number(2), number(2, 9999)], "blockPerHour", 870, "1"),
        ({"country_per_day": 2}, [number(1), number(2)], "countryPerDay", IN_THE_DAY, "CA"),
        ({"deployment_per_hour": 2}, [number(1), CANADA], "deploymentPerHour", 870, None),
        # The longest wait counts: a request before its end would be refused again.
        (
            {"destination_per_10_minutes": 1, "destination_per_day": 1, "block_per_hour": 1},
            *([number(1)], "destinationPerDay", IN_THE_DAY, "block"),
        ),
    ],
)
def test_a_full_limit_refuses_until_its_window_ends(
    service: Service,
    clock: Clock,
    limits: dict[str, Any],
    sent: list[str],
    refused_by: str,
    wait: int,
    other: str | None,
) -> None:
    """Windows follow the clock, in UTC. Numbers that the limit does not count still get texts."""
    service.limit(**limits)
    assert statuses(service, *sent) == [200] * len(sent)

    assert refusal(send(service, sent[-1])) == (refused_by, wait)
    others = {"1": number(1, 1), "block": number(9), "CA": CANADA}
    assert not other or send(service, others[other]).status == 200
    clock.wait(wait - 1)
    assert send(service, sent[-1]).status == 429
    clock.wait(1)
    assert send(service, sent[-1]).status == 200


def test_limits_are_on_by_default_and_functions_share_every_count(service: Service) -> None:
    """Five texts in ten minutes to a number, twenty in an hour to its block."""
    assert statuses(service, *[number(1)] * 6) == [200] * 5 + [429]
    service.start()
    assert statuses(service, *(number(1, last) for last in range(17))) == [429] + [200] * 15 + [429]


def test_an_interval_between_two_texts_to_a_number(service: Service, clock: Clock) -> None:
    """Measured to a tenth of a second; the wait is rounded up."""
    service.limit(destination_interval_seconds=30)
    assert send(service, number(2)).status == 200
    clock.wait(10.5)
    assert refusal(send(service, number(2))) == ("destinationIntervalSeconds", 20)
    assert send(service, number(2, 1)).status == 200
    clock.wait(19.4)
    assert send(service, number(2)).status == 429
    clock.wait(0.1)
    assert send(service, number(2)).status == 200


def test_a_country_has_its_own_limit_or_the_common_one_or_no_limit(service: Service) -> None:
    """A limit of its own replaces the common one; `None` removes it."""
    service.limit(country_per_day=3, countries_per_day={"CA": 1, "DE": None})
    assert statuses(service, *(number(block) for block in range(4))) == [200] * 3 + [429]
    assert statuses(service, CANADA, CANADA) == [200, 429]
    assert statuses(service, *["+4915123456781"] * 4) == [200] * 4


@pytest.mark.parametrize(
    ("caller", "other"),
    [(f"{ALICE}/{{}}", f"{BOB}/1"), (f"{FEDERATED}/{{}}", FEDERATED.replace("12", "21") + "/1")],
)
def test_a_caller_is_a_role_and_not_a_session(service: Service, caller: str, other: str) -> None:
    """Another role has a count of its own, and a refusal does not name the role."""
    service.limit(caller_per_hour=2)
    sent = [send(service, number(n), caller.format(n)).status for n in range(3)]
    assert sent == [200, 200, 429]
    refused = send(service, number(3), caller.format(4))
    assert refusal(refused) == ("callerPerHour", 870)
    assert caller.format("")[-10:-1] not in refused.body
    assert send(service, number(4), other).status == 200


def test_all_direct_invocations_are_one_caller(service: Service) -> None:
    """Lambda does not say who invokes. Without headers, the problem alone holds the wait."""
    service.limit(caller_per_hour=1)
    service.invoke(request(DestinationIdentity=number(1)))
    with pytest.raises(Exception, match="problem-type") as refused:
        service.invoke(request(DestinationIdentity=number(2)))
    problem = json.loads(str(refused.value))
    assert (problem["limit"], problem["retryAfter"]) == ("callerPerHour", 870)
    assert send(service, number(3)).status == 200


@pytest.mark.parametrize(
    ("limits", "to"), [({}, number(1)), (dict.fromkeys(LIMITS, 1), "+12065550100")]
)
def test_without_limits_and_for_sandbox_numbers_nothing_is_counted(
    service: Service, limits: dict[str, Any], to: str
) -> None:
    """A limit that is off costs no write. You can try the sandbox numbers all day."""
    service.limit(**limits)
    assert statuses(service, *[to] * 6) == [200] * 6
    assert counts(service) == []


@pytest.mark.parametrize(
    ("rate", "most", "shards"),
    [
        *((100, 9000, 1), (1000, 9003, 4), (10_000, 1_001, 2), (9_999, 7, 1)),
        # Direct callers may exceed the API's rate.
        (1, 3_600_000, 4),
    ],
)
def test_shards_share_a_limit_exactly(
    monkeypatch: pytest.MonkeyPatch, rate: int, most: int, shards: int
) -> None:
    """Their parts are at least 400 each, and as many as the rate of requests needs."""
    settings = replace(NO_LIMITS, deployment_per_hour=most, requests_per_second=rate)
    counters, draw = Mock(), Mock(side_effect=range(shards))
    monkeypatch.setattr("lambda_src.otp.rules.limits.secrets.randbelow", draw)
    for _ in range(shards):
        limits = Limits(settings, counters, Mock())
        with limits.counting(number=number(1), country="US", caller="me"):
            draw.assert_called_with(shards)
    items = [call.args[0] for call in counters.count.call_args_list]
    assert sum(item.counters[0].most for item in items) == most
    assert len({item.key for item in items}) == shards


def test_a_number_is_in_no_key_and_a_count_expires(service: Service, clock: Clock) -> None:
    """AWS may log keys. The table's TTL removes counts whose window is over."""
    service.limit(**EVERY_LIMIT)
    send(service, number(1, 2345), f"{ALICE}/a")
    assert len(counts(service)) == 4
    for item in counts(service):
        assert "12345" not in item["id"]["S"]
        assert "Alice" not in item["id"]["S"]
        assert clock.now + 3600 < int(item["expiration"]["N"]) <= clock.now + 25 * 3600


# --- What is refused, and what is asked of the table ---


def test_a_refused_request_leaves_its_reference_id_free(service: Service, clock: Clock) -> None:
    """Neither a record nor a count: after the window, the same request is texted."""
    service.limit(destination_per_10_minutes=1, country_per_day=100, deployment_per_hour=100)
    send(service, number(1))
    before = service.items()
    asked = request(DestinationIdentity=number(1))
    assert service.send(**asked).status == 429
    assert sorted(map(str, service.items())) == sorted(map(str, before))
    clock.wait(270)
    assert service.send(**asked).status == 200
    assert service.send(**asked).headers["Idempotent-Replayed"] == "true"  # and costs nothing


def calls_of(service: Service, to: str, **fields: Any) -> list[str]:
    """Request a text; return the calls that this makes."""
    return service.calls(lambda: service.send(DestinationIdentity=to, **fields))


COUNTS = ["number", "countryPerDay", "callerPerHour", "deploymentPerHour"]


@pytest.mark.parametrize(
    "full", [{"destination_interval_seconds": 1}, {"destination_per_day": 1}, {"block_per_hour": 1}]
)
def test_a_text_is_locked_counted_sent_and_recorded(service: Service, full: dict[str, int]) -> None:
    """A full number or block refuses in three calls, each time. A replay takes one call."""
    service.limit(**{**dict.fromkeys(LIMITS, 5), **full})
    first, *refused, replay = (calls_of(service, number(1), ReferenceId=of) for of in "rabr")
    assert first == ["PutItem", "GetItem", *COUNTS, "SendOTPMessage", "UpdateItem"]
    assert refused == [["PutItem", "number", "DeleteItem"]] * 2
    assert replay == ["PutItem"]
    forget(service)  # as an operator lets a number in again
    assert send(service, number(1)).status == 200


@pytest.mark.parametrize("full", ["country_per_day", "caller_per_hour", "deployment_per_hour"])
def test_a_full_limit_is_known_for_five_seconds(service: Service, clock: Clock, full: str) -> None:
    """The function remembers it, so nothing is counted or given back; the wait stays right."""
    service.limit(**{**EVERY_LIMIT, full: 1})
    send(service, number(1))
    told = refusal(send(service, number(2)))
    # Counts before the refusal are given back: the item of the new block is empty.
    assert sorted(len(item) for item in counts(service, "number")) == [2, 6]

    assert calls_of(service, number(3)) == ["PutItem", "DeleteItem"]
    clock.wait(4.9)
    assert refusal(send(service, number(3))) == (told[0], told[1] - 4)
    clock.wait(0.2)
    assert len(calls_of(service, number(3))) > 3


def test_a_full_limit_is_forgotten_with_its_window(service: Service, clock: Clock) -> None:
    """A new window begins at zero. A clock that is set back makes no limit full."""
    service.limit(deployment_per_hour=1)
    clock.wait(869)
    assert statuses(service, number(1), number(2)) == [200, 429]
    clock.wait(1)
    assert statuses(service, number(2), number(2)) == [200, 429]
    forget(service, "deploymentPerHour")
    clock.now -= 60
    assert send(service, number(2)).status == 200


# --- What is given back, and what is not ---


def at_writes(
    service: Service, act: Callable[[Any], object], *, of: str = "", giving_back: bool = False
) -> None:
    """Act when the SDK sends a count or gives one back, of any limit or of one."""

    def handler(request: Any, **_: Any) -> None:
        call = json.loads(request.body)
        kind, limit, *_rest = call["Key"]["id"]["S"].split("#")
        gives_back = ":expiration" not in call["ExpressionAttributeValues"]
        if kind == "limit" and limit in (of or limit) and gives_back == giving_back:
            act(call)

    service.on("before-send.dynamodb.UpdateItem", handler)


def fail(_: Any) -> None:
    """Fail without an answer."""
    raise NO_ANSWER.with_traceback(None)


@contextmanager
def throttled(service: Service) -> Iterator[None]:
    """Request a text that is certainly not sent, after the body of the `with`."""
    service.deliver("THROTTLED")
    yield
    assert send(service, number(1)).code == "Throttled"
    service.mend()


ONE_OF_EACH = {**dict.fromkeys(LIMITS, 1), "destination_interval_seconds": 30}


@pytest.mark.parametrize(
    ("limits", "status", "left"),
    [
        *((ONE_OF_EACH, status, 1) for status in ("OPT_OUT", "PERMANENT_FAILURE", "DUPLICATE")),
        *((ONE_OF_EACH, status, 1) for status in ("THROTTLED", "TEMPORARY_FAILURE")),
        ({"destination_interval_seconds": 30}, "THROTTLED", 1),
        (ONE_OF_EACH, "UNKNOWN_FAILURE", 0),
    ],
)
def test_only_what_was_certainly_not_sent_is_given_back(
    service: Service, limits: dict[str, Any], status: str, left: int
) -> None:
    """Every limit gives back, or none: a text that may have been sent may cost money."""
    service.limit(**limits)
    service.deliver(status)
    assert send(service, number(1)).status != 200
    service.mend()
    assert statuses(service, *[number(1)] * 2) == [200] * left + [429] * (2 - left)
    assert "StoreFailures" not in "".join(service.metric_lines())


def test_a_function_that_dies_counts_what_it_may_have_sent(service: Service) -> None:
    """The outcome is unknown, so nothing is given back."""
    service.limit(destination_per_10_minutes=1)
    service.die(SENDING, request(DestinationIdentity=number(1)))
    assert send(service, number(1)).status == 429


def test_what_was_not_sent_leaves_nothing_behind(service: Service) -> None:
    """Otherwise, each number of a block would enlarge its item until DynamoDB refuses it."""
    service.limit(**EVERY_LIMIT)
    service.deliver("THROTTLED")
    assert statuses(service, *(number(1, last) for last in range(7))) == [429] * 7
    [item] = counts(service, "number")
    assert item.keys() == {"id", "expiration"}


def test_an_interval_of_another_text_is_not_given_back(service: Service, clock: Clock) -> None:
    """The other text was sent while this request, which fails, was still running."""
    service.limit(destination_interval_seconds=1, destination_per_day=2)

    def send_another(**_: Any) -> None:
        service.mend()
        clock.wait(1.05)
        assert send(service, number(1)).status == 200
        service.deliver("THROTTLED")

    with throttled(service):
        service.on(SENDING, send_another)
    assert refusal(send(service, number(1))) == ("destinationIntervalSeconds", 1)
    clock.wait(1)
    assert send(service, number(1)).status == 200


def lose_the_first_answer(service: Service, *, giving_back: bool) -> None:
    """Let the first write that counts (or gives back) succeed without an answer."""
    lost: list[Any] = []

    def lose(call: Any) -> None:
        if not lost:
            lost.append(call)
            service.table.update_item(**call)
            fail(call)

    at_writes(service, lose, giving_back=giving_back)


@pytest.mark.parametrize("limit", ["deployment_per_hour", "block_per_hour", "destination_per_day"])
def test_a_lost_answer_to_giving_back_lets_no_other_text_out(service: Service, limit: str) -> None:
    """A repeated write would give back two for one."""
    service.limit(**{limit: 5})
    assert statuses(service, *[number(1)] * 3) == [200] * 3
    with throttled(service):
        lose_the_first_answer(service, giving_back=True)
    # As many as were left, or one fewer; never one more.
    assert statuses(service, *[number(1)] * 3).count(200) <= 2


def test_a_lost_answer_to_the_count_is_no_refusal(service: Service) -> None:
    """A repeated write would meet its own count. Nothing is sent, and the answer is 503."""
    service.limit(destination_interval_seconds=30)
    lose_the_first_answer(service, giving_back=False)
    assert send(service, number(1)).code == "StoreUnavailable"
    assert service.texts() == []


@pytest.mark.parametrize("others", [1, 2])
def test_what_others_have_counted_meanwhile_stays_counted(service: Service, others: int) -> None:
    """The others text the same number while this request, which fails, is still running."""
    service.limit(destination_per_10_minutes=3, destination_per_day=5)

    def send_others(**_: Any) -> None:
        service.mend()
        assert statuses(service, *[number(1)] * others) == [200] * others
        service.deliver("THROTTLED")

    with throttled(service):
        service.on(SENDING, send_others)
    left = 3 - others
    assert statuses(service, *[number(1)] * (left + 1)) == [200] * left + [429]


def test_an_item_that_changes_all_the_time_stays_as_it_is(service: Service) -> None:
    """After three tries, the count is not given back, which errs on the safe side."""
    service.limit(destination_per_day=5)
    tries = []

    def change(_: Any) -> None:
        tries.append(1)
        [item] = counts(service)
        item["0000"] = {"N": str(1 + len(tries) % 2)}  # never what the function expects
        service.put(item)

    with throttled(service):
        at_writes(service, change, giving_back=True)
    assert len(tries) == 3


def test_a_count_that_was_deleted_meanwhile_is_not_given_back(service: Service) -> None:
    """Otherwise, one text more than the limit could be sent."""
    service.limit(destination_per_day=1)
    with throttled(service):
        service.on("after-call.pinpoint.SendOTPMessage", lambda **_: forget(service))
    assert "StoreFailures" not in "".join(service.metric_lines())
    assert statuses(service, *[number(1)] * 2) == [200, 429]


# --- What fails, and what takes too long ---


def test_a_count_that_fails_sends_nothing_and_the_others_are_given_back(service: Service) -> None:
    """503: limits fail closed, and the caller may repeat the request."""
    service.limit(destination_per_10_minutes=1, country_per_day=1)
    at_writes(service, fail, of="countryPerDay")
    answer = send(service, number(1))
    assert (answer.code, answer.headers["Retry-After"]) == ("StoreUnavailable", "5")
    assert service.texts() == []

    service.mend()
    assert send(service, number(1)).status == 200


def test_a_count_that_dynamodb_refuses_with_room_left_sends_nothing(service: Service) -> None:
    """The write's condition failed, but the item that comes back shows no full limit."""
    service.limit(destination_per_10_minutes=1)
    refused = {"__type": "x#ConditionalCheckFailedException", "Item": {}}
    service.on("before-send.dynamodb.UpdateItem", respond(400, refused))
    assert send(service, number(1)).code == "StoreUnavailable"
    assert service.texts() == []


def test_a_count_that_cannot_be_given_back_does_not_change_the_answer(service: Service) -> None:
    """It stays until its window ends, and the metrics report the failure."""
    service.limit(destination_per_10_minutes=1)
    with throttled(service):
        at_writes(service, fail, giving_back=True)
    assert send(service, number(1)).status == 429
    assert sum("StoreFailures" in line for line in service.metric_lines()) == 1


@pytest.mark.parametrize(("each", "sent"), [(1.4, 200), (1.6, 503)])
def test_counts_must_end_in_time(service: Service, clock: Clock, each: float, sent: int) -> None:
    """Three counts have five seconds, and the last needs two. Earlier ones are given back."""
    service.limit(destination_per_day=1, country_per_day=1, deployment_per_hour=1)
    at_writes(service, lambda _: clock.wait(each))
    answer = send(service, number(1))
    assert (answer.status, len(service.texts())) == (sent, int(sent == 200))
    service.mend()
    assert statuses(service, number(1)) == ([429] if sent == 200 else [200])


def test_giving_back_ends_after_two_seconds(service: Service, clock: Clock) -> None:
    """A call begins only if a second remains; the caller does not wait for the others."""
    service.limit(destination_per_day=1, country_per_day=1, deployment_per_hour=1)
    given_back: list[str] = []

    def wait(call: Any) -> None:
        given_back.append(call["Key"]["id"]["S"].split("#")[1])
        clock.wait(0.9)

    with throttled(service):
        at_writes(service, wait, giving_back=True)
    assert given_back == ["number", "countryPerDay"]
    assert refusal(send(service, number(1)))[0] == "deploymentPerHour"
