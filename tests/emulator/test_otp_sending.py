"""SendOTPMessage in mock_aws: answer, text and records; and the reserved destinations."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from sandbox.pinpoint import advance_clock, create_application, inbox, install, received_requests

from .helpers import (
    DESTINATION,
    FIELDS,
    Application,
    code_in,
    pinpoint_client,
)


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
    with pytest.raises(elsewhere.exceptions.NotFoundException):
        Application(elsewhere, application.id).send()
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
        sent_at = datetime.fromisoformat(inbox()[0]["sentAt"])
        assert abs(datetime.now(UTC) - sent_at) < timedelta(minutes=1)
