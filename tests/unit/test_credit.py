"""What a verified code is worth to its range: told once, after an answer that never changes."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings

from docs.generate.guard_rule import Answer, Balance, Rule
from lambda_src.otp.once.record_key import record_key
from lambda_src.otp.rules.ranges import range_of
from lambda_src.otp.settings import Settings
from tests.support.clock import START, Clock
from tests.support.failures import NO_ANSWER, throttled
from tests.support.guard_histories import Step, histories, play
from tests.support.service import (
    GUARD,
    NO_LIMITS,
    SETTINGS,
    TABLE,
    Journey,
    Service,
    entry_point,
    started,
)

NUMBER = "+12062010000"
KEY = f"guard#range#{range_of(NUMBER).digest}"
CALLS = ("BatchGetItem", "PutItem", "UpdateItem")


@pytest.fixture(autouse=True)
def guarded(journey: Journey) -> None:
    """Have both functions with the guard."""
    journey.sending.start(limits=NO_LIMITS, guard=GUARD)
    journey.verifying.start(guard=GUARD)


def send(journey: Journey, **fields: Any) -> tuple[dict[str, Any], str]:
    """Send a code to a number of the range."""
    return journey.send(DestinationIdentity=NUMBER, **fields)


def balance(journey: Journey) -> int | None:
    """The balance of the range, as the table holds it."""
    item = journey.sending.table.get_item(TableName=TABLE, Key={"id": {"S": KEY}}).get("Item")
    return int(item["balance"]["N"]) if item else None


def put_balance(journey: Journey, clock: Clock, value: int, hours_ago: int = 0) -> None:
    """Have the range at a balance, of this hour or of an earlier one."""
    hour = int(clock.now // 3600) - hours_ago
    item = {"id": {"S": KEY}, "balance": {"N": str(value)}, "of_hour": {"N": str(hour)}}
    journey.sending.table.put_item(TableName=TABLE, Item=item)


def calls_of(service: Service, do: Callable[[], object]) -> list[str]:
    """Name the calls of DynamoDB that something makes."""
    calls: list[str] = []
    service.on("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    do()
    service.mend()
    return calls


@pytest.mark.parametrize(
    ("before", "hours_ago", "after"),
    [
        *((value, 0, max(-30, value - 4)) for value in (59, 30, 1, 0, -25, -26, -27, -29, -30)),
        # Sent before the hour, verified after it: the current hour's moves.
        *((value, 1, min(0, value) - 4) for value in (59, 1, 0, -26)),
        *((-28, 1, -30), (-30, 3, -30), (5, -1, 1)),
    ],
)
def test_a_right_code_takes_four_from_the_balance(
    journey: Journey, clock: Clock, before: int, hours_ago: int, after: int
) -> None:
    """Of the current hour, and down to minus thirty."""
    about, code = send(journey)
    put_balance(journey, clock, before, hours_ago)
    assert journey.valid(about, code)
    item = journey.sending.table.get_item(TableName=TABLE, Key={"id": {"S": KEY}})["Item"]
    hour = int(clock.now // 3600)
    if before > -30:
        assert (int(item["balance"]["N"]), int(item["of_hour"]["N"])) == (
            after,
            hour + (hours_ago < 0),
        )
    # Whatever hour it says: what a text finds is the same.
    assert min(0, int(item["balance"]["N"])) == min(0, after)


def test_a_right_code_is_three_calls_and_a_wrong_one_none(journey: Journey, clock: Clock) -> None:
    """One where there is nothing to be lowered."""
    about, code = send(journey)
    verifying = journey.verifying
    assert (
        calls_of(
            verifying, lambda: journey.verify(about, code[:-1] + str((int(code[-1]) + 1) % 10))
        )
        == []
    )
    assert calls_of(verifying, lambda: journey.verify(about, code)) == [*CALLS]
    about, code = send(journey)
    put_balance(journey, clock, -30)
    assert calls_of(verifying, lambda: journey.verify(about, code)) == ["BatchGetItem"]


def test_without_the_guard_there_is_no_call_and_no_client(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the table, by a code that was right; nor is a range in the record."""
    client = Mock()
    monkeypatch.setattr("boto3.client", client)
    monkeypatch.setattr("lambda_src.otp.verify.check_endpoints", Mock())
    for rules in (GUARD, None):
        environment = Settings.to_environment(replace(SETTINGS, guard=rules))
        entry_point("verify").start(environment)
    assert [call.args[0] for call in client.call_args_list] == ["pinpoint", "dynamodb", "pinpoint"]
    journey.sending.start(guard=None)
    journey.verifying.start(guard=None)
    about, code = send(journey)
    assert "range" not in record(journey, about)
    assert calls_of(journey.verifying, lambda: journey.verify(about, code)) == []


