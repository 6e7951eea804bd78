"""The guard: what a range of numbers gets that nobody verifies, and what one gets that verifies."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lambda_src.otp.rules.ranges import range_of
from tests.support.clock import Clock
from tests.support.emf import read
from tests.support.failures import NO_ANSWER, respond, throttled
from tests.support.service import DEPLOYMENT, GUARD, NO_LIMITS, TABLE, HttpAnswer, Service, request

#: Numbers of one range.
RANGE = "+1206201{:04}"
KEY = f"guard#range#{range_of(RANGE.format(0)).digest}"
WRITE, SENDING = "dynamodb.UpdateItem", "pinpoint.SendOTPMessage"


def send(service: Service, last: int = 0) -> HttpAnswer:
    """Ask for a message to a number of the range."""
    return service.send(DestinationIdentity=RANGE.format(last))


def sent(service: Service, times: int) -> int:
    """Ask for so many messages to different numbers, and say how many went out."""
    return sum(send(service, last).status == 200 for last in range(times))


def balance(service: Service) -> int | None:
    """The balance of the range, as the table holds it."""
    item = service.table.get_item(TableName=TABLE, Key={"id": {"S": KEY}}).get("Item")
    return int(item["balance"]["N"]) if item else None


def put_balance(service: Service, clock: Clock, value: int, *, hours_ago: int = 0) -> None:
    """Have the range begin with a balance, of this hour or of an earlier one."""
    hour = int(clock.now // 3600) - hours_ago
    item = {"id": {"S": KEY}, "balance": {"N": str(value)}, "of_hour": {"N": str(hour)}}
    service.table.put_item(TableName=TABLE, Item=item)


# --- The rule ---


def test_nobody_verifies_and_a_range_gets_its_allowance_and_the_probes(
    service: Service, clock: Clock
) -> None:
    """In each of two hours: 30, and one every two minutes; a neighbouring range feels nothing."""
    service.guarded()
    clock.now -= clock.now % 3600
    for _ in range(2):
        assert sent(service, 32) == 30
        probes = 0
        for _ in range(59):
            clock.wait(60)
            probes += sent(service, 2)
        assert probes == 29
        clock.wait(60)
    assert service.send(DestinationIdentity="+12063010000").status == 200


@pytest.mark.parametrize(
    ("before", "hours_ago", "left"),
    [
        *((value, 0, 30 - value) for value in (-30, 0, 29)),
        # A new hour forgets what was not verified, and keeps what was.
        *((-30, 1, 60), (-30, 5, 60), (0, 1, 30), (7, 1, 30), (30, 1, 30), (59, 2, 30)),
        # Another clock has begun it already.
        (10, -1, 20),
    ],
)
def test_a_range_gets_what_is_left_until_the_allowance(
    service: Service, clock: Clock, before: int, hours_ago: int, left: int
) -> None:
    """The first probe is due two minutes later."""
    service.guarded()
    put_balance(service, clock, before, hours_ago=hours_ago)
    assert sent(service, left + 4) == left
    clock.wait(120)
    assert sent(service, 4) == 1


def test_a_refusal_says_when_a_text_goes_out_again(service: Service, clock: Clock) -> None:
    """When a probe is due or the next hour begins; the log names the range, without a mask."""
    service.guarded(allowance=1)
    assert sent(service, 1) == 1
    clock.wait(20.5)
    answer = send(service)
    assert (answer.status, answer.code) == (429, "TooManyMessages")
    assert (answer.json()["limit"], answer.json()["retryAfter"]) == ("guardAllowance", 100)
    line = service.log_lines()[-1]
    assert (line["limit"], line["guard"], line["range"]) == ("guardAllowance", "refused", "1-2062")
    clock.wait(99)
    assert send(service).status == 429
    clock.wait(1)
    assert send(service).status == 200
    clock.wait(3600 - clock.now % 3600 - 10)
    assert send(service).status == 200
    assert send(service).headers["Retry-After"] == "10"


def test_recording_refuses_nobody_and_says_who_would_have_been(
    service: Service, clock: Clock
) -> None:
    """The balance is what it would be if the guard refused."""
    told = {}
    for refuses in (True, False):
        service.guarded(refuses=refuses, allowance=3)
        service.table.delete_item(TableName=TABLE, Key={"id": {"S": KEY}})
        before = len(service.log_lines())
        statuses = [send(service, last).status for last in range(5)]
        clock.wait(120)
        statuses += [send(service, last).status for last in range(2)]
        lines = [line.get("guard") for line in service.log_lines()[before:]]
        told[refuses] = (statuses, lines, balance(service))
    metrics = read(service.metric_lines())
    for dimensions in ((), (("Country", "US"),)):
        of = (*dimensions, ("Deployment", DEPLOYMENT))
        for name in ("GuardRefused", "GuardWouldRefuse", "GuardProbes"):
            assert sum(metrics["ServerlessOtp", of, name]) == (2 if name == "GuardProbes" else 3)
    for refuses, status, name in ((True, 429, "refused"), (False, 200, "would_refuse")):
        statuses, lines, left = told[refuses]
        assert statuses == [*[200] * 3, status, status, 200, status]
        assert lines == [*[None] * 3, name, name, "probe", name]
        assert left == 4


def test_a_range_that_the_operator_has_named_is_left_alone(service: Service) -> None:
    """Nothing is asked, and nothing counted; nor is anything for the sandbox's own numbers."""
    service.guarded(ranges=("1-20",), allowance=1)
    assert sent(service, 4) == 4
    assert balance(service) is None
    service.guarded(allowance=1)
    assert [service.send().status for _ in range(4)] == [200] * 4


