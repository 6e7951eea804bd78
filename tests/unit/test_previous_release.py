"""This release understands the items that the last release has left in the table.

`previous_release.json` was written by its code: requests, their records, and their counts, all at
the time at which the tests' clock begins.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.service import TABLE, HttpAnswer, Service

LEFT = json.loads(Path(__file__).with_name("previous_release.json").read_text("utf-8"))


@pytest.fixture(autouse=True)
def items(service: Service) -> None:
    """Put the last release's items into the table."""
    for item in [*LEFT["counts"], *(record["item"] for record in LEFT["records"].values())]:
        service.table.put_item(TableName=TABLE, Item=item)


def again(service: Service, name: str, **changes: Any) -> HttpAnswer:
    """Repeat a request of the last release."""
    return service.send(**LEFT["records"][name]["request"] | changes)


@pytest.mark.parametrize("name", ["sent-0", "sent-1", "opted-out"])
def test_an_answer_that_it_recorded_is_replayed(service: Service, name: str) -> None:
    """The same bytes and no text. A different request with this ReferenceId is refused."""
    answer, recorded = again(service, name), json.loads(LEFT["records"][name]["item"]["data"]["S"])
    assert (answer.status, answer.body) == (recorded["status"], recorded["body"])
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert again(service, name, AllowedAttempts=1).code == "ReferenceIdReused"
    assert service.texts() == []


def test_its_unknown_outcomes_and_its_locks_are_kept(service: Service, clock: Clock) -> None:
    """A lock is in progress until its function must be over, then of unknown outcome."""
    codes = again(service, "unknown").code, again(service, "locked").code
    assert codes == ("OutcomeUnknown", "InProgress")
    clock.wait(29)
    assert again(service, "locked").code == "OutcomeUnknown"
    assert service.texts() == []


def test_its_counts_go_on(service: Service) -> None:
    """It sent three texts to this number, and the limit is five in ten minutes."""
    number = LEFT["records"]["sent-0"]["request"]["DestinationIdentity"]
    answers = [service.send(DestinationIdentity=number).status for _ in range(3)]
    assert answers == [200, 200, 429]
    counted = [item["messages"] for item in service.items() if "messages" in item]
    # It counted four; one was under way when the function died.
    assert counted == [{"N": "6"}] * 2
