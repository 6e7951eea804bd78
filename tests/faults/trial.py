"""Sends ReferenceIds through each fault, its repair and the function's timeout; then judges."""

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from lambda_src.otp.rules.destination import SANDBOX_NUMBERS
from sandbox import client
from tests.support.deployment import Deployment

from .batch import Batch, CreditBatch, send
from .lab import Lab
from .scenarios import SENT, Scenario
from .verdict import Case, CreditCase, Items

# Concurrent requests; more would make a small machine slower than the time limits.
_PARALLEL = 8
_PARALLEL_DEATHS = 4


@dataclass
class Result:
    """The outcome of a scenario: a row of the table."""

    name: str
    cases: list[Case] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """The number of requests."""
        return sum(len(case.answers) for case in self.cases)

    def outcome(self) -> str:
        """Write the cells: how many texts arrived, and which answers were given."""
        texts = sum(case.texts for case in self.cases)
        answers = sorted({answer.name for case in self.cases for answer in case.answers})
        return f"{texts} of {len(self.cases)} | {', '.join(answers)}"

    def contradictions(self) -> list[str]:
        """Everything that breaks the promise."""
        return self.problems + [
            f"{self.name}: {broken}" for case in self.cases for broken in case.contradictions()
        ]


class Trial:
    """Runs scenarios in a lab: some ReferenceIds one by one, and as many with duplicates."""

    def __init__(self, lab: Lab, cases: int, duplicates: int) -> None:
        self._lab = lab
        self._cases = cases
        self._duplicates = duplicates
        self.results: list[Result] = []
        self._counted_before = lab.counted()
        self._claimed_before = _claims(lab.items())
        self._verifying_since: float | None = None

    def run(self, scenario: Scenario) -> None:
        """Run a scenario, sequentially and with concurrent duplicates."""
        result = Result(scenario.name)
        self.results.append(result)
        if scenario.verifies and self._verifying_since is None:
            self._verifying_since = time.time()
        # Fewer, because each killed function has to start again.
        duplicates = min(2, self._duplicates) if scenario.kills else self._duplicates
        # Fewer, because starting all functions again takes seconds.
        cases = -(-self._cases // 5) if scenario.just_started else self._cases
        for at_once in (1, duplicates):
            self._run_in_batches(scenario, at_once, result, cases)

    def run_duplicates(self, at_once: int) -> None:
        """Run many duplicates at once, without a fault."""
        result = Result(f"{at_once} duplicates at once")
        self.results.append(result)
        for _ in range(2):  # as many as for a fault
            self._run_in_batches(Scenario(result.name), at_once, result, self._cases)

    def run_windows_end(self) -> None:
        """Repeat a request one second before the window's end, and one second after it."""
        result = Result("repeated a second before and after the window's end")
        self.results.append(result)
        for _ in range(2 * self._cases):  # as many as for a fault
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
        """Judge all cases by the final state; return everything that breaks the promise."""
        self._lab.mend()
        time.sleep(late_seconds)  # a proxy may have delayed a text
        inbox = client.inbox(self._lab.state)
        texts = Counter(text["referenceId"] for text in inbox)
        items = self._lab.items()
        ours = {case.reference_id for result in self.results for case in result.cases}
        uncounted = sum(
            text["referenceId"] in ours and text["to"] not in SANDBOX_NUMBERS for text in inbox
        ) - (self._lab.counted() - self._counted_before)
        for result in self.results:
            for case in result.cases:
                case.conclude(texts[case.reference_id], items)
        broken = [broken for result in self.results for broken in result.contradictions()]
        broken += [f"{uncounted} texts were not counted"] if uncounted > 0 else []
        return [*broken, *self._strangers(items)]

    def _strangers(self, items: Items) -> Iterator[str]:
        """Find unknown claims, and numbers or codes in keys, logs and metrics."""
        cases = [
            case for result in self.results for case in result.cases if isinstance(case, CreditCase)
        ]
        if self._verifying_since is None:
            return
        for claim in _claims(items) - self._claimed_before - {case.claim for case in cases}:
            yield f"{claim} belongs to no record"
        keys = set(items)
        parts = {part for key in keys for part in key.split("#")}
        for case in cases:
            if case.code in parts or any(case.number[1:] in key for key in keys):
                yield f"{case.reference_id}: its number or its code is in a key"
        ours = {case.reference_id for case in cases}
        for leak in Deployment(self._lab.state).leaks(ours, self._verifying_since):
            yield f"{leak} is in a log or a metric"

    def _run_in_batches(
        self, scenario: Scenario, at_once: int, result: Result, number: int
    ) -> None:
        kind, batch = (CreditCase, CreditBatch) if scenario.verifies else (Case, Batch)
        size = max(1, (_PARALLEL_DEATHS if scenario.death else _PARALLEL) // at_once)
        for start in range(0, number, size):
            cases = [
                kind(str(uuid.uuid4()), function_died=scenario.kills)
                for _ in range(min(size, number - start))
            ]
            result.cases += cases
            with ThreadPoolExecutor(len(cases) * at_once) as threads:
                result.problems += batch(self._lab, scenario, cases, at_once, threads).run()


def _claims(items: Items) -> set[str]:
    return {key for key in items if key.startswith("guard#claim#")}
