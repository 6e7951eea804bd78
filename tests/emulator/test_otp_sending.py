"""SendOTPMessage in mock_aws: answer, text and records."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from sandbox.pinpoint import advance_clock, create_application, inbox, install, received_requests

from .helpers import DESTINATION, FIELDS, ORIGINATION, Application, code_in, pinpoint_client

ALL_FIELDS: dict[str, Any] = {
    "AllowedAttempts": 4,
    "BrandName": "ExampleCorp",
    "Channel": "SMS",
    "CodeLength": 7,
    "DestinationIdentity": DESTINATION,
    "EntityId": "entity-1",
    "Language": "de-DE",
    "OriginationIdentity": ORIGINATION,
    "ReferenceId": "reference-1",
    "TemplateId": "template-1",
    "ValidityPeriod": 20,
}


def test_answer_has_the_shape_of_a_message_response(application: Application) -> None:
    """It names the application, a request and one result under the number."""
    answer = application.send()
    assert answer.keys() == {"ApplicationId", "RequestId", "Result"}
    assert answer["ApplicationId"] == application.id
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["RequestId"])
    result = answer["Result"][DESTINATION]
    assert list(answer["Result"]) == [DESTINATION]
    assert re.fullmatch(r"[a-z0-9]{38}", result["MessageId"])
    assert result == {
        "DeliveryStatus": "SUCCESSFUL",
        "MessageId": result["MessageId"],
        "StatusCode": 200,
        "StatusMessage": f"MessageId: {result['MessageId']}",
    }


def test_text_is_the_documented_template(application: Application) -> None:
    """The body is AWS's English template with code and brand."""
    application.send()
    (text,) = inbox()
    expected = r"This is your One Time Password: [0-9]{6} from ExampleCorp"
    assert re.fullmatch(expected, text["body"])


def test_inbox_entry_tells_who_what_and_when(application: Application) -> None:
    """An entry has five members, the time in ISO 8601 UTC."""
    application.send()
    (text,) = inbox()
    assert text.keys() == {"to", "from", "body", "referenceId", "sentAt"}
    assert (text["to"], text["from"]) == (DESTINATION, ORIGINATION)
    assert text["referenceId"] == "reference-1"
    sent_at = datetime.fromisoformat(text["sentAt"])
    assert sent_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - sent_at) < timedelta(minutes=1)


def test_sent_at_follows_the_clock(application: Application) -> None:
    """A text sent after the clock moved on is that much younger."""
    application.send()
    advance_clock(3600)
    application.send()
    first, second = (datetime.fromisoformat(text["sentAt"]) for text in inbox())
    assert timedelta(hours=1) <= second - first < timedelta(hours=1, minutes=1)


@pytest.mark.parametrize("field", ALL_FIELDS)
def test_field_is_recorded_as_received(application: Application, field: str) -> None:
    """Every one of the eleven fields arrives unchanged."""
    application.send(**ALL_FIELDS)
    (received,) = received_requests()
    assert received[field] == ALL_FIELDS[field]


def test_nothing_is_added_to_the_recorded_request(application: Application) -> None:
    """The record holds what was sent, without defaults."""
    application.send()
    assert received_requests() == [FIELDS]


def test_refused_request_is_recorded_but_not_texted(application: Application) -> None:
    """A request that breaks a rule shows among the requests alone."""
    with pytest.raises(application.client.exceptions.BadRequestException):
        application.send(CodeLength=99)
    assert received_requests() == [FIELDS | {"CodeLength": 99}]
    assert inbox() == []


def test_sending_again_texts_again(application: Application) -> None:
    """The same reference and number get a second text: nothing deduplicates."""
    application.send()
    application.send()
    assert [text["referenceId"] for text in inbox()] == ["reference-1", "reference-1"]


