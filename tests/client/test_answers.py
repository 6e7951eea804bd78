"""The client's result or exception for each answer."""

import json
import re
from typing import Any
from unittest.mock import Mock

import boto3
import botocore.session
import pytest
import serverless_otp as otp
from serverless_otp import OtpClient

from .conftest import Ask, Connect, send, verify
from .scripted import MESSAGE, NUMBER, VERIFIED, Reply, Scripted, Way, failed, problem

OPTIONAL: dict[str, Any] = {
    "brand_name": "Brand",
    "origination_identity": "+18555550142",
    "code_length": 5,
    "validity_period": 7,
    "allowed_attempts": 2,
    "language": "de-DE",
    "entity_id": "entity",
    "template_id": "template",
}


def test_only_given_fields_are_sent(scripted: Scripted, client: OtpClient) -> None:
    """The client adds no defaults and does not validate: the service knows the rules."""
    scripted.says(MESSAGE)

    client.send(NUMBER, reference_id="mine")
    client.send(NUMBER, reference_id="mine", **OPTIONAL)

    least, all_of_them = (asked.fields for asked in scripted.asked)
    in_the_contract = {name.title().replace("_", ""): value for name, value in OPTIONAL.items()}
    assert least == {"ReferenceId": "mine", "DestinationIdentity": NUMBER}
    assert all_of_them == least | in_the_contract


def test_verification_is_true_if_the_code_is_valid(scripted: Scripted, client: OtpClient) -> None:
    """`if client.verify(…)` works as a caller expects."""
    scripted.says(VERIFIED, {"VerificationResponse": {"Valid": False}})

    right, wrong = (client.verify(NUMBER, "mine", "123456") for _ in range(2))

    assert (right.valid, bool(right), right.request_id) == (True, True, "a-request")
    assert (wrong.valid, bool(wrong)) == (False, False)
    asked = {"ReferenceId": "mine", "DestinationIdentity": NUMBER, "Otp": "123456"}
    assert scripted.asked[0].fields == asked


@pytest.mark.parametrize(
    ("answer", "message_id"),
    [
        (MESSAGE, "message"),
        ({**MESSAGE, "IdempotentReplayed": True}, "message"),
        # A missing message ID is no failure: the text went out.
        ({"MessageResponse": {"Result": None}}, None),
        ({"MessageResponse": {"Result": {NUMBER: {"StatusCode": 200}}}}, None),
    ],
)
def test_sent_has_the_ids_of_the_text(
    scripted: Scripted, client: OtpClient, answer: dict[str, Any], message_id: str | None
) -> None:
    """It also tells a replayed answer from a first one."""
    scripted.says(answer)

    sent = client.send(NUMBER, reference_id="mine")

    assert (sent.reference_id, sent.message_id) == ("mine", message_id)
    assert (sent.replayed, sent.request_id) == ("IdempotentReplayed" in answer, "a-request")


def test_problem_has_all_members(scripted: Scripted, client: OtpClient) -> None:
    """Members are attributes, and the message is a sentence for a log."""
    errors = [{"pointer": "/CodeLength", "detail": "Must be a number."}, {"odd": 1}, 2]
    more = {"limit": "blockPerHour", "retryAfter": 1200, "errors": errors}
    document = problem("TooManyMessages", 429, retryable=True, **more)
    scripted.says(document)

    with pytest.raises(otp.TooManyMessages) as raised:
        client.send(NUMBER, reference_id="mine")

    same = ("code", "status", "title", "detail", "retryable", "limit")
    assert vars(raised.value) == {
        **{name: document[name] for name in same},
        "retry_after": 1200,
        "request_id": document["requestId"],
        "errors": (otp.FieldError("/CodeLength", "Must be a number."),),
        "reference_id": "mine",
    }
    assert str(raised.value) == (
        "TooManyMessages: What TooManyMessages is about. /CodeLength: Must be a number. "
        f"(request {document['requestId']})"
    )
    assert str(otp.OutcomeUnknown()) == "OutcomeUnknown"  # as in a caller's tests


def refused(code: str, status: int, **headers: str) -> Reply:
    """Encode an error of Lambda itself, whose messages may quote the request."""
    body = json.dumps({"Message": f"No: {NUMBER}", "Type": "User"}).encode()
    about = {"x-amzn-ErrorType": code, "x-amzn-RequestId": "theirs"}
    return Reply(status, body, {**about, **headers})