# --- The operator's switch, and many ranges at once ---


def set_switch(service: Service, value: str) -> None:
    """Write the switch as docs/runbook.md says."""
    item = {"id": {"S": "guard"}, "open": {"S": value}}
    service.table.put_item(TableName=TABLE, Item=item)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        *((value, 200) for value in ("all", "1-2062", "49-15123, 1-206", "ALL ", "nonsense", "")),
        *(("none", 429), ("1-2063,1-20629", 429)),
    ],
)
def test_the_switch_opens_a_range_or_all_within_half_a_minute(
    service: Service, clock: Clock, value: str, status: int
) -> None:
    """It goes on to record, and refuses again when the switch is taken away."""
    service.guarded(allowance=1)
    assert [send(service).status for _ in range(2)] == [200, 429]
    set_switch(service, value)
    clock.wait(30)
    assert send(service).status == status
    assert ("switch is invalid" in service.log()) == (value in ("nonsense", ""))
    service.delete({"S": "guard"})
    clock.wait(30)
    assert send(service).status == 429


def test_a_switch_that_was_never_read_opens_all(service: Service, clock: Clock) -> None:
    """The fixed limits hold; it is asked again, and only where something would be refused."""
    service.guarded(allowance=1)
    assert sent(service, 1) == 1
    reads = service.fail("before-call.dynamodb.GetItem", NO_ANSWER)
    assert send(service).status == 200
    assert len(reads) == 1
    service.mend()
    clock.wait(5)
    assert send(service).status == 429


def test_many_ranges_at_once_are_not_refused(service: Service, clock: Clock) -> None:
    """More likely nobody can verify; few of many, and the next hour's, are again."""
    service.guarded(allowance=1)
    ranges = [f"+1206{digit}010000" for digit in range(2, 10)]
    ranges += [f"+1425{digit}010000" for digit in range(2, 8)]

    def refused() -> int:
        answers = [service.send(DestinationIdentity=number).status for number in ranges]
        return answers.count(429)

    assert [refused() for _ in range(3)] == [0, 9, 0]
    told = read(service.metric_lines())[
        "ServerlessOtp", (("Deployment", DEPLOYMENT),), "GuardManyRanges"
    ]
    assert sum(told) == 5 + 14  # from the tenth on, and then all
    clock.wait(3600)
    service.start()
    for number in ranges[:9]:
        assert [service.send(DestinationIdentity=number).status for _ in range(2)] == [200, 429]


# --- What is asked of the table ---


def calls_of(service: Service) -> list[str]:
    """Ask for a message, and name the calls in their order; an item by its kind."""
    calls: list[str] = []

    def note(model: Any, params: dict[str, Any], **_: Any) -> None:
        key = json.loads(params["body"]).get("Key", {"id": {"S": ""}})["id"]["S"].split("#")
        calls.append(key[1] if len(key) > 2 else model.name)

    service.on("before-call.dynamodb", note)
    service.on("before-call." + SENDING, note)
    send(service)
    service.mend()
    return calls


def test_the_range_is_one_call_right_after_the_number(service: Service, clock: Clock) -> None:
    """A probe, too; two after an hour that ends above zero.

    A refusal gives the number's count back, and the later counts are not asked.
    """
    limits = replace(NO_LIMITS, destination_per_day=100, country_per_day=100)
    service.start(limits=limits, guard=replace(GUARD, allowance=2))
    sending = ["countryPerDay", "SendOTPMessage", "UpdateItem"]
    assert calls_of(service) == ["PutItem", "GetItem", "number", "range", *sending]
    assert calls_of(service) == ["PutItem", "number", "range", *sending]
    clock.wait(120)
    assert calls_of(service) == ["PutItem", "GetItem", "number", "range", *sending]  # a probe
    given_back = ["number", "DeleteItem"]
    # The switch is read where something is refused, every half a minute.
    assert calls_of(service) == ["PutItem", "number", "range", "GetItem", *given_back]
    assert calls_of(service) == ["PutItem", "number", "range", *given_back]
    put_balance(service, clock, 1, hours_ago=1)
    assert calls_of(service).count("range") == 2
    put_balance(service, clock, -1, hours_ago=1)
    assert calls_of(service).count("range") == 1


