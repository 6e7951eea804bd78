"""How each answer is understood."""

import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError
from serverless_otp import (
    AccessDenied,
    FieldError,
    InvalidRequest,
    NotSent,
    OptedOut,
    OtpClient,
    OutcomeUnknown,
    Problem,
    Throttled,
    TooManyMessages,
    UnexpectedAnswer,
)

from .clock import VirtualClock
from .conftest import ARN, connect
from .scripted import (
    MESSAGE,
    NUMBER,
    VERIFIED,
    Invoke,
    Reply,
    Scripted,
    Way,
    failed,
    problem,
)
from .sessions import without_refresh

LAMBDA = Invoke()


@pytest.fixture
def over_http(scripted: Scripted, clock: VirtualClock) -> OtpClient:
    """Give a client that comes over HTTP."""
    return OtpClient(api_url=scripted.url, clock=clock)


@pytest.fixture
def by_invoke(
    scripted: Scripted, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> OtpClient:
    """Give a client that comes by lambda:Invoke."""
    return connect(LAMBDA, scripted.url, monkeypatch, clock=clock)


def refused(code: str, status: int, **headers: str) -> Reply:
    """Write what Lambda itself answers; its messages quote what was sent."""
    body = json.dumps({"Message": f"No: {NUMBER}", "Type": "User"}).encode()
    return Reply(status, body, {"x-amzn-ErrorType": code, "x-amzn-RequestId": "theirs", **headers})


def test_fields_are_those_of_the_contract_and_none_that_was_not_given(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """By name; the service says what they may be."""
    scripted.says(way.success(MESSAGE))

    client.send(NUMBER, reference_id="mine")
    client.send(
        NUMBER,
        reference_id="mine",
        brand_name="Brand",
        origination_identity="+18555550142",
        code_length=5,
        validity_period=7,
        allowed_attempts=2,
        language="de-DE",
        entity_id="entity",
        template_id="template",
    )

    least, all_of_them = (asked.json() for asked in scripted.asked)
    assert least == {"ReferenceId": "mine", "DestinationIdentity": NUMBER}
    assert all_of_them == {
        **least,
        "BrandName": "Brand",
        "OriginationIdentity": "+18555550142",
        "CodeLength": 5,
        "ValidityPeriod": 7,
        "AllowedAttempts": 2,
        "Language": "de-DE",
        "EntityId": "entity",
        "TemplateId": "template",
    }


def test_verification_is_true_or_false_by_itself(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """The attribute, and the whole."""
    scripted.says(way.success(VERIFIED), way.success({"VerificationResponse": {"Valid": False}}))

    right, wrong = (client.verify(NUMBER, "mine", "123456") for _ in range(2))

    assert (right.valid, bool(right), right.request_id) == (True, True, "a-request")
    assert (wrong.valid, bool(wrong)) == (False, False)
    assert scripted.asked[0].json() == {
        "ReferenceId": "mine",
        "DestinationIdentity": NUMBER,
        "Otp": "123456",
    }


def test_sent_says_what_was_sent(way: Way, scripted: Scripted, client: OtpClient) -> None:
    """And that it was sent earlier, where it was."""
    scripted.says(way.success(MESSAGE), way.success(MESSAGE, replayed=True))

    first, again = (client.send(NUMBER, reference_id="mine") for _ in range(2))

    assert (first.reference_id, first.message_id, first.replayed, first.request_id) == (
        *("mine", "message"),
        False,
        "a-request",
    )
    assert again.replayed is True


@pytest.mark.parametrize("result", [{}, {"Result": {}}, {"Result": {NUMBER: {"StatusCode": 200}}}])
def test_message_id_may_be_missing(
    way: Way, scripted: Scripted, client: OtpClient, result: dict[str, Any]
) -> None:
    """The text went out all the same."""
    scripted.says(way.success({"MessageResponse": result}))

    assert client.send(NUMBER).message_id is None


def test_problem_has_all_members(way: Way, scripted: Scripted, client: OtpClient) -> None:
    """As attributes, and in a sentence for a log."""
    errors = [{"pointer": "/CodeLength", "detail": "Must be a number."}, {"odd": 1}, 2]
    scripted.says(way.problem(problem("InvalidRequest", 400, errors=errors)))

    with pytest.raises(InvalidRequest) as raised:
        client.send(NUMBER, reference_id="mine")

    error = raised.value
    assert (error.code, error.status, error.retryable, error.retry_after) == (
        *("InvalidRequest", 400),
        False,
        None,
    )
    assert (error.title, error.detail) == (
        *("The title of InvalidRequest", "What InvalidRequest is about."),
    )
    assert error.request_id == "11111111-2222-4333-8444-555555555555"
    assert error.reference_id == "mine"
    assert error.errors == (FieldError("/CodeLength", "Must be a number."),)
    assert str(error) == (
        "InvalidRequest: What InvalidRequest is about. /CodeLength: Must be a number. "
        "(request 11111111-2222-4333-8444-555555555555)"
    )


def test_too_many_messages_names_the_limit(way: Way, scripted: Scripted, client: OtpClient) -> None:
    """And when to come again."""
    scripted.says(
        way.problem(
            problem("TooManyMessages", 429, retryable=True, limit="blockPerHour", retryAfter=1200)
        )
    )

    with pytest.raises(TooManyMessages) as raised:
        client.send(NUMBER)

    assert (raised.value.limit, raised.value.retry_after) == ("blockPerHour", 1200)


def test_code_that_is_new_is_a_plain_problem(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """A newer service does not break an older client."""
    scripted.says(way.problem(problem("Brand", 418)))

    with pytest.raises(Problem) as raised:
        client.send(NUMBER)

    assert (type(raised.value), raised.value.code, raised.value.status) == (Problem, "Brand", 418)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(403, b"<title>403 +1 206 555 0100</title>"), id="HTML"),
        pytest.param(Reply(404, b'{"message": "+12065550100"}'), id="JSON"),
        pytest.param(Reply(200, b"<html>12065550100"), id="HTML and 200"),
        pytest.param(Reply(200, b'{"ok": "+12065550100"}'), id="JSON and 200"),
        pytest.param(Reply(200, b"[12065550100]"), id="no object"),
        pytest.param(Reply(301, b"moved", {"Location": "/12065550100"}), id="moved"),
        pytest.param(Reply(400, b'{"code": 5, "retryable": 1}'), id="odd members"),
        pytest.param(Reply(400, b""), id="nothing"),
    ],
)
def test_answer_of_somebody_else_is_unexpected(
    scripted: Scripted, over_http: OtpClient, reply: Reply
) -> None:
    """At once, with its status; what is shown of it has no digit of a phone number."""
    scripted.says(reply)

    with pytest.raises(UnexpectedAnswer, match=f"status {reply.status}") as raised:
        over_http.send(NUMBER, reference_id="mine")

    assert raised.value.status == reply.status
    assert raised.value.reference_id == "mine"
    assert "555" not in str(raised.value)
    assert "0100" not in str(raised.value)
    assert len(scripted.asked) == 1


def test_unexpected_answer_is_shown_in_short(scripted: Scripted, over_http: OtpClient) -> None:
    """Enough to see whose it is."""
    scripted.says(Reply(403, b"<b>Access\r\ndenied\x1b</b>" + 1000 * b"x"))

    with pytest.raises(UnexpectedAnswer, match="<b>Access denied</b>x") as raised:
        over_http.send(NUMBER)

    assert len(str(raised.value)) < 250
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "error",
    [
        {"errorMessage": "2026-11-23T10:00:00.000Z 5f8b Task timed out after 28.00 seconds"},
        {"errorType": "Runtime.ExitError", "errorMessage": "RequestId: 5f8b Error: exit status 1"},
        {"errorMessage": '{"Otp": "123456"}'},
        {"errorMessage": None},
        [],
    ],
    ids=["timeout", "exit", "no problem", "no message", "no object"],
)
@pytest.mark.parametrize("operation", ["send", "verify"])
def test_function_that_died_leaves_an_unknown_outcome(
    scripted: Scripted, by_invoke: OtpClient, error: object, operation: str
) -> None:
    """At once, of either function."""
    scripted.says(failed(error))

    def ask() -> object:
        if operation == "send":
            return by_invoke.send(NUMBER, reference_id="mine")
        return by_invoke.verify(NUMBER, "mine", "123456")

    with pytest.raises(OutcomeUnknown, match="ended without an answer") as raised:
        ask()

    assert type(raised.value) is OutcomeUnknown
    assert (raised.value.reference_id, raised.value.status) == ("mine", 502)
    assert len(scripted.asked) == 1