def record(journey: Journey, about: dict[str, Any]) -> dict[str, Any]:
    """The record of a ReferenceId; it is where the function that sends has put it."""
    key = {"id": {"S": record_key(about["ReferenceId"])}}
    return journey.sending.table.get_item(TableName=TABLE, Key=key)["Item"]


def test_a_code_that_two_functions_verify_is_worth_something_once(journey: Journey) -> None:
    """Pinpoint may say twice that it is right: to one that asks before the other has told."""
    about, code = send(journey)
    with started("verify") as other:
        other.start(guard=GUARD)
        twice = Journey(journey.sending, other)

        def verify_it_elsewhere(**_: Any) -> None:
            journey.verifying.mend()
            say_valid(other)
            assert twice.valid(about, code)

        journey.verifying.on("before-call.dynamodb.PutItem", verify_it_elsewhere)
        assert journey.valid(about, code)
    assert balance(journey) == 1 - 4


def say_valid(service: Service) -> None:
    """Have Pinpoint say that a code is right."""

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["VerificationResponse"]["Valid"] = True

    service.on("after-call.pinpoint.VerifyOTPMessage", answer)


def not_of_this_deployment(journey: Journey, about: dict[str, Any]) -> None:
    """Have no record of the ReferenceId."""
    journey.sending.delete(record(journey, about)["id"])


def of_the_release_before(journey: Journey, about: dict[str, Any]) -> None:
    """Have a record that names no range."""
    item = {name: value for name, value in record(journey, about).items() if name != "range"}
    journey.sending.table.put_item(TableName=TABLE, Item=item)


def expired(journey: Journey, about: dict[str, Any]) -> None:
    """Have a record that is over, and not yet deleted."""
    item = {**record(journey, about), "expiration": {"N": "1"}}
    journey.sending.table.put_item(TableName=TABLE, Item=item)


@pytest.mark.parametrize("change", [not_of_this_deployment, of_the_release_before, expired])
def test_a_code_whose_text_is_not_known_changes_nothing(
    journey: Journey, change: Callable[[Journey, dict[str, Any]], None]
) -> None:
    """Nothing is written, neither a claim nor a balance."""
    about, code = send(journey)
    change(journey, about)
    before = journey.sending.items()
    assert journey.valid(about, code)
    assert journey.sending.items() == before


def test_a_text_that_the_guard_has_not_counted_is_worth_nothing(journey: Journey) -> None:
    """What would have been refused; and what goes to a number of the sandbox's own."""
    journey.sending.start(limits=NO_LIMITS, guard=replace(GUARD, refuses=False, allowance=1))
    counted, uncounted = send(journey), send(journey)
    assert journey.valid(*uncounted)
    assert balance(journey) == 1
    assert journey.valid(*counted)
    assert balance(journey) == 1 - 4
    own = journey.send()
    assert calls_of(journey.verifying, lambda: journey.verify(*own)) == ["BatchGetItem"]


def test_a_text_of_unknown_outcome_is_counted_and_its_code_is_worth_the_same(
    journey: Journey,
) -> None:
    """Pinpoint's answer is lost, and the person has the text."""
    journey.sending.fail("response-received.pinpoint", NO_ANSWER)
    asked = {"ReferenceId": "lost", "DestinationIdentity": NUMBER}
    assert journey.sending.send(**asked).code == "OutcomeUnknown"
    [text] = journey.sending.texts("lost")
    code = "".join(filter(str.isdigit, text))
    assert journey.valid(asked, code)
    assert balance(journey) == 1 - 4


# --- What fails ---


def lost(service: Service, call: str) -> None:
    """Have a call made, and lose its answer."""
    service.fail(f"response-received.dynamodb.{call}", NO_ANSWER)


def no_answer(service: Service, call: str) -> None:
    """Have a call not made."""
    service.fail(f"before-send.dynamodb.{call}", NO_ANSWER)


def throttles(service: Service, call: str) -> None:
    """Have DynamoDB refuse it for now."""
    service.on(f"before-call.dynamodb.{call}", lambda **_: throttled("ThrottlingException"))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", [lost, no_answer, throttles])
