"""What a verified code is worth to its range: told once, after an answer that never changes."""

import uuid
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings

from docs.generate.guard_rule import Answer, Balance, Rule
from lambda_src.otp.once.record_key import record_key
from lambda_src.otp.settings import Settings
from tests.support.clock import START, Clock
from tests.support.failures import NO_ANSWER
from tests.support.guard_histories import Step, histories, play
from tests.support.ranges import balance, item_of, key_of, put_balance
from tests.support.service import GUARD, NO_LIMITS, SETTINGS, Journey, Service, entry_point, started

NUMBER = "+12062010000"
CALLS = ("BatchGetItem", "PutItem", "UpdateItem")
LOST = "response-received"  # the call was made, and its answer is lost
MADE = ["VerifyOTPMessage", "BatchGetItem", "PutItem", "range"]


@pytest.fixture(autouse=True)
def guarded(journey: Journey) -> None:
    """Have both functions with the guard."""
    journey.sending.start(limits=NO_LIMITS, guard=GUARD)
    journey.verifying.start(guard=GUARD)


def send(journey: Journey) -> tuple[dict[str, Any], str]:
    """Send a code to a number of the range."""
    return journey.send(DestinationIdentity=NUMBER)


def record(journey: Journey, about: dict[str, Any]) -> dict[str, Any]:
    """The record of a ReferenceId; it is where the function that sends has put it."""
    [item] = journey.sending.items(record_key(about["ReferenceId"]))
    return item


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
    """Of the current hour, or the next one by another clock; and down to minus thirty."""
    about, code = send(journey)
    put_balance(NUMBER, before, clock.now, hours_ago=hours_ago)
    assert journey.valid(about, code)
    assert balance(NUMBER) == after
    assert item_of(NUMBER)["of_hour"] == {"N": str(int(clock.now // 3600) + (hours_ago < 0))}


def calls_of(journey: Journey, about: dict[str, Any], code: str) -> list[str]:
    """Verify, and name the calls."""
    return journey.verifying.calls(lambda: journey.verify(about, code))


def test_a_right_code_is_three_calls_and_a_wrong_one_none(journey: Journey, clock: Clock) -> None:
    """One where there is nothing to be lowered."""
    about, code = send(journey)
    assert calls_of(journey, about, f"{(int(code) + 1) % 10**6:06}") == MADE[:1]
    assert calls_of(journey, about, code) == MADE
    another = send(journey)
    put_balance(NUMBER, -30, clock.now)
    assert calls_of(journey, *another) == MADE[:2]


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
    assert calls_of(journey, about, code) == MADE[:1]


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
    assert balance(NUMBER) == 1 - 4


def say_valid(service: Service) -> None:
    """Have Pinpoint say that a code is right."""

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["VerificationResponse"]["Valid"] = True

    service.on("after-call.pinpoint.VerifyOTPMessage", answer)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": {"S": "send#other"}},  # not sent by this deployment
        {"range": None},  # by the release before, which names no range
        {"range": {"S": "another"}},
        {"expiration": {"N": "1"}},  # over, and not yet deleted
    ],
)
def test_code_of_an_unknown_text_changes_nothing(journey: Journey, changes: dict[str, Any]) -> None:
    """Nothing is written, neither a claim nor a balance."""
    about, code = send(journey)
    found = record(journey, about)
    journey.sending.delete(found["id"])
    journey.sending.put({name: of for name, of in {**found, **changes}.items() if of})
    before = journey.sending.items()
    assert journey.valid(about, code)
    assert journey.sending.items() == before


def test_a_text_that_the_guard_has_not_counted_is_worth_nothing(journey: Journey) -> None:
    """What would have been refused; and what goes to a number of the sandbox's own."""
    journey.sending.start(limits=NO_LIMITS, guard=replace(GUARD, refuses=False, allowance=1))
    counted, uncounted = send(journey), send(journey)
    assert journey.valid(*uncounted)
    assert balance(NUMBER) == 1
    assert journey.valid(*counted)
    assert balance(NUMBER) == 1 - 4
    assert calls_of(journey, *journey.send()) == MADE[:2]


def test_a_text_of_unknown_outcome_is_counted_and_worth_the_same(journey: Journey) -> None:
    """Pinpoint's answer is lost, and the person has the text."""
    journey.sending.fail("response-received.pinpoint", NO_ANSWER)
    asked = {"ReferenceId": "lost", "DestinationIdentity": NUMBER}
    assert journey.sending.send(**asked).code == "OutcomeUnknown"
    assert journey.valid(asked, journey.code("lost"))
    assert balance(NUMBER) == 1 - 4


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("event", [LOST, "before-send"])
def test_what_fails_never_changes_the_answer(journey: Journey, call: str, event: str) -> None:
    """One try each; the credit is lost, or given once; the metrics and the log tell."""
    about, code = send(journey)
    journey.verifying.fail(f"{event}.dynamodb.{call}", NO_ANSWER)
    valid: list[bool] = []
    made = journey.verifying.calls(lambda: valid.append(journey.valid(about, code)))
    assert (valid, made) == ([True], MADE[: CALLS.index(call) + 2])
    assert balance(NUMBER) == (-3 if (call, event) == ("UpdateItem", LOST) else 1)
    assert sum("StoreFailures" in line for line in journey.verifying.metric_lines()) == 1
    assert "Could not credit the verified code" in journey.verifying.log()
    say_valid(journey.verifying)
    assert journey.valid(about, code)  # and again: nothing twice
    assert balance(NUMBER) in (1, -3)


@pytest.mark.parametrize(("each", "made"), [(0.9, MADE[:3]), (0.4, MADE), (1.1, MADE[:2])])
def test_a_call_begins_only_while_its_second_remains(
    journey: Journey, clock: Clock, each: float, made: list[str]
) -> None:
    """Two in all: a person waits for the answer."""
    about, code = send(journey)
    journey.verifying.on("before-call.dynamodb", lambda **_: clock.wait(each))
    assert calls_of(journey, about, code) == made


@pytest.mark.parametrize("event", ["before-call", "after-call"])
@pytest.mark.parametrize("call", CALLS)
def test_a_death_gives_no_credit_twice(journey: Journey, call: str, event: str) -> None:
    """Nobody gets its answer; the next one may be a different one, or the same."""
    about, code = send(journey)
    journey.verifying.die(f"{event}.dynamodb.{call}", {**about, "Otp": code})
    moved = (event, call) == ("after-call", "UpdateItem")
    assert balance(NUMBER) == (-3 if moved else 1)
    say_valid(journey.verifying)
    assert journey.valid(about, code)
    claimed = (event, call) == ("after-call", "PutItem") or call == "UpdateItem"
    assert balance(NUMBER) == (1 if claimed and not moved else -3)


def test_a_claim_names_neither_number_nor_code_and_has_an_end(journey: Journey) -> None:
    """It outlives the record, which is not read afterwards."""
    about, code = send(journey)
    of = record(journey, about)
    assert journey.valid(about, code)
    [claim] = journey.sending.items("guard#claim#")
    key, expiration = f"guard#claim#{of['owner']['S']}", int(of["expiration"]["N"]) + 3600
    assert claim == {"id": {"S": key}, "expiration": {"N": str(expiration)}}


class Deployed:
    """Both functions, played to as the simulation is; what goes out is not told from a probe."""

    def __init__(self, journey: Journey, clock: Clock) -> None:
        self._journey, self._clock = journey, clock
        self._sent: list[tuple[dict[str, Any], str]] = []

    def text(self, now: float) -> Answer:
        """Ask for a text."""
        self._clock.now = now
        about = {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER}
        if self._journey.sending.send(**about, ValidityPeriod=60).status != 200:
            return "refused"
        self._sent.append((about, self._journey.code(about["ReferenceId"])))
        return "texted"

    def verified(self, now: float) -> None:
        """Verify the code of the last text that is not verified yet."""
        self._clock.now = now
        assert self._journey.valid(*self._sent.pop())


def test_the_functions_do_what_docs_abuse_simulates(journey: Journey, clock: Clock) -> None:
    """Whatever happens to a range; over beginnings of an hour, too."""
    rule, guard = Rule(allowance=4), replace(GUARD, allowance=4)
    journey.sending.start(limits=NO_LIMITS, guard=guard)
    journey.verifying.start(guard=guard)

    @given(histories(rule))
    @settings(max_examples=12, deadline=None, derandomize=True, database=None)
    def run(history: list[Step]) -> None:
        journey.sending.delete({"S": key_of(NUMBER)})
        found = [one.answer for one in play(history, Deployed(journey, clock), START)]
        expected = [one.answer for one in play(history, Balance(rule), START)]
        assert found == ["texted" if answer == "probe" else answer for answer in expected]

    run()