def test_a_number_is_in_no_key_and_a_balance_has_an_end(service: Service, clock: Clock) -> None:
    """A day and an hour after the last text, at most."""
    service.guarded()
    send(service, 1234)
    [item] = [item for item in service.items() if item["id"]["S"].startswith("guard#")]
    assert item["id"]["S"] == KEY
    assert item.keys() == {"id", "of_hour", "balance", "texted", "expiration"}
    assert clock.now + 24 * 3600 < int(item["expiration"]["N"]) <= clock.now + 25 * 3600


# --- What is given back, and what fails ---


@pytest.mark.parametrize(("status", "given_back"), [("THROTTLED", 1), ("UNKNOWN_FAILURE", 0)])
def test_what_was_certainly_not_sent_is_given_back(
    service: Service, clock: Clock, status: str, given_back: int
) -> None:
    """What may have been sent counts; and a probe that was not sent is due again."""
    service.guarded(allowance=2)

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        for result in parsed["MessageResponse"]["Result"].values():
            result["DeliveryStatus"] = status

    def fail_to_send() -> None:
        service.on("after-call." + SENDING, answer)
        send(service)
        service.mend()

    assert sent(service, 1) == 1
    fail_to_send()
    assert balance(service) == 2 - given_back
    assert sent(service, 2) == given_back
    clock.wait(120)
    fail_to_send()
    assert balance(service) == 3 - given_back
    assert sent(service, 2) == given_back


def test_a_later_count_that_refuses_gives_the_range_back(service: Service) -> None:
    """It was not sent."""
    service.start(limits=replace(NO_LIMITS, deployment_per_hour=1), guard=GUARD)
    assert sent(service, 2) == 1
    assert balance(service) == 1


def at_the_range(service: Service, act: Callable[[Any], Any], event: str = "before-send") -> None:
    """Do something where the SDK makes a write of the range's item."""

    def handler(**given: Any) -> Any:
        body = given["params"]["body"] if event == "before-call" else given["request"].body
        return act(json.loads(body)) if KEY in str(body) else None

    service.on(f"{event}.{WRITE}", handler)


def fail(_: Any) -> None:
    """Get no answer."""
    raise NO_ANSWER.with_traceback(None)


@pytest.mark.parametrize(
    ("fault", "counted"), [("throttled", None), ("no answer", None), ("lost", 1), ("slow", None)]
)
def test_without_the_balance_nothing_is_sent(
    service: Service, clock: Clock, fault: str, counted: int | None
) -> None:
    """503, to be repeated: fail closed. What may be counted stays so, never one less."""
    service.guarded()

    def lose(call: Any) -> None:
        service.table.update_item(**call)
        fail(call)

    if fault == "throttled":
        at_the_range(service, lambda _: throttled("ThrottlingException"), "before-call")
    elif fault == "slow":  # the switch has taken all the time
        service.on("before-send.dynamodb.GetItem", lambda **_: clock.wait(3.5))
    else:
        at_the_range(service, {"no answer": fail, "lost": lose}[fault])
    assert send(service).code == "StoreUnavailable"
    assert (service.texts(), balance(service)) == ([], counted)
    service.mend()
    assert send(service).status == 200


def test_without_the_balance_a_guard_that_records_stops_nothing(service: Service) -> None:
    """Its code is worth nothing then; the metrics tell."""
    service.guarded(refuses=False)
    at_the_range(service, fail)
    assert send(service).status == 200
    [record] = [item for item in service.items() if item["id"]["S"].startswith("send#")]
    assert "range" not in record
    assert any('"StoreFailures"' in line for line in service.metric_lines())


@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_function_that_dies_at_the_balance_leaves_it_counted_or_not(
    service: Service, when: str
) -> None:
    """Nothing is sent, and the ReferenceId is held as after any death."""
    service.guarded()
    asked = request(DestinationIdentity=RANGE.format(0))
    service.die(f"{when}.{WRITE}", asked)
    assert balance(service) == (None if when == "before-call" else 1)
    assert service.texts() == []
    assert service.send(**asked).code == "InProgress"


def test_what_cannot_be_given_back_does_not_change_the_answer(service: Service) -> None:
    """It stays counted until its hour ends, and the metrics tell."""
    service.guarded()

    def fail_to_give_back(call: Any) -> None:
        if "- :one" in call["UpdateExpression"]:
            fail(call)

    at_the_range(service, fail_to_give_back)
    service.on("before-send." + SENDING, respond(429, {}))
    assert send(service).code == "Throttled"
    assert balance(service) == 1
    assert any('"StoreFailures"' in line for line in service.metric_lines())
