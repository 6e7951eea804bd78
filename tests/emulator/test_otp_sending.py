"""SendOTPMessage in mock_aws: answer, text and records; and the reserved destinations."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moto import mock_aws

from sandbox.pinpoint import advance_clock, create_application, inbox, install, received_requests

from .helpers import (
    DROPPED,
    FIELDS,
    ORIGINATION,
    SERVER_ERROR,
    TOO_LATE,
    Application,
    code_in,
    pinpoint_client,
)

A_MINUTE = timedelta(minutes=1)


def sent_at(text: Mapping[str, Any]) -> datetime:
    """Read when a text was sent."""
    return datetime.fromisoformat(text["sentAt"])


@pytest.mark.parametrize("destination", ["+12065550100", "+12065550112", "+4915112345678"])
def test_answer_is_a_message_response(application: Application, destination: str) -> None:
    """For 0100 and every number that is not reserved: the application, a request, one result."""
    answer = application.send(DestinationIdentity=destination)
    result = answer["Result"][destination]
    assert re.fullmatch(r"[a-z0-9]{38}", result["MessageId"])
    assert result == {
        "DeliveryStatus": "SUCCESSFUL",
        "MessageId": result["MessageId"],
        "StatusCode": 200,
        "StatusMessage": f"MessageId: {result['MessageId']}",
    }
    assert answer.keys() == {"ApplicationId", "RequestId", "Result"}
    assert answer["ApplicationId"] == application.id
    assert uuid.UUID(answer["RequestId"])
    assert [text["to"] for text in inbox()] == [destination]


def test_text_is_the_documented_template(application: Application) -> None:
    """AWS's English one, with code and brand, whatever is in that. Who, what and when is told."""
    application.send(BrandName="a&Action=DeleteApp&b")
    [text] = inbox()
    body = r"This is your One Time Password: [0-9]{6} from a&Action=DeleteApp&b"
    assert re.fullmatch(body, text["body"])
    assert text.keys() == {"to", "from", "body", "referenceId", "sentAt"}
    assert (text["from"], text["referenceId"]) == (ORIGINATION, "reference-1")
    assert sent_at(text).utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - sent_at(text)) < A_MINUTE

    advance_clock(3600)
    application.send()
    assert timedelta(hours=1) <= sent_at(inbox()[1]) - sent_at(text) < timedelta(hours=2)


def test_request_is_recorded_as_received(application: Application) -> None:
    """Without defaults; what the helpers return are copies. A refused one is among the requests."""
    application.send()
    inbox()[0]["body"] = ""
    received_requests()[0].clear()
    with pytest.raises(application.client.exceptions.BadRequestException):
        application.send(CodeLength=99)
    assert received_requests() == [FIELDS, FIELDS | {"CodeLength": 99}]
    [text] = inbox()
    assert text["body"]


def test_sending_again_texts_again_with_another_code(application: Application) -> None:
    """Nothing deduplicates."""
    for _ in range(10):
        application.send(CodeLength=8)
    assert len(inbox()) == len(received_requests()) == 10
    assert len({code_in(text) for text in inbox()}) > 1  # all but certainly


def test_application_that_there_is_not_in_the_region_is_not_found(application: Application) -> None:
    """Applications and inboxes belong to their region."""
    elsewhere = pinpoint_client(region="eu-west-1")
    with pytest.raises(elsewhere.exceptions.NotFoundException) as caught:
        Application(elsewhere, application.id).send()
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    # The modelled members of the error, which boto3 fills from the body.
    assert (response["Message"], bool(response["RequestID"])) == ("Resource not found", True)

    Application(elsewhere).send()
    assert (len(inbox(region="eu-west-1")), inbox()) == (1, [])


def test_state_ends_with_its_mock_aws() -> None:
    """Texts, requests, codes and the clock."""
    install()
    with mock_aws():
        application = Application(pinpoint_client())
        application.send()
        advance_clock(86400)
        code = code_in(inbox()[0])
    with mock_aws():
        assert (inbox(), received_requests()) == ([], [])
        create_application(application.id)
        assert application.verify(code) is False
        application.send()
        assert abs(datetime.now(UTC) - sent_at(inbox()[0])) < A_MINUTE


def test_create_application_takes_a_chosen_id(application: Application) -> None:
    """An application made under a chosen ID works, even if it was made already."""
    create_application("chosen")
    create_application("chosen")
    assert Application(application.client, "chosen").send()["ApplicationId"] == "chosen"


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    ("call", "value", "said"),
    [
        *((create_application, value, "application ID") for value in ("", "a/b", "a" * 65)),
        *((advance_clock, value, "a clock advances") for value in (-1, float("nan"), float("inf"))),
        (lambda value: inbox(region=value), "nowhere", "no Pinpoint in region 'nowhere'"),
    ],
)
def test_helpers_refuse_what_makes_no_sense(
    call: Callable[[Any], object], value: object, said: str
) -> None:
    """An ID that cannot stand in a URL, a clock that goes back, a region without Pinpoint."""
    with pytest.raises(ValueError, match=said):
        call(value)


STATUSES = "OPT_OUT PERMANENT_FAILURE THROTTLED TEMPORARY_FAILURE UNKNOWN_FAILURE TIMEOUT DUPLICATE"


@pytest.mark.parametrize(("last", "status"), [*enumerate(STATUSES.split(), 1)])
def test_undelivered_message_answers_200_with_its_status(
    application: Application, last: int, status: str
) -> None:
    """The call succeeds, the result does not, and nobody is texted."""
    destination = f"+1206555010{last}"
    result = application.send(DestinationIdentity=destination)["Result"][destination]
    assert result.keys() == {"DeliveryStatus", "StatusCode", "StatusMessage"}
    assert result["DeliveryStatus"] == status
    assert result["StatusCode"] >= 400
    assert (len(received_requests()), inbox()) == (1, [])


@pytest.mark.parametrize(
    ("destination", "error"),
    [(TOO_LATE, ReadTimeoutError), (SERVER_ERROR, ClientError), (DROPPED, ConnectionClosedError)],
)
def test_lost_answer_raises_after_the_text_went_out(
    application: Application, destination: str, error: type[Exception]
) -> None:
    """boto3 raises what it would for a real connection; the text and its code are there."""
    with pytest.raises(error):
        application.send(DestinationIdentity=destination)
    [text] = inbox()
    assert text["to"] == destination
    assert application.verify(code_in(text), DestinationIdentity=destination) is True