def test_what_fails_never_changes_the_answer(
    journey: Journey, call: str, fault: Callable[[Service, str], None]
) -> None:
    """One try each; the credit is lost, or given once; the metrics and the log tell."""
    about, code = send(journey)
    fault(journey.verifying, call)
    calls: list[str] = []
    noting = "provide-client-params.dynamodb"
    journey.verifying.on(noting, lambda model, **_: calls.append(model.name))
    assert journey.valid(about, code)
    assert calls == [*CALLS[: CALLS.index(call) + 1]]
    assert balance(journey) == (-3 if (call, fault) == ("UpdateItem", lost) else 1)
    assert sum("StoreFailures" in line for line in journey.verifying.metric_lines()) == 1
    assert "Could not credit the verified code" in journey.verifying.log()
    journey.verifying.mend()
    say_valid(journey.verifying)
    assert journey.valid(about, code)  # and again: nothing twice
    assert balance(journey) in (1, -3)


@pytest.mark.parametrize(
    ("each", "made"), [(0.9, ["BatchGetItem", "PutItem"]), (0.4, [*CALLS]), (1.1, ["BatchGetItem"])]
)
def test_a_call_begins_only_while_its_second_remains(
    journey: Journey, clock: Clock, each: float, made: list[str]
) -> None:
    """Two in all: a person waits for the answer."""
    about, code = send(journey)
    calls: list[str] = []

    def wait(model: Any, **_: Any) -> None:
        calls.append(model.name)
        clock.wait(each)

    journey.verifying.on("before-call.dynamodb", wait)
    assert journey.valid(about, code)
    assert calls == made


@pytest.mark.parametrize("event", ["before-call", "after-call"])
@pytest.mark.parametrize("call", CALLS)
def test_a_function_that_dies_gives_no_credit_twice(
    journey: Journey, call: str, event: str
) -> None:
    """Nobody gets its answer; the next one may be a different one, or the same."""
    about, code = send(journey)
    journey.verifying.die(f"{event}.dynamodb.{call}", {**about, "Otp": code})
    moved = (event, call) == ("after-call", "UpdateItem")
    assert balance(journey) == (-3 if moved else 1)
    say_valid(journey.verifying)
    assert journey.valid(about, code)
    claimed = (event, call) == ("after-call", "PutItem") or call == "UpdateItem"
    assert balance(journey) == (1 if claimed and not moved else -3)


def test_a_claim_names_neither_number_nor_code_and_has_an_end(journey: Journey) -> None:
    """It outlives the record, which is not read afterwards."""
    about, code = send(journey)
    expiration = int(record(journey, about)["expiration"]["N"])
    assert journey.valid(about, code)
    [claim] = [one for one in journey.sending.items() if "claim" in one["id"]["S"]]
    assert claim.keys() == {"id", "expiration"}
    assert claim["id"]["S"] == f"guard#claim#{record(journey, about)['owner']['S']}"
    assert int(claim["expiration"]["N"]) == expiration + 3600


class Deployed:
    """Both functions, played to as the simulation is; what goes out is not told from a probe."""

    def __init__(self, journey: Journey, clock: Clock) -> None:
        self._journey, self._clock = journey, clock
        self._sent: list[tuple[dict[str, Any], str]] = []

    def text(self, now: float) -> Answer:
        """Ask for a text."""
        self._clock.now = now
        about = {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER}
        answer = self._journey.sending.send(**about, ValidityPeriod=60)
        if answer.status != 200:
            return "refused"
        [text] = self._journey.sending.texts(about["ReferenceId"])
        self._sent.append((about, re.findall(r"\b[0-9]{6}\b", text)[0]))
        return "texted"

    def verified(self, now: float) -> None:
        """Verify the code of the last text that is not verified yet."""
        self._clock.now = now
        assert self._journey.valid(*self._sent.pop())


def test_the_functions_do_what_docs_abuse_simulates(journey: Journey, clock: Clock) -> None:
    """Whatever happens to a range; over beginnings of an hour, too."""
    rule = Rule(allowance=4)
    guard = replace(GUARD, allowance=rule.allowance)
    journey.sending.start(limits=NO_LIMITS, guard=guard)
    journey.verifying.start(guard=guard)

    @given(histories(rule))
    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    def run(history: list[Step]) -> None:
        journey.sending.delete({"S": KEY})
        found = play(history, Deployed(journey, clock), START)
        expected = play(history, Balance(rule), START)
        assert [one.answer.replace("probe", "texted") for one in expected] == [
            one.answer for one in found
        ]

    run()
