"""The short form of `make faults`: telling faults, a few times, on the sandbox of the session."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox import client
from tests.faults.lab import FUNCTION_SECONDS, Lab, Version, wait_for
from tests.faults.scenarios import ALL
from tests.faults.trial import Trial
from tests.support.deployment import Deployment, request

# One of each kind: before and after the text, of either store, and a function that dies. All of
# them, and many times each, are left to `make faults`.
TELLING = {
    "Pinpoint 429",
    "Pinpoint's connection reset after the text",
    "DynamoDB done, answer lost on the lock",
    "DynamoDB throttled on the freeing",
    "DynamoDB done, answer lost on the record",
    "killed after the send",
}
STALLED_ANSWER = {"service": "*", "response": {"bandwidth_kbps": 0.001}}


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


def test_a_killed_function_holds_its_reference_id(lab: Lab) -> None:
    """SIGKILL between the text and the answer: the gateway's 502, InProgress, OutcomeUnknown.

    One text; and a new ReferenceId to the same number is sent.
    """
    asked = request()
    with ThreadPoolExecutor(1) as thread:
        lab.use(Version.PATIENT)
        lab.pinpoint.break_by(STALLED_ANSWER)
        answer = thread.submit(client.send, lab.state, asked)
        assert wait_for(lambda: bool(client.inbox(lab.state, asked["ReferenceId"])), 20)
        lab.kill_workers()
        assert (answer.result().status, answer.result().json()["code"]) == (502, "OutcomeUnknown")
    lab.mend()

    assert client.send(lab.state, asked).json()["code"] == "InProgress"
    passed = int((time.time() - FUNCTION_SECONDS) * 1000) - 1
    lab.move_record(asked["ReferenceId"], "locked_at", passed)
    held = client.send(lab.state, asked)

    assert (held.status, held.json()["code"]) == (409, "OutcomeUnknown")
    assert len(client.inbox(lab.state, asked["ReferenceId"])) == 1
    assert client.send(lab.state, request()).status == 200
