"""What Pinpoint's answers mean: texted, certainly not texted, or unknown."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)

from tests.support.aws_server import Aws, serving
from tests.support.clock import Clock
from tests.support.failures import ENDPOINT, NO_ANSWER, NO_CONNECTION, respond, throttle
from tests.support.service import NUMBER, Service, Start

SENDING = "before-send.pinpoint.SendOTPMessage"


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("+12065550100", 200, None),
        *((f"+1206555{last}", 422, "OptedOut") for last in ("0101", "0111")),
        ("+12065550102", 422, "PermanentFailure"),
        ("+12065550103", 429, "Throttled"),
        ("+12065550104", 503, "TemporaryFailure"),
        ("+12065550107", 422, "DuplicateDestination"),
        *((f"+1206555{last:04}", 504, "OutcomeUnknown") for last in (105, 106, 108, 109, 110)),
    ],
)
def test_a_reserved_destination_answers_as_the_outcome_table_says(
    service: Service, number: str, status: int, code: str | None
) -> None:
    """Every DeliveryStatus and every lost answer, with one request to Pinpoint each."""
    answer = service.send(DestinationIdentity=number)
    assert (answer.status, answer.code) == (status, code)
    assert answer.json().get("retryable", False) is (status in (429, 503))
    assert len(service.requests()) == 1


def says(status: int) -> Callable[..., Any]:
    """Answer with an error whose message holds a number and a code."""
    return respond(status, {"Message": f"no {NUMBER} here, nor 67169"})


# Answers that do not tell what became of the one text.
UNREADABLE: list[Any] = [
    *(b"", b"not json", {}, {"Result": {}}, {"Result": []}),
    *({"Result": {NUMBER: {}}}, {"Result": {NUMBER: None}}),
    {"ApplicationId": "a", "Result": {NUMBER: {"DeliveryStatus": "SOMETHING_NEW"}}},
    {"Result": {n: {"DeliveryStatus": "SUCCESSFUL"} for n in (NUMBER, "+12065550199")}},
]


@pytest.mark.parametrize(
    ("failure", "code", "attempts"),
    [
        *((says(status), "RejectedByPinpoint", 1) for status in (400, 413)),
        *((says(status), "Misconfigured", 1) for status in (403, 404, 405)),
        *((says(status), "OutcomeUnknown", 1) for status in (418, 500, 503)),
        (says(429), "Throttled", 3),
        # Without a connection there is no text; after that, the outcome is unknown.
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
        *((respond(200, body), "OutcomeUnknown", 1) for body in UNREADABLE),
    ],
)
def test_outcome_is_unknown_unless_the_failure_proves_that_nothing_was_sent(
    service: Service, failure: Any, code: str, attempts: int
) -> None:
    """Requests that Pinpoint did not take are repeated; only unknown outcomes are recorded."""
    (service.fail if isinstance(failure, Exception) else service.on)(SENDING, failure)

    answer = service.send()

    assert answer.code == code
    assert len(service.pauses) == attempts - 1
    assert len(service.items()) == (code == "OutcomeUnknown")
    for secret in (NUMBER[1:], "67169"):
        assert secret not in answer.body + service.log()


# --- Attempts ---


def test_a_throttled_request_to_pinpoint_is_repeated(service: Service) -> None:
    """Two answers 429, then 200: one text, after random pauses of up to 0.2 and 0.4 seconds."""
    service.on("before-call.pinpoint.SendOTPMessage", throttle(2))
    assert service.send().status == 200
    assert len(service.texts()) == 1
    first, second = service.pauses
    assert 0 <= first <= 0.2
    assert 0 <= second <= 0.4


@pytest.mark.parametrize(("takes", "asked"), [(0.25, 3), (0.7, 2), (1.1, 1)])
def test_an_attempt_begins_only_if_it_can_end_in_time(
    service: Service, clock: Clock, takes: float, asked: int
) -> None:
    """An attempt needs 9 of the 10 seconds, and there are at most three."""
    service.on(SENDING, respond(429, {"Message": ""}))
    service.on("before-call.pinpoint.SendOTPMessage", lambda **_: clock.wait(takes))
    assert service.send().code == "Throttled"
    assert len(service.pauses) == asked - 1


# --- Connections ---


@pytest.mark.parametrize(("idle", "new"), [(20, 0), (20.1, 1), (-0.1, 1)])
def test_no_text_is_requested_on_a_connection_that_may_have_died(
    start: Start, aws: Aws, clock: Clock, idle: float, new: int
) -> None:
    """After 20 idle seconds, or if the clock was set back, send opens a new connection."""
    service = start({})
    assert aws.opened == []  # outside of Lambda, a start does not call AWS
    assert service.send().status == 200
    opened = len(aws.opened)

    clock.now += idle
    assert service.send().status == 200

    assert len(aws.opened) == opened + new


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("of", "code", "calls"),
    [
        (lambda _: trustme.CA().issue_cert("localhost"), "Unavailable", 0),
        (lambda trusted: trusted.issue_cert("pinpoint.example.com"), "Unavailable", 0),
        (lambda trusted: trusted.issue_cert("localhost", not_after=YESTERDAY), "Unavailable", 0),
        (lambda trusted: trusted.issue_cert("localhost"), "OutcomeUnknown", 1),
    ],
    ids=["unknown root", "wrong name", "expired", "trusted"],
)
def test_an_untrusted_certificate_means_that_nothing_was_sent(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    of: Callable[[trustme.CA], trustme.LeafCert],
    code: str,
    calls: int,
) -> None:
    """503 before the request leaves. A trusted server that breaks off its answer gives 504."""
    trusted = trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "roots.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "roots.pem"))
    with serving(of(trusted)) as pinpoint:
        pinpoint.does = "breaks"  # once: a repeated request would succeed
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", pinpoint.url)
        answer = start({}).send()
    assert (answer.code, pinpoint.calls) == (code, calls)
