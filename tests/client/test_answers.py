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
    OtpClient,
    OtpError,
    OutcomeUnknown,
    Problem,
    Throttled,
    TooManyMessages,
    UnexpectedAnswer,
)

from .clock import VirtualClock
from .conftest import ARN, connect
from .scripted import MESSAGE, NUMBER, VERIFIED, WAYS, Reply, Scripted, Way, failed, problem
from .sessions import without_refresh

HTTP, LAMBDA = WAYS


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
    asked = {"ReferenceId": "mine", "DestinationIdentity": NUMBER, "Otp": "123456"}
    assert scripted.asked[0].json() == asked


@pytest.mark.parametrize(
    ("response", "replayed", "message_id"),
    [
        (MESSAGE, False, "message"),
        (MESSAGE, True, "message"),
        # The text went out all the same.
        *(
            ({"MessageResponse": {"Result": result}}, False, None)
            for result in (None, {}, {NUMBER: {"StatusCode": 200}})
        ),
    ],
)
def test_sent_says_what_was_sent(
    way: Way,
    scripted: Scripted,
    client: OtpClient,
    response: dict[str, Any],
    replayed: bool,  # noqa: FBT001 - a column of the table
    message_id: str | None,
) -> None:
    """And whether it is an answer that was given before."""
    scripted.says(way.success(response, replayed=replayed))

    sent = client.send(NUMBER, reference_id="mine")

    assert (sent.reference_id, sent.message_id) == ("mine", message_id)
    assert (sent.replayed, sent.request_id) == (replayed, "a-request")


def test_problem_has_all_members(way: Way, scripted: Scripted, client: OtpClient) -> None:
    """As attributes, and in a sentence for a log."""
    errors = [{"pointer": "/CodeLength", "detail": "Must be a number."}, {"odd": 1}, 2]
    scripted.says(way.problem(problem("InvalidRequest", 400, errors=errors)))

    with pytest.raises(InvalidRequest) as raised:
        client.send(NUMBER, reference_id="mine")

    assert vars(raised.value) == {
        "code": "InvalidRequest",
        "status": 400,
        "title": "The title of InvalidRequest",
        "detail": "What InvalidRequest is about.",
        "retryable": False,
        "retry_after": None,
        "request_id": "11111111-2222-4333-8444-555555555555",
        "errors": (FieldError("/CodeLength", "Must be a number."),),
        "reference_id": "mine",
    }
    assert str(raised.value) == (
        "InvalidRequest: What InvalidRequest is about. /CodeLength: Must be a number. "
        "(request 11111111-2222-4333-8444-555555555555)"
    )


def test_too_many_messages_names_the_limit(way: Way, scripted: Scripted, client: OtpClient) -> None:
    """And when to come again."""
    more: dict[str, Any] = {"retryable": True, "limit": "blockPerHour", "retryAfter": 1200}
    scripted.says(way.problem(problem("TooManyMessages", 429, **more)))

    with pytest.raises(TooManyMessages) as raised:
        client.send(NUMBER)

    assert (raised.value.limit, raised.value.retry_after) == ("blockPerHour", 1200)


def refused(code: str, status: int) -> Reply:
    """Write what Lambda itself answers; its messages quote what was sent."""
    body = json.dumps({"Message": f"No: {NUMBER}", "Type": "User"}).encode()
    return Reply(status, body, {"x-amzn-ErrorType": code, "x-amzn-RequestId": "theirs"})


def died(error: object) -> tuple[Way, Reply, type[OtpError], str]:
    """Say what becomes of a function that ended without an answer."""
    return (LAMBDA, failed(error), OutcomeUnknown, "ended without an answer")


#: The way, what is answered for ever, what is raised, and what it says.
OTHERS: dict[str, tuple[Way, Reply, type[OtpError], str]] = {
    **{
        f"http: {name}": (HTTP, reply, UnexpectedAnswer, f"status {reply.status}")
        for name, reply in {
            "HTML": Reply(403, b"<title>403 +1 206 555 0100</title>"),
            "JSON": Reply(404, b'{"message": "+12065550100"}'),
            "HTML and 200": Reply(200, b"<html>12065550100"),
            "JSON and 200": Reply(200, b'{"ok": "+12065550100"}'),
            "no object": Reply(200, b"[12065550100]"),
            "moved": Reply(301, b"moved", {"Location": "/12065550100"}),
            "odd members": Reply(400, b'{"code": 5, "retryable": 1}'),
            "nothing": Reply(400, b""),
        }.items()
    },
    "not our function": (
        LAMBDA,
        Reply(200, b'{"to": "+12065550100"}'),
        UnexpectedAnswer,
        "status 200",
    ),
    **{
        f"lambda: {code}": (LAMBDA, refused(code, status), error, said)
        for code, status, error, said in (
            ("AccessDeniedException", 403, AccessDenied, "AccessDeniedException"),
            ("UnrecognizedClientException", 403, AccessDenied, "UnrecognizedClientException"),
            ("ResourceNotFoundException", 404, UnexpectedAnswer, "status 404.*ResourceNotFound"),
            ("InvalidRequestContentException", 400, UnexpectedAnswer, "status 400.*InvalidReq"),
        )
    },
    "timeout": died({"errorMessage": "2026-11-23T10:00:00.000Z 5f8b Task timed out after 28.00 s"}),
    "exit": died({"errorType": "Runtime.ExitError", "errorMessage": "RequestId: 5f8b Error: exit"}),
    "no problem": died({"errorMessage": '{"Otp": "123456"}'}),
    "no message": died({"errorMessage": None}),
    "no object": died([]),
}


