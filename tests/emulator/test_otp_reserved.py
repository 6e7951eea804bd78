"""The reserved destinations in mock_aws."""

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from sandbox.pinpoint import inbox, received_requests

from .helpers import Application, code_in, pinpoint_client

TOO_LATE = "+12065550108"
SERVER_ERROR = "+12065550109"
DROPPED = "+12065550110"


@pytest.mark.parametrize("destination", ["+12065550100", "+12065550111", "+4915112345678"])
def test_other_number_is_sent(application: Application, destination: str) -> None:
    """0100 and every number that is not reserved get the text and a success."""
    answer = application.send(DestinationIdentity=destination)
    assert answer["Result"][destination]["DeliveryStatus"] == "SUCCESSFUL"
    assert [text["to"] for text in inbox()] == [destination]


@pytest.mark.parametrize(
    ("destination", "status"),
    [
        ("+12065550101", "OPT_OUT"),
        ("+12065550102", "PERMANENT_FAILURE"),
        ("+12065550103", "THROTTLED"),
        ("+12065550104", "TEMPORARY_FAILURE"),
        ("+12065550105", "UNKNOWN_FAILURE"),
        ("+12065550106", "TIMEOUT"),
        ("+12065550107", "DUPLICATE"),
    ],
)
def test_undelivered_message_answers_200_with_its_status(
    application: Application, destination: str, status: str
) -> None:
    """The call succeeds, the result does not, and nobody is texted."""
    answer = application.send(DestinationIdentity=destination)
    result = answer["Result"][destination]
    assert result["DeliveryStatus"] == status
    assert isinstance(result["StatusCode"], int)
    assert result["StatusCode"] != 200
    assert result["StatusMessage"]
    assert "MessageId" not in result
    assert inbox() == []
    assert len(received_requests()) == 1


@pytest.mark.parametrize(
    ("destination", "error"), [(TOO_LATE, ReadTimeoutError), (DROPPED, ConnectionClosedError)]
)
def test_lost_answer_raises_after_the_text_went_out(
    application: Application, destination: str, error: type[Exception]
) -> None:
    """boto3 raises what it would for a real connection; the text and its code are there."""
    with pytest.raises(error):
        application.send(DestinationIdentity=destination)
    (text,) = inbox()
    assert text["to"] == destination
    assert application.verify(code_in(text), DestinationIdentity=destination) is True


def test_server_error_comes_after_the_text_went_out(application: Application) -> None:
    """0109 texts, then answers InternalServerErrorException."""
    with pytest.raises(application.client.exceptions.InternalServerErrorException) as caught:
        application.send(DestinationIdentity=SERVER_ERROR)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(inbox()) == 1


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
