"""What Pinpoint's answers mean: sent, certainly not sent, or unknown."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from lambda_src.otp.pinpoint import calls as pinpoint
from lambda_src.otp.runtime import deadline
from tests.support.clock import Clock
from tests.support.failures import ENDPOINT, respond
from tests.support.service import NUMBER, Service

from .server import Aws
from .starting import Start

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
        (ProxyConnectionError(proxy_url=ENDPOINT), "Unavailable"),
        (NoCredentialsError(), "Misconfigured"),
        (CredentialRetrievalError(provider="p", error_msg="e"), "Misconfigured"),
        (SSLError(endpoint_url=ENDPOINT, error=OSError()), "OutcomeUnknown"),
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

    def count(request: Any, **_: Any) -> None:
        attempts.append(request.url)

    service.on("before-send.pinpoint.SendOTPMessage", count)
    service.fail("response-received.pinpoint.SendOTPMessage", ReadTimeoutError(endpoint_url="x"))

    service.send()

    assert len(attempts) == 1
    assert len(service.texts()) == 1


def throttle(service: Service, times: int) -> list[int]:
    """Answer 429 in Pinpoint's place the first times; returns the list of all attempts."""
    attempts: list[int] = []

    def handler(**_: Any) -> tuple[Any, dict[str, Any]] | None:
        attempts.append(len(attempts) + 1)
        if len(attempts) > times:
            return None
        parsed = {"Error": {"Code": "x"}, "ResponseMetadata": {"HTTPStatusCode": 429}}
        return SimpleNamespace(status_code=429), parsed

    # Not before-send: the emulator would still get the request, and text.
    service.on("before-call.pinpoint.SendOTPMessage", handler)
    return attempts


def test_what_certainly_did_not_text_is_asked_for_again(service: Service) -> None:
    """429 twice, then sent: three requests with growing random pauses, one text."""
    attempts = throttle(service, times=2)

    assert service.send().status == 200

    assert len(attempts) == 3
    assert len(service.texts()) == 1
    first, second = service.pauses
    assert 0 <= first <= 0.2
    assert 0 <= second <= 0.4


def test_it_is_asked_for_three_times_at_most(service: Service) -> None:
    """Then the caller hears of it, and may repeat later."""
    attempts = throttle(service, times=9)

    assert service.send().code == "Throttled"
    assert len(attempts) == 3


def test_it_is_not_asked_for_again_when_time_is_short(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt needs 9 of the 10 seconds: after one, no other one begins."""
    clock = Clock(monkeypatch, deadline)
    service.on("before-call.pinpoint.SendOTPMessage", lambda **_: clock.wait(1.1))
    attempts = throttle(service, times=9)

    assert service.send().code == "Throttled"
    assert len(attempts) == 1


def test_an_endpoint_that_comes_back_is_used(service: Service) -> None:
    """No connection at first, then sent."""
    errors = iter([EndpointConnectionError(endpoint_url=ENDPOINT)])

    def handler(**_: Any) -> None:
        if error := next(errors, None):
            raise error

    service.on("before-send.pinpoint.SendOTPMessage", handler)

    assert service.send().status == 200
    assert len(service.pauses) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 500, 503])
def test_no_other_answer_is_asked_for_again(service: Service, status: int) -> None:
    """Final, or unknown: one request."""
    attempts: list[str] = []

    def handler(request: Any, **keywords: Any) -> AWSResponse:
        attempts.append(request.url)
        return respond(status, {})(request, **keywords)

    service.on("before-send.pinpoint.SendOTPMessage", handler)
    service.send()

    assert len(attempts) == 1


@pytest.mark.parametrize(("idle", "new"), [(20, 0), (20.1, 1), (-0.1, 1)])
def test_no_message_goes_out_on_a_connection_that_may_have_died(
    start: Start,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    idle: float,
    new: int,
) -> None:
    """After 20 seconds, or if the clock was set back, Pinpoint is connected to anew.

    While Lambda had frozen the function, nobody was told that the other side has hung up. A lost
    answer of DynamoDB's is asked for again; one of Pinpoint's would be a message that nobody knows
    of.
    """
    clock = Clock(monkeypatch, pinpoint)
    service = start(None)
    assert service.send().status == 200
    opened = aws.opened

    clock.now += idle
    assert service.send().status == 200

    assert aws.opened == opened + new
