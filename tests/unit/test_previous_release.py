"""What the release before has left in the table means the same to this one.

`previous_release.json` was written by its code: requests, their answers, and the items after them.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from lambda_src.otp.once import records as once
from lambda_src.otp.rules import counters, limits, pause
from tests.support.clock import Clock
from tests.support.service import FUNCTION_TIMEOUT_SECONDS, TABLE, HttpAnswer, Service

LEFT = json.loads(Path(__file__).with_name("previous_release.json").read_text("utf-8"))
ANSWERED = [
    name for name, of in LEFT["asked"].items() if of.get("answer", {"status": 504})["status"] < 500
]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Go on where the release before has stopped."""
    clock = Clock(monkeypatch, counters, limits, once, pause)
    clock.now = LEFT["at"]
    return clock


@pytest.fixture(autouse=True)
def items(service: Service, clock: Clock) -> None:  # noqa: ARG001 - the time is that of the items
    """Put its items into the table."""
    for item in LEFT["items"]:
        service.table.put_item(TableName=TABLE, Item=item)


def again(service: Service, name: str, **changes: Any) -> HttpAnswer:
    """Repeat a request of its time."""
    return service.post(json.dumps(LEFT["asked"][name]["request"] | changes))


@pytest.mark.parametrize("name", ANSWERED)
def test_an_answer_that_it_recorded_is_replayed(service: Service, name: str) -> None:
    """The same bytes, and no text; a different request with this ReferenceId is refused."""
    answer, recorded = again(service, name), LEFT["asked"][name]["answer"]
    assert (answer.status, answer.body) == (recorded["status"], recorded["body"])
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert again(service, name, AllowedAttempts=1).code == "ReferenceIdReused"
    assert service.texts() == []


def test_what_it_could_not_know_is_held(service: Service) -> None:
    """409 OutcomeUnknown."""
    assert again(service, "unknown").code == "OutcomeUnknown"
    assert service.texts() == []


def test_what_it_has_locked_is_held(service: Service, clock: Clock) -> None:
    """Running at first, and of an unknown outcome when that function must have ended."""
    assert again(service, "locked").code == "InProgress"
    clock.now += FUNCTION_TIMEOUT_SECONDS + 1
    assert again(service, "locked").code == "OutcomeUnknown"
    assert service.texts() == []


def test_its_counts_go_on(service: Service) -> None:
    """Three messages to this number were sent, and five may be in ten minutes."""
    number = LEFT["asked"]["sent-0"]["request"]["DestinationIdentity"]
    answers = [service.send(DestinationIdentity=number).status for _ in range(3)]
    assert answers == [200, 200, 429]
    counted = {item["id"]["S"]: item.get("messages") for item in service.items()}
    for item in LEFT["items"]:
        if "messages" in item:
            # Of the four that it counted, one was on its way when it died.
            assert item["messages"] == {"N": "4"}
            assert counted[item["id"]["S"]] == {"N": "6"}
