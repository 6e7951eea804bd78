"""The credit of a range for a right code: given once, and never able to change the answer."""

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
from tests.support.guard_histories import EXAMPLES, Step, histories, play, steps
from tests.support.ranges import balance, item_of, key_of, put_balance
from tests.support.service import GUARD, NO_LIMITS, SETTINGS, Journey, Service, entry_point, started
from tests.support.texts import wrong_code

NUMBER = "+12062010000"
CALLS = ("BatchGetItem", "PutItem", "UpdateItem")
LOST = "response-received"  # the call was made, and its answer is lost
MADE = ["VerifyOTPMessage", "BatchGetItem", "PutItem", "range"]


@pytest.fixture(autouse=True)
def guarded(journey: Journey) -> None:
    """Start both functions with the guard."""
    journey.sending.start(limits=NO_LIMITS, guard=GUARD)
    journey.verifying.start(guard=GUARD)


def send(journey: Journey) -> tuple[dict[str, Any], str]:
    """Text a code to a number of the range."""
    return journey.send(DestinationIdentity=NUMBER)


def record(journey: Journey, about: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a ReferenceId, from the key that send uses."""
    [item] = journey.sending.items(record_key(about["ReferenceId"]))
    return item


@pytest.mark.parametrize(
    ("before", "hours_ago", "after"),
    [
        *((value, 0, max(-30, value - 4)) for value in (59, 30, 1, 0, -25, -26, -27, -29, -30)),
        # Sent in an earlier hour: the balance of the current hour changes.
        *((value, 1, min(0, value) - 4) for value in (59, 1, 0, -26)),
        *((-28, 1, -30), (-30, 3, -30), (5, -1, 1)),
    ],
)
def test_a_right_code_takes_four_from_the_balance(
    journey: Journey, clock: Clock, before: int, hours_ago: int, after: int
) -> None:
    """Never below -30. In the current hour, or the next if another function's clock is ahead."""
    about, code = send(journey)
    put_balance(NUMBER, before, clock.now, hours_ago=hours_ago)
    assert journey.valid(about, code)
    assert balance(NUMBER) == after
    assert item_of(NUMBER)["of_hour"] == {"N": str(int(clock.now // 3600) + (hours_ago < 0))}


def calls_of(journey: Journey, about: dict[str, Any], code: str) -> list[str]:
    """Verify; return the calls that this makes."""
    return journey.verifying.calls(lambda: journey.verify(about, code))


def test_a_right_code_costs_three_calls_of_dynamodb_and_a_wrong_one_none(
    journey: Journey, clock: Clock
) -> None:
    """One call, if the balance is already at its minimum."""
    about, code = send(journey)
    assert calls_of(journey, about, wrong_code(code)) == MADE[:1]
    assert calls_of(journey, about, code) == MADE
    another = send(journey)
    put_balance(NUMBER, -30, clock.now)
    assert calls_of(journey, *another) == MADE[:2]


def test_without_the_guard_there_is_no_call_and_no_client(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Verify never touches the table then, and a record names no range."""
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


def test_a_code_that_two_functions_verify_is_credited_once(journey: Journey) -> None:
    """Pinpoint may accept a code twice, here while the first function writes its claim."""
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
    """Make Pinpoint answer that the code is right."""

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        parsed["VerificationResponse"]["Valid"] = True

    service.on("after-call.pinpoint.VerifyOTPMessage", answer)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": {"S": "send#other"}},  # not sent by this deployment
        {"range": None},  # written by the last release, which stored no range
        {"range": {"S": "another"}},
        {"expiration": {"N": "1"}},  # expired, and not yet deleted
    ],
)
def test_code_of_an_unknown_text_changes_nothing(journey: Journey, changes: dict[str, Any]) -> None:
    """Neither a claim nor a balance is written."""
    about, code = send(journey)
    found = record(journey, about)
    journey.sending.delete(found["id"])
    journey.sending.put({name: of for name, of in {**found, **changes}.items() if of})
    before = journey.sending.items()
    assert journey.valid(about, code)
    assert journey.sending.items() == before


def test_the_code_of_an_uncounted_text_gets_no_credit(journey: Journey) -> None:
    """Uncounted are texts that a refusing guard would stop, and those to sandbox numbers."""
    journey.sending.start(limits=NO_LIMITS, guard=replace(GUARD, refuses=False, allowance=1))
    counted, uncounted = send(journey), send(journey)
    assert journey.valid(*uncounted)
    assert balance(NUMBER) == 1
    assert journey.valid(*counted)
    assert balance(NUMBER) == 1 - 4
    assert calls_of(journey, *journey.send()) == MADE[:2]


def test_a_text_of_unknown_outcome_is_counted_and_credited(journey: Journey) -> None:
    """Pinpoint's answer is lost, but the person has the text."""
    journey.sending.fail("response-received.pinpoint", NO_ANSWER)
    asked = {"ReferenceId": "lost", "DestinationIdentity": NUMBER}
    assert journey.sending.send(**asked).code == "OutcomeUnknown"
    assert journey.valid(asked, journey.code("lost"))
    assert balance(NUMBER) == 1 - 4


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("event", [LOST, "before-send"])
def test_a_failed_call_never_changes_the_answer(journey: Journey, call: str, event: str) -> None:
    """Each call is made once. The credit is lost or given once; log and metrics report it."""
    about, code = send(journey)
    journey.verifying.fail(f"{event}.dynamodb.{call}", NO_ANSWER)
    valid: list[bool] = []
    made = journey.verifying.calls(lambda: valid.append(journey.valid(about, code)))
    assert (valid, made) == ([True], MADE[: CALLS.index(call) + 2])
    assert balance(NUMBER) == (-3 if (call, event) == ("UpdateItem", LOST) else 1)
    assert sum("StoreFailures" in line for line in journey.verifying.metric_lines()) == 1
    assert "Could not credit the verified code" in journey.verifying.log()
    say_valid(journey.verifying)
    assert journey.valid(about, code)  # a repeated request credits nothing twice
    assert balance(NUMBER) in (1, -3)


@pytest.mark.parametrize(("each", "made"), [(0.9, MADE[:3]), (0.4, MADE), (1.1, MADE[:2])])
def test_a_call_begins_only_if_a_second_remains(
    journey: Journey, clock: Clock, each: float, made: list[str]
) -> None:
    """All calls together get two seconds, because a person waits for the answer."""
    about, code = send(journey)
    journey.verifying.on("before-call.dynamodb", lambda **_: clock.wait(each))
    assert calls_of(journey, about, code) == made


@pytest.mark.parametrize("event", ["before-call", "after-call"])
@pytest.mark.parametrize("call", CALLS)
def test_a_death_gives_no_credit_twice(journey: Journey, call: str, event: str) -> None:
    """A repeated request gives the credit, unless the dead function has claimed it."""
    about, code = send(journey)
    journey.verifying.die(f"{event}.dynamodb.{call}", {**about, "Otp": code})
    moved = (event, call) == ("after-call", "UpdateItem")
    assert balance(NUMBER) == (-3 if moved else 1)
    say_valid(journey.verifying)
    assert journey.valid(about, code)
    claimed = (event, call) == ("after-call", "PutItem") or call == "UpdateItem"
    assert balance(NUMBER) == (1 if claimed and not moved else -3)


def test_a_claim_names_neither_number_nor_code_and_expires(journey: Journey) -> None:
    """It expires an hour after the record: a code without a record earns no credit."""
    about, code = send(journey)
    of = record(journey, about)
    assert journey.valid(about, code)
    [claim] = journey.sending.items("guard#claim#")
    key, expiration = f"guard#claim#{of['owner']['S']}", int(of["expiration"]["N"]) + 3600
    assert claim == {"id": {"S": key}, "expiration": {"N": str(expiration)}}


class Deployed:
    """Plays a history with both functions, whose answers do not tell a probe from a text."""

    def __init__(self, journey: Journey, clock: Clock) -> None:
        self._journey, self._clock = journey, clock
        self._sent: list[tuple[dict[str, Any], str]] = []

    def text(self, now: float) -> Answer:
        """Request a text."""
        self._clock.now = now
        about = {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER}
        if self._journey.sending.send(**about, ValidityPeriod=60).status != 200:
            return "refused"
        self._sent.append((about, self._journey.code(about["ReferenceId"])))
        return "texted"

    def verified(self, now: float) -> None:
        """Verify the code of the newest text that is not verified yet."""
        self._clock.now = now
        assert self._journey.valid(*self._sent.pop())


def test_the_functions_do_what_docs_abuse_simulates(journey: Journey, clock: Clock) -> None:
    """In each kind of history, and in random ones with a small allowance."""

    def compare(history: list[Step], rule: Rule) -> None:
        guard = replace(GUARD, allowance=rule.allowance)
        journey.sending.start(limits=NO_LIMITS, guard=guard)
        journey.verifying.start(guard=guard)
        journey.sending.delete({"S": key_of(NUMBER)})
        found = [one.answer for one in play(history, Deployed(journey, clock), START)]
        expected = [one.answer for one in play(history, Balance(rule), START)]
        assert found == ["texted" if answer == "probe" else answer for answer in expected]

    @given(histories(Rule(allowance=4)))
    @settings(max_examples=6, deadline=None, derandomize=True, database=None)
    def run(history: list[Step]) -> None:
        compare(history, Rule(allowance=4))

    for history in EXAMPLES:
        compare(steps(history), Rule())
    run()