def test_inbox_and_requests_are_newest_last(application: Application) -> None:
    """Both lists are in order of arrival."""
    references = [f"reference-{number}" for number in range(5)]
    for reference in references:
        application.send(ReferenceId=reference)
    assert [text["referenceId"] for text in inbox()] == references
    assert [request["ReferenceId"] for request in received_requests()] == references


def test_codes_are_random(application: Application) -> None:
    """Twenty messages hold (all but certainly) more than one code."""
    for _ in range(20):
        application.send(CodeLength=8)
    assert len({code_in(text) for text in inbox()}) > 1


def test_brand_name_cannot_choose_the_operation(application: Application) -> None:
    """A brand name that looks like a query string is only a brand name."""
    application.send(BrandName="a&Action=DeleteApp&b")
    assert inbox()[0]["body"].endswith(" from a&Action=DeleteApp&b")


def test_changing_a_returned_list_changes_nothing(application: Application) -> None:
    """What the helpers return are copies."""
    application.send()
    inbox()[0]["body"] = ""
    received_requests()[0].clear()
    assert inbox()[0]["body"]
    assert received_requests() == [FIELDS]


def test_unknown_application_is_not_found(application: Application) -> None:
    """SendOTPMessage for an application that does not exist is a NotFoundException."""
    stranger = Application(application.client, "0" * 32)
    with pytest.raises(application.client.exceptions.NotFoundException) as caught:
        stranger.send()
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    # The modelled members of the error, which boto3 fills from the body.
    assert response["Message"] == "Resource not found"
    assert response["RequestID"]


def test_application_of_another_region_is_not_found(application: Application) -> None:
    """Applications and inboxes belong to their region."""
    elsewhere = pinpoint_client(region="eu-west-1")
    with pytest.raises(elsewhere.exceptions.NotFoundException):
        Application(elsewhere, application.id).send()
    Application(elsewhere).send()
    assert len(inbox(region="eu-west-1")) == 1
    assert inbox() == []


def test_new_mock_aws_starts_empty(application: Application) -> None:
    """Texts, requests, codes and the clock end with the mock."""
    application.send()
    advance_clock(86400)
    code = code_in(inbox()[0])
    # The reset between two mocks, without leaving the fixture's.
    mock_aws().reset()
    assert inbox() == []
    assert received_requests() == []
    create_application(application.id)
    assert application.verify(code) is False
    application.send()
    sent_at = datetime.fromisoformat(inbox()[0]["sentAt"])
    assert abs(datetime.now(UTC) - sent_at) < timedelta(minutes=1)


def test_state_ends_with_its_mock_aws() -> None:
    """A second mock_aws knows nothing of the first."""
    install()
    with mock_aws():
        Application(pinpoint_client()).send()
        assert len(inbox()) == 1
    with mock_aws():
        assert inbox() == []


def test_create_application_takes_a_chosen_id(application: Application) -> None:
    """An application made under a chosen ID works, and moto knows it."""
    create_application("chosen")
    create_application("chosen")
    chosen = Application(application.client, "chosen")
    assert chosen.send()["ApplicationId"] == "chosen"
    found = application.client.get_app(ApplicationId="chosen")["ApplicationResponse"]
    assert found["Arn"].endswith(":apps/chosen")


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("application_id", ["", "a/b", "a" * 65])
def test_create_application_refuses_an_unusable_id(application_id: str) -> None:
    """An ID that cannot stand in a URL path is refused."""
    with pytest.raises(ValueError, match="application ID"):
        create_application(application_id)


@pytest.mark.usefixtures("application")
def test_helpers_refuse_an_unknown_region() -> None:
    """A region without Pinpoint is a mistake, not an empty inbox."""
    with pytest.raises(ValueError, match="no Pinpoint in region 'nowhere'"):
        inbox(region="nowhere")


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_clock_does_not_go_back(seconds: float) -> None:
    """The clock takes finite, non-negative seconds only."""
    with pytest.raises(ValueError, match="a clock advances"):
        advance_clock(seconds)
