"""SendOTPMessage in mock_aws: answer, text and records; and the reserved destinations."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto import mock_aws

from sandbox.pinpoint import advance_clock, create_application, inbox, install, received_requests

from .helpers import DESTINATION, FIELDS, ORIGINATION, Application, code_in, pinpoint_client

TOO_LATE, SERVER_ERROR, DROPPED = (f"+120655501{last}" for last in ("08", "09", "10"))
A_MINUTE = timedelta(minutes=1)

ALL_FIELDS: dict[str, Any] = {
    **FIELDS,
    "AllowedAttempts": 4,
    "CodeLength": 7,
    "EntityId": "entity-1",
    "Language": "de-DE",
    "TemplateId": "template-1",
    "ValidityPeriod": 20,
}


def sent_at(text: Mapping[str, Any]) -> datetime:
    """Read when a text was sent."""
    return datetime.fromisoformat(text["sentAt"])


def test_answer_has_the_shape_of_a_message_response(application: Application) -> None:
    """It names the application, a request and one result under the number."""
    answer = application.send()
    assert answer.keys() == {"ApplicationId", "RequestId", "Result"}
    assert answer["ApplicationId"] == application.id
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["RequestId"])
    [(number, result)] = answer["Result"].items()
    assert number == DESTINATION
    assert re.fullmatch(r"[a-z0-9]{38}", result["MessageId"])
    assert result == {
        "DeliveryStatus": "SUCCESSFUL",
        "MessageId": result["MessageId"],
        "StatusCode": 200,
        "StatusMessage": f"MessageId: {result['MessageId']}",
    }


def test_text_is_the_documented_template(application: Application) -> None:
    """AWS's English one, with code and brand, whatever is in that. Who, what and when is told."""
    application.send(BrandName="a&Action=DeleteApp&b")
    [text] = inbox()
    body = r"This is your One Time Password: [0-9]{6} from a&Action=DeleteApp&b"
    assert re.fullmatch(body, text["body"])
    assert text.keys() == {"to", "from", "body", "referenceId", "sentAt"}
    assert (text["to"], text["from"]) == (DESTINATION, ORIGINATION)
    assert text["referenceId"] == "reference-1"
    assert sent_at(text).utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - sent_at(text)) < A_MINUTE


def test_sent_at_follows_the_clock(application: Application) -> None:
    """A text sent after the clock moved on is that much younger."""
    application.send()
    advance_clock(3600)
    application.send()
    first, second = map(sent_at, inbox())
    assert timedelta(hours=1) <= second - first < timedelta(hours=1) + A_MINUTE


@pytest.mark.parametrize("fields", [FIELDS, ALL_FIELDS], ids=["least", "all"])
def test_request_is_recorded_as_received(application: Application, fields: dict[str, Any]) -> None:
    """Every field arrives unchanged, and without defaults. What the helpers return are copies."""
    application.send(**fields)
    inbox()[0]["body"] = ""
    received_requests()[0].clear()
    assert received_requests() == [fields]
    assert inbox()[0]["body"]


def test_refused_request_is_recorded_but_not_texted(application: Application) -> None:
    """A request that breaks a rule shows among the requests alone."""
    with pytest.raises(application.client.exceptions.BadRequestException):
        application.send(CodeLength=99)
    assert received_requests() == [FIELDS | {"CodeLength": 99}]
    assert inbox() == []


def test_sending_again_texts_again_in_order(application: Application) -> None:
    """Nothing deduplicates; both lists are newest last, and the codes differ."""
    references = [f"reference-{number}" for number in range(5)] * 2
    for reference in references:
        application.send(ReferenceId=reference, CodeLength=8)
    assert [text["referenceId"] for text in inbox()] == references
    assert [request["ReferenceId"] for request in received_requests()] == references
    assert len({code_in(text) for text in inbox()}) > 1  # all but certainly


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
    assert abs(datetime.now(UTC) - sent_at(inbox()[0])) < A_MINUTE


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


# --- Reserved destinations ---


@pytest.mark.parametrize("destination", ["+12065550100", "+12065550111", "+4915112345678"])
def test_other_number_is_sent(application: Application, destination: str) -> None:
    """0100 and every number that is not reserved get the text and a success."""
    answer = application.send(DestinationIdentity=destination)
    assert answer["Result"][destination]["DeliveryStatus"] == "SUCCESSFUL"
    assert [text["to"] for text in inbox()] == [destination]


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ("01", "OPT_OUT"),
        ("02", "PERMANENT_FAILURE"),
        ("03", "THROTTLED"),
        ("04", "TEMPORARY_FAILURE"),
        ("05", "UNKNOWN_FAILURE"),
        ("06", "TIMEOUT"),
        ("07", "DUPLICATE"),
    ],
)
def test_undelivered_message_answers_200_with_its_status(
    application: Application, last: str, status: str
) -> None:
    """The call succeeds, the result does not, and nobody is texted."""
    destination = f"+120655501{last}"
    result = application.send(DestinationIdentity=destination)["Result"][destination]
    assert result["DeliveryStatus"] == status
    assert isinstance(result["StatusCode"], int)
    assert result["StatusCode"] != 200
    assert result["StatusMessage"]
    assert "MessageId" not in result
    assert inbox() == []
    assert len(received_requests()) == 1


@pytest.mark.parametrize(
    ("destination", "error"),
    [
        (TOO_LATE, ReadTimeoutError),
        (SERVER_ERROR, "InternalServerErrorException"),
        (DROPPED, ConnectionClosedError),
    ],
)
def test_lost_answer_raises_after_the_text_went_out(
    application: Application, destination: str, error: type[Exception] | str
) -> None:
    """boto3 raises what it would for a real connection; the text and its code are there."""
    exceptions = application.client.exceptions
    with pytest.raises(getattr(exceptions, error) if isinstance(error, str) else error):
        application.send(DestinationIdentity=destination)
    [text] = inbox()
    assert text["to"] == destination
    assert application.verify(code_in(text), DestinationIdentity=destination) is True


def test_botocore_retries_a_lost_answer_and_texts_again(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that retries texts twice here, just as it would over a network."""
    # botocore would sleep between its attempts.
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    retrying = Application(pinpoint_client(attempts=2), application.id)
    with pytest.raises(ConnectionClosedError):
        retrying.send(DestinationIdentity=DROPPED)
    assert [text["to"] for text in inbox()] == [DROPPED, DROPPED]