@pytest.mark.parametrize(("way", "reply", "error", "said"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("operation", ["send", "verify"])
def test_answer_of_somebody_else_is_understood_and_not_quoted(
    scripted: Scripted,
    client: OtpClient,
    reply: Reply,
    error: type[OtpError],
    said: str,
    operation: str,
) -> None:
    """At once; what is shown of it has no digit of a phone number."""
    scripted.says(reply)

    with pytest.raises(OtpError, match=said) as raised:  # noqa: PT012 - one of them
        if operation == "send":
            client.send(NUMBER, reference_id="mine")
        else:
            client.verify(NUMBER, "mine", "123456")

    assert type(raised.value) is error
    assert raised.value.reference_id == "mine"
    assert "555" not in str(raised.value)
    assert "0100" not in str(raised.value)
    if isinstance(raised.value, UnexpectedAnswer):
        assert raised.value.status == reply.status
    elif isinstance(raised.value, OutcomeUnknown):
        assert raised.value.status == 502
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("way", [HTTP])
def test_unexpected_answer_is_shown_in_short(scripted: Scripted, client: OtpClient) -> None:
    """Enough to see whose it is."""
    scripted.says(Reply(403, b"<b>Access\r\ndenied\x1b</b>" + 1000 * b"x"))

    with pytest.raises(UnexpectedAnswer, match="<b>Access denied</b>x") as raised:
        client.send(NUMBER)

    assert len(str(raised.value)) < 250
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("way", [LAMBDA])
def test_lambda_that_takes_no_more_is_throttling(
    scripted: Scripted, client: OtpClient, clock: VirtualClock
) -> None:
    """It is repeated, when Lambda says; at the deadline it is as API Gateway's own."""
    throttled = refused("TooManyRequestsException", 429)
    scripted.says(
        Reply(429, throttled.body, {**throttled.headers, "Retry-After": "4"}),
        LAMBDA.success(MESSAGE),
        throttled,
    )

    client.send(NUMBER)
    assert clock.waits == [4]

    with pytest.raises(Throttled) as raised:
        client.send(NUMBER)
    assert (raised.value.status, raised.value.request_id) == (429, "theirs")
    assert NUMBER not in str(raised.value)


@pytest.mark.parametrize("way", [LAMBDA])
def test_lambda_that_fails_is_no_answer(scripted: Scripted, client: OtpClient) -> None:
    """It may have invoked: to send is repeated."""
    scripted.says(refused("ServiceException", 500), LAMBDA.success(MESSAGE))

    assert client.send(NUMBER).message_id == "message"


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

    for idle in (20, 21, 0):
        client.send(NUMBER)
        clock.advance(idle)

    first, second, third = (asked.connection for asked in scripted.asked)
    assert first == second != third


def test_requests_are_signed_for_the_service_and_region(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """Signature Version 4, and JSON."""
    scripted.says(way.success(MESSAGE))

    client.send(NUMBER)

    [asked] = scripted.asked
    function = ARN.format("send").replace(":", "%3A")
    service, path = {
        "http": ("execute-api", "/v1/otp"),
        "invoke": ("lambda", f"/2015-03-31/functions/{function}/invocations"),
    }[way.name]
    assert f"/us-east-1/{service}/aws4_request" in asked.headers["authorization"]
    assert asked.path == path
    assert way is LAMBDA or asked.headers["content-type"] == "application/json"


def test_code_that_is_new_is_a_plain_problem(
    way: Way, scripted: Scripted, client: OtpClient
) -> None:
    """A newer service does not break an older client."""
    scripted.says(way.problem(problem("Brand", 418)))

    with pytest.raises(Problem) as raised:
        client.send(NUMBER)

    assert (type(raised.value), raised.value.code, raised.value.status) == (Problem, "Brand", 418)


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
    assert (NUMBER in caplog.text) is (way is LAMBDA)
