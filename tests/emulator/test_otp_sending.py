"""SendOTPMessage in mock_aws: answer, text and records; and the reserved destinations."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from moto import mock_aws

from sandbox.pinpoint import advance_clock, create_application, inbox, install, received_requests

from .helpers import (
    DESTINATION,
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


def test_answer_is_a_message_response(application: Application) -> None:
    """The application, a request, one result, as AWS documents them."""
    answer = application.send()
    result = answer["Result"][DESTINATION]
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


def test_text_is_the_documented_template(application: Application) -> None:
    """AWS's English one, with code and brand, whatever is in that. Who, what and when is told."""
    application.send(BrandName="a&Action=DeleteApp&b")
    [text] = inbox()
    body = r"This is your One Time Password: [0-9]{6} from a&Action=DeleteApp&b"
    assert re.fullmatch(body, text["body"])
    assert text.keys() == {"to", "from", "body", "referenceId", "sentAt"}
    sent_to = (text["to"], text["from"], text["referenceId"])
    assert sent_to == (DESTINATION, ORIGINATION, "reference-1")
    assert abs(datetime.now(UTC) - sent_at(text)) < A_MINUTE


def test_request_is_recorded_as_received(application: Application) -> None:
    """Without defaults; a refused one is among them. Sending again texts again."""
    application.send()
    with pytest.raises(application.client.exceptions.BadRequestException):
        application.send(CodeLength=99)
    application.send()
    assert received_requests() == [FIELDS, FIELDS | {"CodeLength": 99}, FIELDS]
    assert len(inbox()) == 2


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
    """Texts, requests, codes and the clock; an application can be made under a chosen ID, again."""
    install()
    with mock_aws():
        application = Application(pinpoint_client())
        application.send()
        advance_clock(86400)
        code = code_in(inbox()[0])
    with mock_aws():
        assert (inbox(), received_requests()) == ([], [])
        create_application(application.id)
        create_application(application.id)
        assert application.verify(code) is False
        application.send()
        assert abs(datetime.now(UTC) - sent_at(inbox()[0])) < A_MINUTE


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
