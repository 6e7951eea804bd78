"""API Gateway's events are known by their shape; a direct caller can put any ID into them."""

import json

import pytest

from tests.support.service import NUMBER, Service, request

UUID = "9f5a7c1e-3b2d-4e6f-8a90-b1c2d3e4f5a6"


@pytest.mark.parametrize(
    "request_id", [UUID, UUID.upper(), f"{UUID}_REPLACED_INVALID_REQUEST_ID", "r", "a" * 36]
)
def test_an_event_is_answered_whatever_its_id(service: Service, request_id: str) -> None:
    """The answer has the status of API Gateway's own events, and the same ID."""
    answer = service.post(json.dumps(request()), requestContext={"requestId": request_id})
    assert (answer.status, answer.headers["X-Request-Id"]) == (200, request_id)


@pytest.mark.parametrize(
    ("request_id", "shown"),
    [
        (NUMBER, "*********00"),
        (f"to {NUMBER}\n{'x' * 100}", f"to*********00{'x' * 67}"),
        ("00000000-0000-4000-8000-012065550100", "******00-0000-4000-8000-**********00"),
    ],
)
def test_a_number_in_an_id_is_masked(service: Service, request_id: str, shown: str) -> None:
    """Both show the same ID, so that one leads to the other; the log adds Lambda's own."""
    answer = service.post("{}", requestContext={"requestId": request_id})
    assert answer.json()["requestId"] == answer.headers["X-Request-Id"] == shown
    [line] = service.log_lines()
    assert line["correlation_id"] == shown
    assert len(line["function_request_id"]) == len(UUID)