def test_lambda_that_takes_no_more_is_throttling(
    scripted: Scripted, by_invoke: OtpClient, clock: VirtualClock
) -> None:
    """It is repeated, when Lambda says."""
    scripted.says(
        refused("TooManyRequestsException", 429, **{"Retry-After": "4"}), LAMBDA.success(MESSAGE)
    )

    by_invoke.send(NUMBER)

    assert clock.waits == [4]
    assert len({asked.body for asked in scripted.asked}) == 1


def test_lambda_that_never_takes_more_is_throttled(
    scripted: Scripted, by_invoke: OtpClient
) -> None:
    """At the deadline, as API Gateway's own."""
    scripted.says(refused("TooManyRequestsException", 429))

    with pytest.raises(Throttled) as raised:
        by_invoke.send(NUMBER)

    assert (raised.value.code, raised.value.status, raised.value.request_id) == (
        *("Throttled", 429, "theirs"),
    )
    assert NUMBER not in str(raised.value)


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_lambda_that_refuses_the_caller_is_access_denied(
    scripted: Scripted, by_invoke: OtpClient, code: str
) -> None:
    """At once; it says what Lambda calls it, and quotes nothing."""
    scripted.says(refused(code, 403))

    with pytest.raises(AccessDenied, match=code) as raised:
        by_invoke.send(NUMBER)

    assert NUMBER not in str(raised.value)
    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("ResourceNotFoundException", 404), ("InvalidRequestContentException", 400)],
)
def test_lambda_that_refuses_otherwise_is_unexpected(
    scripted: Scripted, by_invoke: OtpClient, code: str, status: int
) -> None:
    """A wrong ARN, for one."""
    scripted.says(refused(code, status))

    with pytest.raises(UnexpectedAnswer, match=f"status {status}.*{code}") as raised:
        by_invoke.send(NUMBER)

    assert NUMBER not in str(raised.value)


