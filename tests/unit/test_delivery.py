"""What Pinpoint's answers mean: sent, certainly not sent, or unknown."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ReadTimeoutError,
)

from .service import NUMBER, Service

ENDPOINT = "https://pinpoint.us-east-1.amazonaws.com"

RESERVED = [
    ("+12065550100", 200, None),
    ("+12065550101", 422, "OptedOut"),
    ("+12065550102", 422, "PermanentFailure"),
    ("+12065550103", 429, "Throttled"),
    ("+12065550104", 503, "TemporaryFailure"),
    ("+12065550105", 504, "OutcomeUnknown"),
    ("+12065550106", 504, "OutcomeUnknown"),
    ("+12065550107", 422, "DuplicateDestination"),
    ("+12065550108", 504, "OutcomeUnknown"),
    ("+12065550109", 504, "OutcomeUnknown"),
    ("+12065550110", 504, "OutcomeUnknown"),
]


@pytest.mark.parametrize(("number", "status", "code"), RESERVED)
def test_a_reserved_destination_answers_as_the_outcome_table_says(
    service: Service, number: str, status: int, code: str | None
) -> None:
    """Every DeliveryStatus, and the answers that are lost, with one request to Pinpoint each."""
    answer = service.send(DestinationIdentity=number)

    assert (answer.status, answer.code) == (status, code)
    assert len(service.requests()) == 1


def respond(status: int, body: Any) -> Callable[..., AWSResponse]:
    """Answer in Pinpoint's place."""

    class Raw:
        def stream(self, **_: object) -> Any:
            yield body if isinstance(body, bytes) else json.dumps(body).encode()

    def handler(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), Raw())

    return handler


@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, 422, "RejectedByPinpoint"),
        (413, 422, "RejectedByPinpoint"),
        (403, 500, "Misconfigured"),
        (404, 500, "Misconfigured"),
        (405, 500, "Misconfigured"),
        (429, 429, "Throttled"),
        (500, 504, "OutcomeUnknown"),
        (503, 504, "OutcomeUnknown"),
        (418, 504, "OutcomeUnknown"),
    ],
)
def test_an_error_of_pinpoint_is_classified_by_its_status(
    service: Service, status: int, expected: int, code: str
) -> None:
    """Each of the modelled exceptions, and statuses that are not modelled."""
    service.on(
        "before-send.pinpoint.SendOTPMessage", respond(status, {"Message": f"no {NUMBER} here"})
    )

    answer = service.send()

    assert (answer.status, answer.code) == (expected, code)
    assert NUMBER not in answer.body
    assert NUMBER not in service.log()
    assert len(service.items()) == (1 if code == "OutcomeUnknown" else 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        {},
        {"Result": {}},
        {"Result": {NUMBER: {}}},
        {"Result": {NUMBER: None}},
        {"Result": []},
        {"ApplicationId": "a", "Result": {NUMBER: {"DeliveryStatus": "SOMETHING_NEW"}}},
        {"Result": {n: {"DeliveryStatus": "SUCCESSFUL"} for n in (NUMBER, "+12065550199")}},
    ],
)
def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(
    service: Service, body: Any
) -> None:
    """HTTP 200, but it does not say what became of the one message."""
    service.on("before-send.pinpoint.SendOTPMessage", respond(200, body))

    answer = service.send()

    assert (answer.status, answer.code) == (504, "OutcomeUnknown")
    assert len(service.items()) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectTimeoutError(endpoint_url=ENDPOINT), "Unavailable"),
        (EndpointConnectionError(endpoint_url=ENDPOINT), "Unavailable"),
        (NoCredentialsError(), "Misconfigured"),
        (ReadTimeoutError(endpoint_url=ENDPOINT), "OutcomeUnknown"),
        (ConnectionClosedError(endpoint_url=ENDPOINT), "OutcomeUnknown"),
        (HTTPClientError(error=OSError()), "OutcomeUnknown"),
        (MemoryError(), "OutcomeUnknown"),
    ],
)
def test_an_exception_is_unknown_unless_it_proves_that_nothing_left(
    service: Service, error: Exception, code: str
) -> None:
    """No connection, no text; after that, nobody knows."""
    service.fail("before-send.pinpoint.SendOTPMessage", error)

    answer = service.send()

    assert answer.code == code
    assert len(service.items()) == (1 if code == "OutcomeUnknown" else 0)


def test_the_sdk_does_not_retry(service: Service) -> None:
    """One request, whatever becomes of it: a second one could be a second text."""
    attempts: list[str] = []
    service.on(
        "before-send.pinpoint.SendOTPMessage", lambda request, **_: attempts.append(request.url)
    )
    service.fail("response-received.pinpoint.SendOTPMessage", ReadTimeoutError(endpoint_url="x"))

    service.send()

    assert len(attempts) == 1
    assert len(service.texts()) == 1
