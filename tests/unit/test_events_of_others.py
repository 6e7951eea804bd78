"""Events of other AWS services, passed to a function without the glue that it needs.

Their members are those that AWS documents, at the address beside each; the values are ours.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.service import NUMBER, Journey, Service, request

EVENTS = json.loads(Path(__file__).with_name("events_of_others.json").read_text())


def problem(service: Service, payload: Any) -> dict[str, Any]:
    """Invoke directly; return the problem that the invocation fails with."""
    with pytest.raises(Exception, match="problem-type") as error:
        service.invoke(payload)
    document: dict[str, Any] = json.loads(str(error.value))
    assert (type(error.value).__name__, document["code"]) == ("InvalidRequest", "InvalidRequest")
    return document


@pytest.mark.parametrize("sample", EVENTS, ids=lambda sample: Path(sample["documented"]).stem)
def test_an_event_of_another_service_is_named(journey: Journey, sample: dict[str, Any]) -> None:
    """Both functions say which event this is, and which page has the glue."""
    for service in (journey.sending, journey.verifying):
        answer = problem(service, sample["event"])
        assert answer["detail"].startswith(f"This is {sample['is']}, ")
        assert "errors" not in answer
        found = re.search(r"docs/(\S+\.md)#(\S+)\.", answer["detail"])
        assert found
        page = Path(__file__).parents[2].joinpath("docs", found[1]).read_text()
        assert f"\n## {found[2].replace('-', ' ').capitalize()}\n" in page
        assert "2065550123" not in str(answer) + service.log()


@pytest.mark.parametrize(
    ("payload", "pointers"),
    [
        # A request with a member of an event is still a request.
        (request(Records=[{"eventSource": "aws:sqs"}]), ["/Records"]),
        ({"Records": []}, ["/ReferenceId", "/DestinationIdentity", "/Records"]),
        *(
            ({"eventSource": source}, ["/ReferenceId", "/DestinationIdentity", "/eventSource"])
            for source in (1, "a system of ours")
        ),
        (
            {"DestinationIdentity": NUMBER, "requestContext": {"elb": None}},
            ["/ReferenceId", "/requestContext"],
        ),
    ],
)
def test_a_payload_that_is_no_event_has_its_fields_named(
    service: Service, payload: dict[str, Any], pointers: list[str]
) -> None:
    """As in every other invalid request."""
    assert [error["pointer"] for error in problem(service, payload)["errors"]] == pointers
