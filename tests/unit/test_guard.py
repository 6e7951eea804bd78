"""The guard: how many texts a range gets while its codes are verified, and while they are not."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.emf import read
from tests.support.failures import NO_ANSWER, respond
from tests.support.ranges import balance, item_of, key_of, put_balance
from tests.support.service import DEPLOYMENT, GUARD, NO_LIMITS, HttpAnswer, Service, table_client

RANGE = "+1206201{:04}"
NUMBER = RANGE.format(0)
OF_ALL = (("Deployment", DEPLOYMENT),)


def send(service: Service, last: int = 0) -> HttpAnswer:
    """Request a text to a number of the range."""
    return service.send(DestinationIdentity=RANGE.format(last))


def sent(service: Service, times: int) -> int:
    """Request texts to so many different numbers; return how many went out."""
    return sum(send(service, last).status == 200 for last in range(times))


@pytest.mark.parametrize(
    ("before", "hours_ago", "left"),
    [
        *((value, 0, 30 - value) for value in (-30, 0, 29)),
        # A new hour resets a balance above zero, and keeps one below.
        *((-30, 1, 60), (-30, 5, 60), (0, 1, 30), (7, 1, 30), (30, 1, 30), (59, 2, 30)),
        (10, -1, 20),  # the clock of another function is an hour ahead
    ],
)
def test_a_range_gets_the_rest_of_its_allowance(
    service: Service, clock: Clock, before: int, hours_ago: int, left: int
) -> None:
    """A probe is due two minutes later. A neighbouring range is not affected."""
    service.guarded()
    put_balance(NUMBER, before, clock.now, hours_ago=hours_ago)
    assert sent(service, left + 2) == left
    assert service.send(DestinationIdentity="+12063010000").status == 200
    clock.wait(120)
    assert sent(service, 2) == 1


def test_a_refusal_says_when_a_text_goes_out_again(service: Service, clock: Clock) -> None:
    """When a probe is due or the next hour begins. The log names the range without a mask."""
    service.guarded(allowance=1)
    assert sent(service, 1) == 1
    clock.wait(20.5)
    answer = send(service)
    assert (answer.status, answer.json()["limit"]) == (429, "guardAllowance")
    assert answer.headers["Retry-After"] == "100"
    line = service.log_lines()[-1]
    assert (line["limit"], line["guard"], line["range"]) == ("guardAllowance", "refused", "1-2062")
    clock.wait(99)
    assert send(service).status == 429
    clock.wait(1)
    assert send(service).status == 200
    clock.wait(3600 - clock.now % 3600 - 10)
    assert send(service).status == 200
    assert send(service).headers["Retry-After"] == "10"


def test_recording_refuses_nothing_and_counts_the_same(service: Service, clock: Clock) -> None:
    """The balance is what it would be if the guard refused."""
    for refuses, status, name in ((True, 429, "refused"), (False, 200, "would_refuse")):
        service.guarded(refuses=refuses, allowance=3)
        service.delete({"S": key_of(NUMBER)})
        before = len(service.log_lines())
        statuses = [send(service, last).status for last in range(5)]
        clock.wait(120)
        statuses += [send(service, last).status for last in range(2)]
        assert statuses == [*[200] * 3, status, status, 200, status]
        told = [line.get("guard") for line in service.log_lines()[before:]]
        assert told == [*[None] * 3, name, name, "probe", name]
        assert balance(NUMBER) == 4
    metrics = read(service.metric_lines())
    for of in (OF_ALL, (("Country", "US"), *OF_ALL)):
        for name, times in (("GuardRefused", 3), ("GuardWouldRefuse", 3), ("GuardProbes", 2)):
            assert sum(metrics["ServerlessOtp", of, name]) == times


def test_exempt_ranges_are_not_counted(service: Service) -> None:
    """Those that the operator names, and the sandbox's own numbers."""
    service.guarded(ranges=("1-20",), allowance=1)
    assert sent(service, 4) == 4
    assert balance(NUMBER) is None
    service.guarded(allowance=1)
    assert [service.send().status for _ in range(4)] == [200] * 4


@pytest.mark.parametrize(
    ("value", "status"),
    [
        *((value, 200) for value in ("all", "1-2062", "49-15123, 1-206", "ALL ", "nonsense", "")),
        *(("none", 429), ("1-2063,1-20629", 429)),
    ],
)
def test_the_switch_opens_ranges(service: Service, clock: Clock, value: str, status: int) -> None:
    """Within half a minute, the guard only records them. An invalid switch opens all."""
    service.guarded(allowance=1)
    assert [send(service).status for _ in range(2)] == [200, 429]
    service.put({"id": {"S": "guard"}, "open": {"S": value}})  # as docs/runbook.md says
    clock.wait(30)
    assert send(service).status == status
    assert ("switch is invalid" in service.log()) == (value in ("nonsense", ""))
    service.delete({"S": "guard"})
    clock.wait(30)
    assert send(service).status == 429


def test_a_switch_that_was_never_read_opens_all(service: Service, clock: Clock) -> None:
    """The fixed limits still hold. The next refusal after five seconds reads the switch again."""
    service.guarded(allowance=1)
    assert sent(service, 1) == 1
    reads = service.fail("before-call.dynamodb.GetItem", NO_ANSWER)
    assert (send(service).status, len(reads)) == (200, 1)
    service.mend()
    clock.wait(5)
    assert send(service).status == 429


