"""How each answer is understood."""

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


def test_fields_given_are_sent_by_their_names(scripted: Scripted, client: OtpClient) -> None:
    """Those of the contract, and none else; the service says what they may be."""
    scripted.says(MESSAGE)

    client.send(NUMBER, reference_id="mine")
    client.send(NUMBER, reference_id="mine", **OPTIONAL)

    least, all_of_them = (asked.fields for asked in scripted.asked)
    in_the_contract = {name.title().replace("_", ""): value for name, value in OPTIONAL.items()}
    assert least == {"ReferenceId": "mine", "DestinationIdentity": NUMBER}
    assert all_of_them == least | in_the_contract


def test_verification_is_true_or_false_by_itself(scripted: Scripted, client: OtpClient) -> None:
    """The attribute, and the whole."""
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
        # The text went out all the same.
        ({"MessageResponse": {"Result": None}}, None),
        ({"MessageResponse": {"Result": {NUMBER: {"StatusCode": 200}}}}, None),
    ],
)
def test_sent_says_what_was_sent(
    scripted: Scripted, client: OtpClient, answer: dict[str, Any], message_id: str | None
) -> None:
    """And whether it is an answer that was given before."""
    scripted.says(answer)

    sent = client.send(NUMBER, reference_id="mine")

    assert (sent.reference_id, sent.message_id) == ("mine", message_id)
    assert (sent.replayed, sent.request_id) == ("IdempotentReplayed" in answer, "a-request")


def test_problem_has_all_members(scripted: Scripted, client: OtpClient) -> None:
    """As attributes, and in a sentence for a log."""
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
    assert str(otp.OutcomeUnknown()) == "OutcomeUnknown"  # as a caller's own tests make one


def refused(code: str, status: int, **headers: str) -> Reply:
    """Write what Lambda itself answers; its messages quote what was sent."""
    body = json.dumps({"Message": f"No: {NUMBER}", "Type": "User"}).encode()
    about = {"x-amzn-ErrorType": code, "x-amzn-RequestId": "theirs"}
    return Reply(status, body, {**about, **headers})


#: The way, what is answered for ever, what is raised, with which status, and what that says.
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
    # Not our function.
    (Way.LAMBDA, Reply(200, b'{"to": "+12065550100"}'), otp.UnexpectedAnswer, 200, "status 200"),
    *(
        (Way.LAMBDA, refused(code, status), error, status, code)
        for code, status, error in (
            ("AccessDeniedException", 403, otp.AccessDenied),
            ("UnrecognizedClientException", 401, otp.AccessDenied),
            ("ResourceNotFoundException", 404, otp.UnexpectedAnswer),
        )
    ),
    # A function that ended without an answer.
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
def test_answer_of_somebody_else_is_understood_and_not_quoted(
    scripted: Scripted,
    client: OtpClient,
    reply: Reply,
    error: type[otp.UnexpectedAnswer | otp.Problem],
    status: int,
    said: str,
    ask: Ask,
) -> None:
    """At once; what is shown of it is short, and has no digit of a phone number."""
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
def test_lambda_that_takes_no_more_is_throttling(scripted: Scripted, client: OtpClient) -> None:
    """It is repeated, when Lambda says; at the deadline it is as API Gateway's own."""
    code = "TooManyRequestsException"
    scripted.says(refused(code, 429, **{"Retry-After": "4"}), MESSAGE, refused(code, 429))

    client.send(NUMBER)
    assert scripted.clock.waits == [4]

    with pytest.raises(otp.Throttled) as raised:
        client.send(NUMBER)
    assert (raised.value.status, raised.value.request_id) == (429, "theirs")
    assert NUMBER not in str(raised.value)


def test_unmade_request_was_not_sent(scripted: Scripted, connect: Connect) -> None:
    """Credentials that are gone, for one: at once, and certain."""
    credentials = Mock(**{"get_frozen_credentials.side_effect": RuntimeError("gone")})
    core = botocore.session.Session()
    core.register_component("credential_provider", Mock(load_credentials=lambda: credentials))
    client = connect(session=boto3.Session(botocore_session=core))

    with pytest.raises(otp.NotSent, match="nothing was sent") as raised:
        client.send(NUMBER, reference_id="mine")

    assert raised.value.reference_id == "mine"
    assert (scripted.asked, scripted.clock.waits) == ([], [])


def test_connection_is_kept_for_the_next_request(scripted: Scripted, client: OtpClient) -> None:
    """But not for one after twenty idle seconds: a connection may have died unnoticed."""
    scripted.says(MESSAGE)

    for idle in (20, 21, 0):
        client.send(NUMBER)
        scripted.clock.advance(idle)

    first, second, third = (asked.connection for asked in scripted.asked)
    assert first == second != third
