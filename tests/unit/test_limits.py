"""How many messages: each limit alone, all together, and what counts as a message."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ReadTimeoutError

from lambda_src.otp.rules import counters as counters_module
from lambda_src.otp.rules import limits as limits_module
from lambda_src.otp.rules import pause as pause_module
from lambda_src.otp.rules.limits import Limits
from lambda_src.otp.runtime import deadline as deadline_module
from tests.support.clock import Clock
from tests.support.service import NO_LIMITS, SETTINGS, TABLE, HttpAnswer, Service, request

ENDPOINT = "https://example.com"

OFF: dict[str, Any] = {
    "destination_per_10_minutes": None,
    "destination_per_day": None,
    "destination_interval_seconds": None,
    "block_per_hour": None,
    "country_per_day": None,
    "countries_per_day": {},
    "caller_per_hour": None,
    "deployment_per_hour": None,
}
EVERY_LIMIT = {
    "destination_per_10_minutes": 5,
    "destination_per_day": 5,
    "destination_interval_seconds": 1,
    "block_per_hour": 5,
    "country_per_day": 5,
    "caller_per_hour": 5,
    "deployment_per_hour": 5,
}
ALICE = "arn:aws:sts::123456789012:assumed-role/Alice"
BOB = "arn:aws:sts::123456789012:assumed-role/Bob"


def number(block: int, last: int = 0) -> str:
    """Give a number in Seattle; different blocks share nothing but the country."""
    return f"+1206{200 + block}{last:04}"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give a clock that the limits and the switch go by."""
    return Clock(monkeypatch, limits_module, counters_module, pause_module, deadline_module)


@pytest.fixture
def limit(service: Service) -> Callable[..., None]:
    """Give a way to set limits; all others are off."""
    return service.limit


def send(service: Service, to: str, caller: str | None = None) -> HttpAnswer:
    """Ask for a message through API Gateway, as a caller."""
    context = {"requestId": str(uuid.uuid4()), "identity": {"userArn": caller}}
    return service.post(json.dumps(request(DestinationIdentity=to)), requestContext=context)


def statuses(service: Service, *to: str) -> list[int]:
    """Ask for a message to each number, and say how that went."""
    return [send(service, one).status for one in to]


def refusal(answer: HttpAnswer) -> tuple[str, int]:
    """Read which limit refuses, and for how many seconds; the header says the same."""
    problem = answer.json()
    assert (answer.status, problem["code"]) == (429, "TooManyMessages")
    assert problem["retryable"] is True
    assert answer.headers["Retry-After"] == str(problem["retryAfter"])
    return problem["limit"], problem["retryAfter"]


def test_five_messages_in_ten_minutes_by_default(service: Service, clock: Clock) -> None:
    """The window is of the clock: after 13:50 there are five more, and then it is the day's end."""
    assert statuses(service, *[number(1)] * 6) == [200] * 5 + [429]
    assert refusal(send(service, number(1))) == ("destinationPer10Minutes", 270)

    clock.now += 269
    assert send(service, number(1)).status == 429
    clock.now += 1
    assert statuses(service, *[number(1)] * 6) == [200] * 5 + [429]
    assert refusal(send(service, number(1))) == ("destinationPerDay", 10 * 3600 + 10 * 60)


def test_ten_messages_a_day_by_default(service: Service, clock: Clock) -> None:
    """However they are spread; the day is UTC's."""
    for _ in range(10):
        assert send(service, number(1)).status == 200
        clock.now += 600
    assert refusal(send(service, number(1)))[0] == "destinationPerDay"

    clock.now += refusal(send(service, number(1)))[1]
    assert send(service, number(1)).status == 200


def test_one_number_does_not_use_up_anothers_messages(service: Service) -> None:
    """Not even a neighbour's."""
    statuses(service, *[number(1)] * 6)
    assert statuses(service, number(1, 1), number(2)) == [200, 200]


def test_twenty_messages_an_hour_to_a_block_by_default(service: Service, clock: Clock) -> None:
    """Numbers that differ in their last four digits only."""
    assert statuses(service, *(number(1, last) for last in range(21))) == [200] * 20 + [429]
    assert refusal(send(service, number(1, 9999))) == ("blockPerHour", 870)
    assert send(service, number(2)).status == 200

    clock.now += 870
    assert send(service, number(1, 9999)).status == 200


