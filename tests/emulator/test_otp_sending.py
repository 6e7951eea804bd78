"""SendOTPMessage in mock_aws: the answer, the inbox, the recorded requests, and their scope."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from moto import mock_aws

from sandbox.pinpoint import advance_clock, create_application, inbox, install, received_requests
from tests.support.texts import code_in

from .helpers import DESTINATION, FIELDS, Application, pinpoint_client


def test_answer_is_a_message_response(application: Application) -> None:
    """The answer has the members that AWS documents, and one result."""
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
    """Records hold no defaults and include refused requests; a repeated request texts again."""
    application.send()
    with pytest.raises(application.client.exceptions.BadRequestException):
        application.send(CodeLength=99)
    application.send()
    assert received_requests() == [FIELDS, FIELDS | {"CodeLength": 99}, FIELDS]
    assert len(inbox()) == 2


def test_applications_and_inboxes_belong_to_a_region(application: Application) -> None:
    """An application of another region is a NotFoundException."""
    elsewhere = pinpoint_client(region="eu-west-1")
    with pytest.raises(elsewhere.exceptions.NotFoundException):
        Application(elsewhere, application.id).send()
    Application(elsewhere).send()
    assert (len(inbox(region="eu-west-1")), inbox()) == (1, [])


def test_state_ends_with_its_mock_aws() -> None:
    """Nothing survives mock_aws; an application can then be created again under its ID."""
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
