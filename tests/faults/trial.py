"""Puts ReferenceIds through a fault, its repair and the function's timeout, and judges them."""

import contextlib
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from lambda_src.otp.rules.destination import SANDBOX_NUMBERS
from sandbox import client
from tests.support.numbers import number_for
from tests.support.proxy import Rule

from .lab import FUNCTION_SECONDS, Lab, key, wait_for
from .scenarios import SENT, THROTTLED, Death, Scenario
from .verdict import Answer, Case

# Requests on their way at once; more would make a small machine slower than the time limits.
_PARALLEL = 8
_PARALLEL_DEATHS = 4
_SECONDS_UNTIL_ALL_HAVE_ARRIVED = 20


@dataclass
class Result:
    """What a scenario led to; a row of the table."""

    name: str
    cases: list[Case] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many were made."""
        return sum(len(case.answers) for case in self.cases)

    def row(self) -> str:
        """Write a row: the fault, how many texts arrived, and how often each answer was given."""
        texts = sum(case.texts for case in self.cases)
        answers = Counter(answer.name for case in self.cases for answer in case.answers)
        given = ", ".join(f"{name} ({count})" for name, count in answers.most_common())
        return f"| {self.name} | {texts} | {given} |"

    def contradictions(self) -> list[str]:
        """Whatever breaks the promise."""
        return self.problems + [
            f"{self.name}: {broken}" for case in self.cases for broken in case.contradictions()
        ]


class Trial:
    """Runs scenarios in a lab: so many ReferenceIds alone, and as many with duplicates at once."""

    def __init__(self, lab: Lab, cases: int, duplicates: int) -> None:
        self._lab = lab
        self._cases = cases
        self._duplicates = duplicates
        self.results: list[Result] = []
        self._counted_before = lab.counted()

    def run(self, scenario: Scenario) -> None:
        """Run a scenario, sequentially and with concurrent duplicates."""
        result = Result(scenario.name)
        self.results.append(result)
        # Each function that is killed has to start again, so there are fewer of them.
        duplicates = min(2, self._duplicates) if scenario.kills else self._duplicates
        # To start all functions anew takes seconds, each time.
        cases = -(-self._cases // 5) if scenario.just_started else self._cases
        for at_once in (1, duplicates):
            self._run_in_batches(scenario, at_once, result, cases)

    def run_duplicates(self, at_once: int) -> None:
        """Run many duplicates at once, without any fault."""
        result = Result(f"{at_once} duplicates at once")
        self.results.append(result)
        for _ in range(2):  # as often as every fault
            self._run_in_batches(Scenario(result.name), at_once, result, self._cases)

    def run_windows_end(self) -> None:
        """Repeat a request a second before the window's end, and a second after it."""
        result = Result("repeated a second before and after the window's end")
        self.results.append(result)
        for _ in range(2 * self._cases):  # as often as every fault
            reference_id = str(uuid.uuid4())
            first, second = (Case(reference_id, function_died=False) for _ in range(2))
            send(self._lab, first, SENT)
            self._lab.move_record(reference_id, "expiration", int(time.time()) + 1)
            send(self._lab, first, SENT)
            first.settle(self._lab.texts(reference_id))
            self._lab.move_record(reference_id, "expiration", int(time.time()) - 1)
            send(self._lab, second, SENT)
            second.settle(self._lab.texts(reference_id) - first.texts)
            result.cases += [first, second]
            if [answer.name for answer in first.answers + second.answers] != [
                *("200 sent", "200 replayed", "200 sent")
            ]:
                result.problems.append(f"{result.name}: {first.answers + second.answers}")

    def conclude(self, late_seconds: float) -> list[str]:
        """Judge all by what is there in the end; returns what breaks the promise."""
        self._lab.mend()
        time.sleep(late_seconds)  # a proxy may have delayed a text
        inbox = client.inbox(self._lab.state)
        texts = Counter(text["referenceId"] for text in inbox)
        recorded = self._lab.recorded()
        ours = {case.reference_id for result in self.results for case in result.cases}
        uncounted = sum(
            text["referenceId"] in ours and text["to"] not in SANDBOX_NUMBERS for text in inbox
        ) - (self._lab.counted() - self._counted_before)
        for result in self.results:
            for case in result.cases:
                case.conclude(texts[case.reference_id], recorded=key(case.reference_id) in recorded)
        broken = [broken for result in self.results for broken in result.contradictions()]
        return broken + ([f"{uncounted} texts were not counted"] if uncounted > 0 else [])

    def _run_in_batches(
        self, scenario: Scenario, at_once: int, result: Result, number: int
    ) -> None:
        size = max(1, (_PARALLEL_DEATHS if scenario.death else _PARALLEL) // at_once)
        for start in range(0, number, size):
            cases = [
                Case(str(uuid.uuid4()), function_died=scenario.kills)
                for _ in range(min(size, number - start))
            ]
            result.cases += cases
            with ThreadPoolExecutor(len(cases) * at_once) as threads:
                result.problems += _Batch(self._lab, scenario, cases, at_once, threads).run()


def send(lab: Lab, case: Case, destination: str | None) -> None:
    """Send one request, alone: what arrives meanwhile is its doing."""
    before = lab.texts(case.reference_id)
    answer = _ask(lab, case.reference_id, destination)
    case.answers.append(Answer.of(answer, lab.texts(case.reference_id) - before))


def _ask(lab: Lab, reference_id: str, destination: str | None) -> client.HttpAnswer:
    number = destination or number_for(reference_id)
    return client.send(lab.state, {"ReferenceId": reference_id, "DestinationIdentity": number})


@dataclass
class _Batch:
    """Some ReferenceIds that go through a scenario together."""

    _lab: Lab
    _scenario: Scenario
    _cases: list[Case]
    _at_once: int
    _threads: ThreadPoolExecutor

    def run(self) -> list[str]:
        """Break, mend, let the function's timeout pass; returns what went wrong with the trial."""
        scenario, problems = self._scenario, []
        if scenario.death:
            self._warm_up()
        if scenario.just_started:
            self._lab.kill_workers()
        self._lab.pinpoint.break_by(*_rules(scenario.pinpoint, service="*"))
        self._lab.dynamodb.break_by(*_rules(scenario.dynamodb))
        self._lab.use(scenario.version)
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
        """Send the same request several times at once, or, if once, and look at the phone."""
        if self._at_once == 1:
            self._once(case)
            return
        ask = partial(_ask, self._lab, case.reference_id, self._scenario.destination)
        others = [self._threads.submit(ask) for _ in range(self._at_once - 1)]
        answers = [ask(), *(other.result() for other in others)]
        case.answers += [Answer.of(answer) for answer in answers]

    def _once(self, case: Case) -> None:
        send(self._lab, case, self._scenario.destination)

    def _each(self, do: Callable[[Case], None]) -> None:
        list(self._threads.map(do, self._cases))

    def _warm_up(self) -> None:
        """Start as many workers as will be needed, so that all are killed at the same point."""
        strangers = [str(uuid.uuid4()) for _ in range(len(self._cases) * self._at_once)]
        list(self._threads.map(lambda of: _ask(self._lab, of, THROTTLED), strangers))

    def _all_have_arrived(self) -> bool:
        """Whether every function is where it is to be killed."""
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


def _rules(rule: Rule | None, **match: Any) -> list[Rule]:
    return [{**match, **rule}] if rule else []
