"""The short form of `make faults`: telling faults, a few times, on the sandbox of the session."""

from collections.abc import Iterator

import pytest

from tests.faults.lab import Lab
from tests.faults.scenarios import ALL
from tests.faults.trial import Trial
from tests.support.deployment import Deployment

# One of each kind: before and after the text, of either store, and a function that dies; and what
# a right code is worth. All of them, and many times each, are left to `make faults`.
TELLING = {
    "Pinpoint 429",
    "Pinpoint's connection reset after the text",
    "DynamoDB done, answer lost on the lock",
    "DynamoDB throttled on the freeing",
    "DynamoDB done, answer lost on the record",
    "killed after the send",
    "verify, no fault",
    "verify, DynamoDB done, answer lost on the claim",
    "verify, killed after the balance",
}


@pytest.fixture(scope="module")
def lab(deployment: Deployment) -> Iterator[Lab]:
    """Point the deployed function to proxies, and back when all tests here are done."""
    with Lab(deployment.state) as lab:
        yield lab


@pytest.mark.parametrize("name", sorted(TELLING))
def test_a_fault_texts_nobody_twice_and_makes_no_answer_a_lie(lab: Lab, name: str) -> None:
    """Through the fault, its repair and the function's timeout, one by one and at once."""
    trial = Trial(lab, cases=2, duplicates=3)
    [scenario] = [scenario for scenario in ALL if scenario.name == name]

    trial.run(scenario)

    assert trial.conclude(late_seconds=0) == []