def test_a_least_time_between_two_messages(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """Off by default."""
    assert statuses(service, *[number(1)] * 2) == [200, 200]

    limit(destination_interval_seconds=30)
    assert send(service, number(2)).status == 200
    clock.now += 10.5
    assert refusal(send(service, number(2))) == ("destinationIntervalSeconds", 20)
    assert send(service, number(2, 1)).status == 200
    clock.now += 19.4
    assert send(service, number(2)).status == 429
    clock.now += 0.1
    assert send(service, number(2)).status == 200


def test_a_country_has_its_own_limit_or_that_of_all(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """A day of UTC."""
    limit(country_per_day=3, countries_per_day={"CA": 1, "DE": None})

    assert statuses(service, *(number(block) for block in range(4))) == [200] * 3 + [429]
    assert statuses(service, "+14165550100", "+14165560100") == [200, 429]
    assert statuses(service, *(f"+491512345678{n}" for n in range(5))) == [200] * 5
    assert refusal(send(service, "+14165560100")) == ("countryPerDay", 10 * 3600 + 14 * 60 + 30)

    clock.now += 10 * 3600 + 14 * 60 + 30
    assert send(service, "+14165560100").status == 200


def test_a_caller_is_a_role_whatever_its_session_is_called(
    service: Service, limit: Callable[..., None]
) -> None:
    """Another role has messages of its own; all direct invocations are one caller."""
    limit(caller_per_hour=2)

    sent = [send(service, number(n), f"{ALICE}/{n}").status for n in range(3)]
    assert sent == [200, 200, 429]
    assert refusal(send(service, number(3), f"{ALICE}/4")) == ("callerPerHour", 870)
    assert send(service, number(4), f"{BOB}/1").status == 200

    for n in range(2):
        service.invoke(request(DestinationIdentity=number(5 + n)))
    with pytest.raises(Exception, match="callerPerHour"):
        service.invoke(request(DestinationIdentity=number(7)))


def test_federated_users_of_an_account_are_one_caller(
    service: Service, limit: Callable[..., None]
) -> None:
    """An IAM user makes them with `sts:GetFederationToken`, each with a name of its choice."""
    limit(caller_per_hour=2)
    federated = "arn:aws:sts::{}:federated-user/{}"

    sent = [send(service, number(n), federated.format("123456789012", n)).status for n in range(3)]
    assert sent == [200, 200, 429]
    assert send(service, number(3), federated.format("210987654321", 1)).status == 200


def test_no_caller_hears_of_another_ones_messages(
    service: Service, limit: Callable[..., None]
) -> None:
    """The problem names the limit, and nothing that is counted."""
    limit(caller_per_hour=1)
    send(service, number(1), f"{ALICE}/a")

    answer = send(service, number(2), f"{ALICE}/a")

    assert "Alice" not in answer.body
    assert answer.json().keys() == {
        *("type", "title", "status", "detail", "code", "retryable", "requestId"),
        *("limit", "retryAfter"),
    }


def test_a_thousand_messages_an_hour_in_all_by_default() -> None:
    """The default of the settings that the tests share with the stack; the limit itself below."""
    assert SETTINGS.limits.deployment_per_hour == 1000


def test_all_messages_of_a_deployment(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """In an hour of the clock, to whomever."""
    limit(deployment_per_hour=3)
    assert statuses(service, *(number(block) for block in range(4))) == [200] * 3 + [429]
    assert refusal(send(service, "+14165550100")) == ("deploymentPerHour", 870)
    clock.now += 870
    assert send(service, "+14165550100").status == 200


def test_the_longest_wait_is_the_honest_one(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """Of a number and its block; repeated when a shorter one is over, it would be refused again."""
    limit(destination_per_10_minutes=1, destination_per_day=1, block_per_hour=1)
    send(service, number(1))
    refused_by, retry_after = refusal(send(service, number(1)))
    assert refused_by == "destinationPerDay"
    clock.now += retry_after
    assert send(service, number(1)).status == 200


def test_without_limits_nothing_is_counted(service: Service, limit: Callable[..., None]) -> None:
    """Each can be turned off, and then costs nothing."""
    limit()
    assert statuses(service, *[number(1)] * 30) == [200] * 30
    assert [item["id"]["S"] for item in service.items() if "limit#" in item["id"]["S"]] == []


def test_a_refused_request_creates_nothing_and_leaves_its_reference_id_free(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """Neither a record nor a count; the same request is texted when the window has ended."""
    limit(destination_per_10_minutes=1, country_per_day=100, deployment_per_hour=100)
    send(service, number(1))
    before = service.items()
    asked = json.dumps(request(DestinationIdentity=number(1)))

    assert service.post(asked).status == 429

    assert _without_zeros(service.items()) == _without_zeros(before)
    clock.now += 270
    assert service.post(asked).status == 200


def test_a_replay_costs_nothing(service: Service, limit: Callable[..., None]) -> None:
    """Not even where the limit is reached."""
    limit(destination_per_10_minutes=1)
    asked = json.dumps(request(DestinationIdentity=number(1)))
    answers = [service.post(asked) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert len({answer.body for answer in answers}) == 1


NOT_SENT = {
    "opted out": {"DeliveryStatus": "OPT_OUT"},
    "permanent failure": {"DeliveryStatus": "PERMANENT_FAILURE"},
    "duplicate": {"DeliveryStatus": "DUPLICATE"},
    "throttled": {"DeliveryStatus": "THROTTLED"},
    "temporary failure": {"DeliveryStatus": "TEMPORARY_FAILURE"},
}


def test_what_was_not_sent_leaves_nothing_behind(
    service: Service, limit: Callable[..., None]
) -> None:
    """Or an item would grow by every number of its block until DynamoDB takes no more."""
    limit(**EVERY_LIMIT)
    deliver(service, NOT_SENT["throttled"])
    assert statuses(service, *(number(1, last) for last in range(30))) == [429] * 30

    [item] = [item for item in service.items() if item["id"]["S"].startswith("limit#number")]

    assert item.keys() == {"id", "expiration"}


def test_an_interval_alone_is_given_back(service: Service, limit: Callable[..., None]) -> None:
    """Whoever got nothing may ask again at once."""
    limit(destination_interval_seconds=30)
    deliver(service, NOT_SENT["throttled"])
    assert send(service, number(1)).code == "Throttled"
    service.mend()
    assert statuses(service, *[number(1)] * 2) == [200, 429]
    assert not any('"StoreFailures"' in line for line in service.metric_lines())


def test_an_interval_that_another_message_has_begun_is_not_given_back(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """It was sent while this one, which was not, was still on its way."""
    limit(destination_interval_seconds=1, destination_per_day=2)
    deliver(service, NOT_SENT["throttled"])

    def send_another(**_: Any) -> None:
        service.mend()
        clock.now += 1.05
        assert send(service, number(1)).status == 200
        deliver(service, NOT_SENT["throttled"])

    service.on("before-call.pinpoint.SendOTPMessage", send_another)
    assert send(service, number(1)).code == "Throttled"
    service.mend()
    assert refusal(send(service, number(1))) == ("destinationIntervalSeconds", 1)
    clock.now += 1
    assert send(service, number(1)).status == 200


@pytest.mark.parametrize(
    "limits", [{"deployment_per_hour": 5}, {"block_per_hour": 5}, {"destination_per_day": 5}]
)
def test_a_lost_answer_to_giving_back_does_not_let_another_message_out(
    service: Service, limit: Callable[..., None], limits: dict[str, int]
) -> None:
    """Asked again, it would take out two for one."""
    limit(**limits)
    assert statuses(service, *[number(1)] * 3) == [200] * 3
    deliver(service, NOT_SENT["throttled"])
    lose_the_first_answer(service, giving_back=True)
    assert send(service, number(1)).code == "Throttled"
    service.mend()
    # One less, or as many as there were; never one more.
    assert statuses(service, *[number(1)] * 3).count(200) <= 2


@pytest.mark.parametrize(
    "limits", [{"deployment_per_hour": 1}, {"destination_interval_seconds": 30}]
)
def test_a_lost_answer_to_the_count_is_no_refusal(
    service: Service, limit: Callable[..., None], limits: dict[str, int]
) -> None:
    """Asked again, it would meet its own count: nobody knows, so nothing is sent, and 503."""
    limit(**limits)
    lose_the_first_answer(service, giving_back=False)
    assert send(service, number(1)).code == "StoreUnavailable"
    assert service.texts() == []


def lose_the_first_answer(service: Service, *, giving_back: bool) -> None:
    """Let the table count or give back once, and lose the answer where the SDK sees it."""
    lost: list[AWSPreparedRequest] = []

    def lose(request: AWSPreparedRequest, **_: Any) -> None:
        call = json.loads(cast("bytes", request.body))
        if not lost and giving_back == (":expiration" not in call["ExpressionAttributeValues"]):
            lost.append(request)
            service.table.update_item(**call)
            raise ReadTimeoutError(endpoint_url=ENDPOINT)

    service.on("before-send.dynamodb.UpdateItem", lose)


def test_a_refused_message_to_a_new_block_leaves_no_count(
    service: Service, limit: Callable[..., None]
) -> None:
    """An empty item stays until its day is over."""
    limit(block_per_hour=5, destination_per_day=5, deployment_per_hour=1)
    assert statuses(service, number(1), number(2)) == [200, 429]
    counted = [
        item.keys() - {"id", "expiration"}
        for item in service.items()
        if item["id"]["S"].startswith("limit#number")
    ]
    assert sorted(map(len, counted)) == [0, 2]


@pytest.mark.parametrize("others", [1, 2])
def test_what_others_have_counted_meanwhile_stays_counted(
    service: Service, limit: Callable[..., None], others: int
) -> None:
    """Messages to the same number, sent while this one was on its way and was not sent."""
    limit(destination_per_10_minutes=3, destination_per_day=5)
    deliver(service, NOT_SENT["throttled"])

    def send_others(**_: Any) -> None:
        service.mend()
        assert statuses(service, *[number(1)] * others) == [200] * others
        deliver(service, NOT_SENT["throttled"])

    service.on("before-call.pinpoint.SendOTPMessage", send_others)
    assert send(service, number(1)).code == "Throttled"

    service.mend()
    left = 3 - others
    assert statuses(service, *[number(1)] * (left + 1)) == [200] * left + [429]


def test_an_item_that_changes_all_the_time_stays_as_it_is(
    service: Service, limit: Callable[..., None]
) -> None:
    """The count is not given back, which is the safe side; the answer is the same."""
    limit(destination_per_day=5)
    deliver(service, NOT_SENT["throttled"])
    giving_back = []

    def change(params: dict[str, Any], **_: Any) -> None:
        if ":expiration" not in params["body"].decode():
            giving_back.append(1)
            [item] = [one for one in service.items() if one["id"]["S"].startswith("limit#")]
            count = 1 + len(giving_back) % 2  # as it is never thought to be
            item["0000"] = {"N": str(count)}
            service.table.put_item(TableName=TABLE, Item=item)

    service.on("before-call.dynamodb.UpdateItem", change)
    assert send(service, number(1)).code == "Throttled"
    assert len(giving_back) == 3
    assert "others are too quick" in service.log()


MAYBE_SENT = {
    "timeout": {"DeliveryStatus": "TIMEOUT"},
    "unknown failure": {"DeliveryStatus": "UNKNOWN_FAILURE"},
}


def deliver(service: Service, result: dict[str, Any]) -> None:
    """Have Pinpoint answer so."""

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        for status in parsed["MessageResponse"]["Result"].values():
            status.update(result)

    service.on("after-call.pinpoint.SendOTPMessage", answer)


@pytest.mark.parametrize("result", NOT_SENT.values(), ids=NOT_SENT)
def test_what_was_certainly_not_sent_is_given_back(
    service: Service, limit: Callable[..., None], result: dict[str, Any]
) -> None:
    """By every limit: the next message finds all of them as they were."""
    limit(
        destination_per_10_minutes=1,
        destination_per_day=1,
        destination_interval_seconds=30,
        block_per_hour=1,
        country_per_day=1,
        caller_per_hour=1,
        deployment_per_hour=1,
    )
    deliver(service, result)
    assert send(service, number(1)).status != 200
    service.mend()
    assert statuses(service, *[number(1)] * 2) == [200, 429]


@pytest.mark.parametrize("result", MAYBE_SENT.values(), ids=MAYBE_SENT)
def test_what_may_have_been_sent_is_counted(
    service: Service, limit: Callable[..., None], result: dict[str, Any]
) -> None:
    """Nobody knows, and it may have cost money."""
    limit(destination_per_10_minutes=1)
    deliver(service, result)
    assert send(service, number(1)).status == 504
    service.mend()
    assert send(service, number(1)).status == 429


def test_a_function_that_dies_while_it_sends_has_counted(
    service: Service, limit: Callable[..., None]
) -> None:
    """The message may have gone out."""
    limit(destination_per_10_minutes=1)
    service.fail("after-call.pinpoint.SendOTPMessage", KeyboardInterrupt())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        send(service, number(1))
    service.mend()
    assert send(service, number(1)).status == 429


def test_a_count_that_fails_sends_nothing_and_the_others_are_given_back(
    service: Service, limit: Callable[..., None]
) -> None:
    """503 StoreUnavailable, to be repeated: fail closed."""
    limit(destination_per_10_minutes=1, country_per_day=1)

    def fail_for_the_country(params: dict[str, Any], **_: Any) -> None:
        if "countryPerDay" in params["body"].decode():
            raise ReadTimeoutError(endpoint_url=ENDPOINT)

    service.on("before-call.dynamodb.UpdateItem", fail_for_the_country)
    answer = send(service, number(1))
    assert (answer.status, answer.code) == (503, "StoreUnavailable")
    assert answer.headers["Retry-After"]
    assert service.texts() == []

    service.mend()
    assert send(service, number(1)).status == 200


def test_a_count_that_is_refused_for_no_reason_sends_nothing(
    service: Service, limit: Callable[..., None]
) -> None:
    """The item is as full as it may be, or fuller, or it would have been counted."""
    limit(destination_per_10_minutes=1)

    def refuse(**_: Any) -> tuple[Any, dict[str, Any]]:
        code = {"Code": "ConditionalCheckFailedException"}
        answer = {"Error": code, "Item": {}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        return SimpleNamespace(status_code=400), answer

    service.on("before-call.dynamodb.UpdateItem", refuse)
    assert send(service, number(1)).code == "StoreUnavailable"
    assert service.texts() == []


def test_a_count_that_cannot_be_given_back_does_not_change_the_answer(
    service: Service, limit: Callable[..., None]
) -> None:
    """The caller is told what became of the message; the count stays until its window ends."""
    limit(destination_per_10_minutes=1)
    deliver(service, NOT_SENT["throttled"])

    def fail_to_give_back(params: dict[str, Any], **_: Any) -> None:
        if ":one" in params["body"].decode() and ":expiration" not in params["body"].decode():
            raise ReadTimeoutError(endpoint_url=ENDPOINT)

    service.on("before-call.dynamodb.UpdateItem", fail_to_give_back)
    assert send(service, number(1)).code == "Throttled"
    assert "stays counted" in service.log()
    service.mend()
    assert send(service, number(1)).status == 429


def test_an_operator_lets_somebody_in_by_deleting_the_item(
    service: Service, limit: Callable[..., None]
) -> None:
    """Of their block and day: docs/abuse.md has the command."""
    limit(destination_per_day=1, block_per_hour=5)
    assert statuses(service, *[number(1)] * 2) == [200, 429]
    forget(service)
    assert send(service, number(1)).status == 200


def test_a_count_that_was_deleted_meanwhile_is_not_given_back(
    service: Service, limit: Callable[..., None]
) -> None:
    """Or one message more could be sent than is allowed."""
    limit(destination_per_day=1)

    def throttle_and_forget(parsed: dict[str, Any], **_: Any) -> None:
        parsed["MessageResponse"]["Result"][number(1)]["DeliveryStatus"] = "THROTTLED"
        forget(service)

    service.on("after-call.pinpoint.SendOTPMessage", throttle_and_forget)
    assert send(service, number(1)).status == 429
    assert not any('"StoreFailures"' in line for line in service.metric_lines())
    service.mend()
    assert statuses(service, *[number(1)] * 2) == [200, 429]


def forget(service: Service) -> None:
    """Delete what is counted for numbers."""
    for item in service.items():
        if item["id"]["S"].startswith("limit#number"):
            service.delete(item["id"])


def test_a_sandbox_number_is_not_counted_in_the_sandbox(
    service: Service, limit: Callable[..., None]
) -> None:
    """Whoever tries their error handling may do so all day."""
    limit(destination_per_10_minutes=1, block_per_hour=1, deployment_per_hour=1)
    assert statuses(service, *["+12065550100"] * 3) == [200] * 3


def test_a_number_is_in_no_key_and_a_count_has_an_end(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """Keys are logged by AWS where data events are; the table's TTL removes what is over."""
    limit(
        destination_per_10_minutes=5,
        destination_interval_seconds=1,
        country_per_day=5,
        caller_per_hour=5,
        deployment_per_hour=5,
    )
    send(service, number(1, 2345), f"{ALICE}/a")

    counts = [item for item in service.items() if item["id"]["S"].startswith("limit#")]
    assert len(counts) == 4
    for item in counts:
        assert "12345" not in item["id"]["S"]
        assert "Alice" not in item["id"]["S"]
        assert clock.now < int(item["expiration"]["N"]) <= clock.now + 25 * 3600


def test_two_deployments_worth_of_functions_share_every_count(service: Service) -> None:
    """Nothing is remembered in the process: the second one refuses what the first has sent."""
    assert statuses(service, *[number(1)] * 5) == [200] * 5
    service.start()
    assert send(service, number(1)).status == 429


def test_shards_share_a_limit_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their parts add up to it, at least 400 each, as many as the requests need."""
    for rate, most, shards in (
        (100, 9000, 1),
        (1000, 9003, 4),
        (10_000, 1_001, 2),
        (9_999, 7, 1),
        # What direct callers may send, at whatever rate the API admits.
        (1, 3_600_000, 4),
    ):
        settings = replace(NO_LIMITS, deployment_per_hour=most, requests_per_second=rate)
        counters = Mock()
        for shard in range(shards):
            monkeypatch.setattr(
                "lambda_src.otp.rules.limits.secrets.randbelow",
                lambda count, shard=shard, shards=shards: shard if count == shards else 1 / 0,
            )
            with Limits(settings, counters, Mock()).counting(
                number=number(1), country="US", caller="direct"
            ):
                pass
        items = [call.args[0] for call in counters.count.call_args_list]
        assert sum(item.counters[0].most for item in items) == most
        assert len({item.key for item in items}) == shards


def calls_of(service: Service, to: str, **fields: Any) -> list[str]:
    """Ask for a message, and name the calls in their order; a count by its limit."""
    calls: list[str] = []

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        kind, *of = json.loads(params["body"]).get("Key", {"id": {"S": ""}})["id"]["S"].split("#")
        calls.append(f"{model.name} {of[0]}" if kind == "limit" else model.name)

    for operation in ("PutItem", "GetItem", "UpdateItem", "DeleteItem"):
        service.on(f"before-call.dynamodb.{operation}", note)
    service.on("before-call.pinpoint.SendOTPMessage", note)
    service.send(DestinationIdentity=to, **fields)
    service.mend()
    return calls


COUNTS = ["UpdateItem number", "UpdateItem countryPerDay", "UpdateItem deploymentPerHour"]
SHARED = [*COUNTS[:2], "UpdateItem callerPerHour", COUNTS[2]]


@pytest.mark.parametrize(
    ("limits", "counts"),
    [({"caller_per_hour": None}, COUNTS), ({}, SHARED)],
    ids=["default", "with callerPerHour"],
)
def test_a_message_is_lock_counts_send_and_record(
    service: Service, limit: Callable[..., None], limits: dict[str, Any], counts: list[str]
) -> None:
    """One after the other, the cheapest refusal first; the switch is read every half a minute."""
    limit(**{**EVERY_LIMIT, **limits})

    sent = [calls_of(service, number(block)) for block in (1, 2)]

    assert sent[0] == ["PutItem", "GetItem", *counts, "SendOTPMessage", "UpdateItem"]
    assert sent[1] == ["PutItem", *counts, "SendOTPMessage", "UpdateItem"]


@pytest.mark.parametrize("limits", [{"destination_per_day": 1}, {"block_per_hour": 1}])
def test_a_message_that_its_number_or_block_refuses_is_three_calls(
    service: Service, limit: Callable[..., None], limits: dict[str, int]
) -> None:
    """However often it is refused: the operator may let somebody in at any time."""
    limit(**{**EVERY_LIMIT, **limits})
    send(service, number(1))

    for _ in range(2):
        refused = calls_of(service, number(1))
        assert refused == ["PutItem", "UpdateItem number", "DeleteItem"]


@pytest.mark.parametrize("full", ["country_per_day", "caller_per_hour", "deployment_per_hour"])
def test_a_limit_that_was_full_refuses_in_two_calls_for_five_seconds(
    service: Service, limit: Callable[..., None], clock: Clock, full: str
) -> None:
    """Nothing is counted then, and so nothing given back; the wait is told as before."""
    limit(**{**EVERY_LIMIT, full: 1})
    send(service, number(1))
    told = refusal(send(service, number(2)))

    assert calls_of(service, number(3)) == ["PutItem", "DeleteItem"]
    clock.now += 4.9
    assert refusal(send(service, number(3))) == (told[0], told[1] - 4)
    clock.now += 0.2
    assert len(calls_of(service, number(3))) > len(COUNTS)


def test_a_full_limit_is_remembered_no_longer_than_its_window(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """A new window begins at zero, at once."""
    limit(deployment_per_hour=1)
    clock.now += 869
    assert statuses(service, number(1), number(2)) == [200, 429]
    clock.now += 1
    assert send(service, number(2)).status == 200


def test_a_clock_that_is_set_back_makes_no_limit_full(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """What is remembered is remembered for five seconds, whatever time it is."""
    limit(deployment_per_hour=1)
    assert statuses(service, number(1), number(2)) == [200, 429]
    [count] = [item for item in service.items() if "deploymentPerHour" in item["id"]["S"]]
    service.delete(count["id"])
    clock.now -= 60
    assert send(service, number(2)).status == 200


def test_a_replay_is_one_call(service: Service, limit: Callable[..., None]) -> None:
    """It finds the lock, and the answer with it."""
    limit(**EVERY_LIMIT)
    assert "SendOTPMessage" in calls_of(service, number(1), ReferenceId="r")

    assert calls_of(service, number(1), ReferenceId="r") == ["PutItem"]


@pytest.mark.parametrize(("each", "sent"), [(1.4, 200), (1.6, 503)])
def test_a_count_begins_only_while_its_whole_time_remains(
    service: Service, limit: Callable[..., None], clock: Clock, each: float, sent: int
) -> None:
    """Three counts in five seconds: the last one needs two. What was counted is given back."""
    limit(destination_per_day=1, country_per_day=1, deployment_per_hour=1)

    def wait(params: dict[str, Any], **_: Any) -> None:
        if ":expiration" in params["body"].decode():
            clock.wait(each)

    service.on("before-call.dynamodb.UpdateItem", wait)

    answer = send(service, number(1))

    assert (answer.status, len(service.texts())) == (sent, int(sent == 200))
    service.mend()
    assert statuses(service, number(1)) == ([429] if sent == 200 else [200])


def test_what_does_not_fit_into_two_seconds_is_not_given_back(
    service: Service, limit: Callable[..., None], clock: Clock
) -> None:
    """One call begins while its second remains; the caller does not wait for the others."""
    limit(destination_per_day=1, country_per_day=1, deployment_per_hour=1)
    deliver(service, NOT_SENT["throttled"])
    given_back: list[str] = []

    def wait(params: dict[str, Any], **_: Any) -> None:
        asked = json.loads(params["body"])
        if ":expiration" not in asked["ExpressionAttributeValues"]:
            given_back.append(asked["Key"]["id"]["S"].split("#")[1])
            clock.wait(0.9)

    service.on("before-call.dynamodb.UpdateItem", wait)
    assert send(service, number(1)).code == "Throttled"

    assert given_back == ["number", "countryPerDay"]
    assert "no time left" in service.log()
    service.mend()
    assert refusal(send(service, number(1)))[0] == "deploymentPerHour"


def _without_zeros(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Read items as they are counted: what is not there is zero."""
    return [
        {name: value for name, value in item.items() if value != {"N": "0"}}
        for item in sorted(items, key=lambda item: item["id"]["S"])
    ]
