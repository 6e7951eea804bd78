"""What Pinpoint's answers mean: sent, certainly not sent, or unknown."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from lambda_src.otp.pinpoint import calls as pinpoint
from lambda_src.otp.runtime import deadline
from tests.support.aws_server import Aws
from tests.support.clock import Clock
from tests.support.failures import ENDPOINT, NO_ANSWER, NO_CONNECTION, respond
from tests.support.service import NUMBER, Service
from tests.support.starting import Start

SENDING = "before-send.pinpoint.SendOTPMessage"

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
    assert answer.json().get("retryable", False) is (status in (429, 503))
    assert ("Retry-After" in answer.headers) is (status in (429, 503))
    assert len(service.requests()) == 1


@pytest.mark.parametrize(
    ("status", "expected", "code", "attempts"),
    [
        (400, 422, "RejectedByPinpoint", 1),
        (413, 422, "RejectedByPinpoint", 1),
        (403, 500, "Misconfigured", 1),
        (404, 500, "Misconfigured", 1),
        (405, 500, "Misconfigured", 1),
        (429, 429, "Throttled", 3),
        (500, 504, "OutcomeUnknown", 1),
        (503, 504, "OutcomeUnknown", 1),
        (418, 504, "OutcomeUnknown", 1),
    ],
)
def test_an_error_of_pinpoint_is_classified_by_its_status(
    service: Service, status: int, expected: int, code: str, attempts: int
) -> None:
    """Each of the modelled exceptions, and others; asked for again is what was not taken."""
    asked: list[str] = []

    def answer_so(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        return respond(status, {"Message": f"no {NUMBER} here, nor 67169"})(request)

    service.on(SENDING, answer_so)

    answer = service.send()

    assert (answer.status, answer.code) == (expected, code)
    assert len(asked) == attempts
    for secret in (NUMBER[1:], "67169"):
        assert secret not in answer.body + service.log()
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
    service.on(SENDING, respond(200, body))
    answer = service.send()
    assert (answer.status, answer.code) == (504, "OutcomeUnknown")
    assert len(service.items()) == 1


@pytest.mark.parametrize(
    ("error", "code", "attempts"),
    [
        (NO_CONNECTION, "Unavailable", 3),
        (ConnectTimeoutError(endpoint_url=ENDPOINT), "Unavailable", 3),
        (ProxyConnectionError(proxy_url=ENDPOINT), "Unavailable", 3),
        (NoCredentialsError(), "Misconfigured", 1),
        (CredentialRetrievalError(provider="p", error_msg="e"), "Misconfigured", 1),
        (SSLError(endpoint_url=ENDPOINT, error=OSError()), "OutcomeUnknown", 1),
        (NO_ANSWER, "OutcomeUnknown", 1),
        (ConnectionClosedError(endpoint_url=ENDPOINT), "OutcomeUnknown", 1),
        (HTTPClientError(error=OSError()), "OutcomeUnknown", 1),
        (MemoryError(), "OutcomeUnknown", 1),
    ],
)
def test_an_exception_is_unknown_unless_it_proves_that_nothing_left(
    service: Service, error: Exception, code: str, attempts: int
) -> None:
    """No connection, no text; after that, nobody knows."""
    service.fail(SENDING, error)
    assert service.send().code == code
    assert len(service.pauses) == attempts - 1
    assert len(service.items()) == (1 if code == "OutcomeUnknown" else 0)


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

    assert (len(attempts), len(service.texts())) == (3, 1)
    first, second = service.pauses
    assert 0 <= first <= 0.2
    assert 0 <= second <= 0.4


@pytest.mark.parametrize(("takes", "asked"), [(0.25, 3), (0.7, 2), (1.1, 1)])
def test_it_is_asked_for_again_only_while_a_whole_attempt_fits(
    service: Service, monkeypatch: pytest.MonkeyPatch, takes: float, asked: int
) -> None:
    """An attempt needs 9 of the 10 seconds, and there are three of them at most."""
    clock = Clock(monkeypatch, deadline)
    service.on("before-call.pinpoint.SendOTPMessage", lambda **_: clock.wait(takes))
    attempts = throttle(service, times=9)
    assert service.send().code == "Throttled"
    assert len(attempts) == asked


@pytest.mark.parametrize(("idle", "new"), [(20, 0), (20.1, 1), (-0.1, 1)])
def test_no_message_goes_out_on_a_connection_that_may_have_died(
    start: Start, aws: Aws, monkeypatch: pytest.MonkeyPatch, idle: float, new: int
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
