"""A short form of `make faults`: one fault of each kind, on the sandbox of the test run."""

from collections.abc import Iterator

import pytest

from tests.faults.lab import Lab
from tests.faults.scenarios import ALL
from tests.faults.trial import Trial
from tests.support.deployment import Deployment

# One of each kind: before and after the text, of Pinpoint and DynamoDB, and a function that dies.
TELLING = {
    "Pinpoint 429",
    "Pinpoint's connection reset after the text",
    "DynamoDB done, answer lost on the lock",
    "DynamoDB throttled on the freeing",
    "DynamoDB done, answer lost on the record",
    "killed after the send",
}


@pytest.fixture(scope="module")
def lab(deployment: Deployment) -> Iterator[Lab]:
    """Put proxies between the deployed function and AWS for the tests of this module."""
    with Lab(deployment.state) as lab:
        yield lab


@pytest.mark.parametrize("name", sorted(TELLING))
def test_fault_never_texts_twice_and_every_answer_is_true(lab: Lab, name: str) -> None:
    """During the fault, after its repair and past the function's timeout; alone and in parallel."""
    trial = Trial(lab, cases=2, duplicates=3)
    [scenario] = [scenario for scenario in ALL if scenario.name == name]

    trial.run(scenario)

    assert trial.conclude(late_seconds=0) == []