def test_many_ranges_at_once_are_not_refused(service: Service, clock: Clock) -> None:
    """More likely, nobody can verify. A few ranges, or the next hour's, are refused again."""
    service.guarded(allowance=1)
    ranges = [f"+1{code}{digit}010000" for code in (206, 425) for digit in range(2, 9)]

    def refused() -> int:
        return sum(service.send(DestinationIdentity=one).status == 429 for one in ranges)

    assert [refused() for _ in range(3)] == [0, 9, 0]
    told = read(service.metric_lines())["ServerlessOtp", OF_ALL, "GuardManyRanges"]
    assert sum(told) == 5 + 14  # from the tenth on, and then all
    clock.wait(3600)
    assert [service.send(DestinationIdentity=ranges[0]).status for _ in "ab"] == [200, 429]


def test_the_range_costs_one_call_right_after_the_number(service: Service, clock: Clock) -> None:
    """Two, after an hour that ended above zero. A refusal gives back, and counts nothing more."""
    limits = replace(NO_LIMITS, destination_per_day=100, country_per_day=100)
    service.start(limits=limits, guard=replace(GUARD, allowance=2))
    counted = ["PutItem", "number", "range", "countryPerDay", "SendOTPMessage", "UpdateItem"]
    refused = ["PutItem", "number", "range", "number", "DeleteItem"]
    switch = "GetItem"  # read when it matters, at most every half minute
    calls = partial(service.calls, partial(send, service))
    assert [calls(), calls()] == [[*counted[:1], switch, *counted[1:]], counted]
    clock.wait(20)
    assert [calls(), calls()] == [[*refused[:3], switch, *refused[3:]], refused]
    clock.wait(100)
    assert "".join(calls()).replace(switch, "") == "".join(counted)  # a probe
    for before, writes in ((1, 2), (-1, 1)):
        put_balance(NUMBER, before, clock.now, hours_ago=1)
        assert calls().count("range") == writes


def test_a_number_is_in_no_key_and_a_balance_expires(service: Service, clock: Clock) -> None:
    """Between 24 and 25 hours after the last text."""
    service.guarded()
    send(service, 1234)
    [item] = service.items("guard#")
    assert item == item_of(NUMBER)
    assert item.keys() == {"id", "of_hour", "balance", "texted", "expiration"}
    assert clock.now + 24 * 3600 < int(item["expiration"]["N"]) <= clock.now + 25 * 3600


@pytest.mark.parametrize(("status", "given_back"), [("THROTTLED", 1), ("UNKNOWN_FAILURE", 0)])
def test_only_what_was_certainly_not_sent_is_given_back(
    service: Service, clock: Clock, status: str, given_back: int
) -> None:
    """A text that may have been sent stays counted. A probe that was not sent is due again."""
    service.guarded(allowance=2)

    assert sent(service, 1) == 1
    for texts, wait in ((1, 0), (2, 120)):
        clock.wait(wait)
        service.deliver(status)
        send(service)
        service.mend()
        assert balance(NUMBER) == texts + 1 - given_back
        assert sent(service, 2) == given_back


def test_a_later_count_that_refuses_gives_the_range_back(service: Service) -> None:
    """The limit refuses after the guard has counted, and no text is sent."""
    service.start(limits=replace(NO_LIMITS, deployment_per_hour=1), guard=GUARD)
    assert sent(service, 2) == 1
    assert balance(NUMBER) == 1


def at_the_range(service: Service, act: Callable[..., Any]) -> None:
    """Act when the SDK sends a write of the range's item."""

    def handler(request: Any, **_: Any) -> Any:
        return act(request) if key_of(NUMBER) in str(request.body) else None

    service.on("before-send.dynamodb.UpdateItem", handler)


def fail(_: Any) -> None:
    """Fail without an answer."""
    raise NO_ANSWER.with_traceback(None)


def lose(request: Any) -> None:
    """Make the write, and fail without an answer."""
    table_client("dynamodb").update_item(**json.loads(request.body))
    fail(request)


@pytest.mark.parametrize(("fault", "counted"), [(fail, None), (lose, 1)])
def test_a_guard_fails_closed(
    service: Service, fault: Callable[..., Any], counted: int | None
) -> None:
    """503: the guard fails closed. A text that may have been counted stays counted."""
    service.guarded()
    at_the_range(service, fault)
    assert (send(service).code, service.texts()) == ("StoreUnavailable", [])
    assert balance(NUMBER) == counted
    service.mend()
    assert send(service).status == 200


def test_a_recording_guard_fails_open(service: Service) -> None:
    """The code gets no credit, and the metrics report the failure."""
    service.guarded(refuses=False)
    at_the_range(service, fail)
    assert send(service).status == 200
    [record] = service.items("send#")
    assert "range" not in record
    assert any('"StoreFailures"' in line for line in service.metric_lines())


def test_what_cannot_be_given_back_does_not_change_the_answer(service: Service) -> None:
    """The text stays counted until the hour ends, and the metrics report the failure."""
    service.guarded()

    service.on("before-send.pinpoint", respond(429, {}))
    at_the_range(service, lambda call: fail(call) if "- :one" in str(call.body) else None)
    assert send(service).code == "Throttled"
    assert balance(NUMBER) == 1
    assert any('"StoreFailures"' in line for line in service.metric_lines())
