"""ReferenceIds that go through a scenario together: the fault, its repair, and a late repeat."""

import contextlib
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sandbox import client
from tests.support.numbers import number_for, number_in_range
from tests.support.proxy import Rule
from tests.support.texts import code_in

from .lab import FUNCTION_SECONDS, Lab, wait_for
from .scenarios import THROTTLED, Death, Scenario
from .verdict import Answer, Case, CreditCase

_SECONDS_UNTIL_ALL_HAVE_ARRIVED = 20


def send(lab: Lab, case: Case, destination: str | None) -> None:
    """Send one request alone: a text that arrives meanwhile belongs to it."""
    before = lab.texts(case.reference_id)
    answer = _ask(lab, case.reference_id, destination)
    case.answers.append(Answer.of(answer, lab.texts(case.reference_id) - before))


def _ask(lab: Lab, reference_id: str, destination: str | None) -> client.HttpAnswer:
    number = destination or number_for(reference_id)
    return client.send(lab.state, {"ReferenceId": reference_id, "DestinationIdentity": number})


@dataclass
class Batch:
    """Some ReferenceIds that go through a scenario together."""

    _lab: Lab
    _scenario: Scenario
    _cases: list[Case]
    _at_once: int
    _threads: ThreadPoolExecutor

    def run(self) -> list[str]:
        """Break, mend, and let the function's timeout pass; return problems of the trial itself."""
        scenario, problems = self._scenario, []
        self._lab.use(scenario.version)
        if scenario.death:
            self._warm_up()
        if scenario.just_started:
            self._lab.kill_workers()
        self._lab.pinpoint.break_by(*_rules(scenario.pinpoint, service="*"))
        self._lab.dynamodb.break_by(*_rules(scenario.dynamodb))
        asked = [self._threads.submit(self._duplicates, case) for case in self._cases]
        if scenario.death and scenario.death is not Death.BY_LAMBDA_AT_ITS_TIMEOUT:
            if not wait_for(self._all_have_arrived, _SECONDS_UNTIL_ALL_HAVE_ARRIVED):
                problems.append(f"{scenario.name}: the function did not get there to be killed")
            self._lab.kill_workers()
        for answers in asked:
            answers.result()
        if scenario.death is None:
            self._each(self._once)
        fired = self._lab.pinpoint.fired() + self._lab.dynamodb.fired()
        if (scenario.pinpoint or scenario.dynamodb) and not fired:
            problems.append(f"{scenario.name}: no fault fired")
        self._lab.mend()
        self._each(self._once)
        self._each(self._let_the_functions_timeout_pass)
        self._each(self._once)
        return problems

    def _duplicates(self, case: Case) -> None:
        """Make the same request several times at once; if only once, also count its texts."""
        if self._at_once == 1:
            self._once(case)
            return
        others = [self._threads.submit(self._ask, case) for _ in range(self._at_once - 1)]
        answers = [self._ask(case), *(other.result() for other in others)]
        case.answers += [Answer.of(answer) for answer in answers]

    def _once(self, case: Case) -> None:
        send(self._lab, case, self._scenario.destination)

    def _ask(self, case: Case) -> client.HttpAnswer:
        return _ask(self._lab, case.reference_id, self._scenario.destination)

    def _each(self, do: Callable[[Case], None]) -> None:
        list(self._threads.map(do, self._cases))

    def _warm_up(self) -> None:
        """Start all the workers that are needed, so that all are killed at the same point."""
        strangers = [str(uuid.uuid4()) for _ in range(len(self._cases) * self._at_once)]
        list(self._threads.map(self._ask_for_a_stranger, strangers))

    def _ask_for_a_stranger(self, reference_id: str) -> None:
        _ask(self._lab, reference_id, THROTTLED)

    def _all_have_arrived(self) -> bool:
        """Return whether every function is where it must be killed."""
        match self._scenario.death:
            case Death.BEFORE_THE_SEND:
                return self._lab.pinpoint.fired() >= len(self._cases)
            case Death.AFTER_THE_SEND:
                return all(self._lab.texts(case.reference_id) for case in self._cases)
            case _:
                records = [self._lab.record(case.reference_id) for case in self._cases]
                return all(record and record["status"]["S"] == "COMPLETED" for record in records)

    def _let_the_functions_timeout_pass(self, case: Case) -> None:
        """Move the lock into the past instead of waiting."""
        passed = int((time.time() - FUNCTION_SECONDS) * 1000) - 1
        with contextlib.suppress(self._lab.table.exceptions.ConditionalCheckFailedException):
            self._lab.move_record(case.reference_id, "locked_at", passed)


class CreditBatch(Batch):
    """Some ReferenceIds whose codes are verified, each in a range of its own."""

    def run(self) -> list[str]:
        """Text the codes, then verify them; without a fault, each must get its credit."""
        self._each(self._text)
        problems = super().run()
        if "latency" in (self._scenario.dynamodb or {}):
            time.sleep(1)  # a slow write still happens, and must not meet the next batch
        for case in self._codes:
            case.balance = self._lab.balance(case.number)
            if not self._scenario.dynamodb and not case.credited:
                problems.append(f"{self._scenario.name}: no credit, the balance is {case.balance}")
        return problems

    @property
    def _codes(self) -> list[CreditCase]:
        return [case for case in self._cases if isinstance(case, CreditCase)]

    def _text(self, case: Case) -> None:
        assert isinstance(case, CreditCase)
        place = self._cases.index(case)
        case.number = number_in_range(place, case.reference_id)
        self._lab.forget_range(case.number)
        send = {"ReferenceId": case.reference_id, "DestinationIdentity": case.number}
        assert client.send(self._lab.state, send).status == 200
        [text] = client.inbox(self._lab.state, case.reference_id)
        case.code = code_in(text)

    def _once(self, case: Case) -> None:
        case.answers.append(Answer.of(self._ask(case)))

    def _ask(self, case: Case) -> client.HttpAnswer:
        assert isinstance(case, CreditCase)
        return self._verify(case.reference_id, case.number, case.code)

    def _ask_for_a_stranger(self, reference_id: str) -> None:
        self._verify(reference_id, THROTTLED, "000000")

    def _verify(self, reference_id: str, number: str, code: str) -> client.HttpAnswer:
        asked = {"ReferenceId": reference_id, "DestinationIdentity": number, "Otp": code}
        return client.post(self._lab.state, "/otp/verify", json.dumps(asked).encode())

    def _all_have_arrived(self) -> bool:
        if self._scenario.death is Death.AT_A_CALL_OF_DYNAMODB:
            return self._lab.dynamodb.fired() >= len(self._cases)
        return all((self._lab.balance(case.number) or 0) < 0 for case in self._codes)


def _rules(rule: Rule | None, **match: Any) -> list[Rule]:
    return [{**match, **rule}] if rule else []