def test_lambda_that_fails_is_no_answer(scripted: Scripted, by_invoke: OtpClient) -> None:
    """It may have invoked: to send is repeated."""
    scripted.says(refused("ServiceException", 500), LAMBDA.success(MESSAGE))

    assert by_invoke.send(NUMBER).message_id == "message"


def test_function_of_somebody_else_is_unexpected(scripted: Scripted, by_invoke: OtpClient) -> None:
    """It answers something, and not what was asked for."""
    scripted.says(Reply(200, b'{"to": "+12065550100"}'))

    with pytest.raises(UnexpectedAnswer) as raised:
        by_invoke.send(NUMBER)

    assert "0100" not in str(raised.value)


@pytest.mark.parametrize(
    "error",
    [
        CredentialRetrievalError(provider="a test", error_msg="gone"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "AssumeRole"),
        RuntimeError("gone"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_request_that_cannot_be_made_was_not_sent(
    way: Way,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    clock: VirtualClock,
    error: Exception,
) -> None:
    """Credentials that are gone, for one, however botocore says so: at once, and certain."""
    client = connect(way, scripted.url, monkeypatch, clock=clock, session=without_refresh(error))

    with pytest.raises(NotSent, match="nothing was sent") as raised:
        client.send(NUMBER, reference_id="mine")

    assert raised.value.reference_id == "mine"
    assert (scripted.asked, clock.waits) == ([], [])


def test_connection_is_kept_for_the_next_request(
    way: Way, scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """But not for one after twenty idle seconds: a connection may have died unnoticed."""
    scripted.says(way.success(MESSAGE))

    client.send(NUMBER)
    clock.advance(20)
    client.send(NUMBER)
    clock.advance(21)
    client.send(NUMBER)

    first, second, third = (asked.connection for asked in scripted.asked)
    assert first == second != third


def test_requests_are_signed_for_the_service_and_region(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """Signature Version 4, and JSON."""
    scripted.says(way.success(MESSAGE))

    client.send(NUMBER)

    [asked] = scripted.asked
    service = {"http": "execute-api", "invoke": "lambda"}[way.name]
    assert f"/us-east-1/{service}/aws4_request" in asked.headers["authorization"]
    path = {
        "http": "/v1/otp",
        "invoke": f"/2015-03-31/functions/{ARN.format('send').replace(':', '%3A')}/invocations",
    }[way.name]
    assert asked.path == path
    if way.name == "http":
        assert asked.headers["content-type"] == "application/json"


def test_opted_out_is_caught_as_every_base_it_has(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """Problem for all answers, OtpError for everything."""
    scripted.says(way.problem(problem("OptedOut", 422)))

    with pytest.raises(Problem) as raised:
        client.send(NUMBER)

    assert isinstance(raised.value, OptedOut)


def test_log_of_botocore_is_why_the_readme_warns(
    way: Way, scripted: Scripted, client: OtpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG it writes out what is invoked with. Signed HTTP does not, and INFO says nothing."""
    scripted.says(way.success(MESSAGE))

    caplog.set_level(logging.INFO)
    client.send(NUMBER)
    assert NUMBER not in caplog.text

    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="botocore")  # which the functions quieten
    client.send(NUMBER)
    assert (NUMBER in caplog.text) is (way.name == "invoke")