#: Way, answer, exception, its status, and a part of its message.
OTHERS: list[tuple[Way, Reply, type[otp.OtpError], int, str]] = [
    *(
        (Way.HTTP, reply, otp.UnexpectedAnswer, reply.status, f"status {reply.status}")
        for reply in (
            Reply(403, b"<title>403 +1 206 555 0100</title>"),
            Reply(404, b'{"message": "+12065550100"}'),
            Reply(200, b"[12065550100]"),
            Reply(301, b"moved", {"Location": "/12065550100"}),
            Reply(400, b'{"code": 5, "retryable": 1}'),
        )
    ),
    (
        *(Way.HTTP, Reply(403, b"<b>Access\r\ndenied\x1b</b>" + 1000 * b"x")),
        *(otp.UnexpectedAnswer, 403, "<b>Access denied</b>x"),
    ),
    # The answer of a different function.
    (Way.LAMBDA, Reply(200, b'{"to": "+12065550100"}'), otp.UnexpectedAnswer, 200, "status 200"),
    *(
        (Way.LAMBDA, refused(code, status), error, status, code)
        for code, status, error in (
            ("AccessDeniedException", 403, otp.AccessDenied),
            ("UnrecognizedClientException", 401, otp.AccessDenied),
            ("ResourceNotFoundException", 404, otp.UnexpectedAnswer),
        )
    ),
    # The function died or timed out.
    *(
        (Way.LAMBDA, failed(died), otp.OutcomeUnknown, 502, "ended without an answer")
        for died in (
            {"errorMessage": "2026-11-23T10:00:00.000Z 5f8b Task timed out after 28.00 seconds"},
            {"errorMessage": '{"Otp": "123456"}'},
            "no object",
        )
    ),
]


@pytest.mark.parametrize(("way", "reply", "error", "status", "said"), OTHERS)
@pytest.mark.parametrize("ask", [send, verify])
def test_answer_of_another_component_raises_once_without_digits(
    scripted: Scripted,
    client: OtpClient,
    reply: Reply,
    error: type[otp.UnexpectedAnswer | otp.Problem],
    status: int,
    said: str,
    ask: Ask,
) -> None:
    """The message quotes a short, printable part, without the digits of a number or a code."""
    scripted.says(reply)

    with pytest.raises(error, match=said) as raised:
        ask(client)

    assert type(raised.value) is error
    assert (raised.value.reference_id, raised.value.status) == ("mine", status)
    assert not re.search("555|0100", str(raised.value))
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 250
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("way", [Way.LAMBDA])
def test_throttling_by_lambda_is_retried(scripted: Scripted, client: OtpClient) -> None:
    """The client waits as Lambda says; past the deadline it raises Throttled."""
    code = "TooManyRequestsException"
    scripted.says(refused(code, 429, **{"Retry-After": "4"}), MESSAGE, refused(code, 429))

    client.send(NUMBER)
    assert scripted.clock.waits == [4]

    with pytest.raises(otp.Throttled) as raised:
        client.send(NUMBER)
    assert (raised.value.status, raised.value.request_id) == (429, "theirs")
    assert NUMBER not in str(raised.value)


def test_request_without_credentials_was_not_sent(scripted: Scripted, connect: Connect) -> None:
    """NotSent is certain, so there is no retry."""
    credentials = Mock(**{"get_frozen_credentials.side_effect": RuntimeError("gone")})
    core = botocore.session.Session()
    core.register_component("credential_provider", Mock(load_credentials=lambda: credentials))
    client = connect(session=boto3.Session(botocore_session=core))

    with pytest.raises(otp.NotSent, match="nothing was sent") as raised:
        client.send(NUMBER, reference_id="mine")

    assert raised.value.reference_id == "mine"
    assert (scripted.asked, scripted.clock.waits) == ([], [])


def test_connection_is_reused_for_twenty_seconds(scripted: Scripted, client: OtpClient) -> None:
    """An older one may have died unnoticed, so the client opens a new one."""
    scripted.says(MESSAGE)

    for idle in (20, 21, 0):
        client.send(NUMBER)
        scripted.clock.advance(idle)

    first, second, third = (asked.connection for asked in scripted.asked)
    assert first == second != third
