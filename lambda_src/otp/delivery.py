"""The message itself: Amazon Pinpoint's SendOTPMessage, and what its answers mean.

Everything that can come back is one of three: sent, certainly not sent, or unknown. The only
room that knows which AWS service sends.
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProxyConnectionError,
)

from .problems import (
    DuplicateDestination,
    Misconfigured,
    OptedOut,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
    RejectedByPinpoint,
    TemporaryFailure,
    Throttled,
    Unavailable,
)
from .settings import PINPOINT_CONNECT_SECONDS, PINPOINT_READ_SECONDS
from .telemetry import mask

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_pinpoint.client import PinpointClient
    from mypy_boto3_pinpoint.type_defs import (
        SendOTPMessageRequestParametersTypeDef,
    )

# botocore raises these before the first byte of a request leaves: no connection, no request.
_NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
_NEVER_MADE = (NoCredentialsError, ParamValidationError)

_REFUSED_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_REFUSED_DEPLOYMENT = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


def create_pinpoint_client() -> "PinpointClient":
    """Create the client that sends. It must not retry: a retry may be a second text.

    `total_max_attempts` counts the first attempt; `max_attempts` would not, and would retry once.
    """
    return boto3.client(
        "pinpoint",
        config=Config(
            connect_timeout=PINPOINT_CONNECT_SECONDS,
            read_timeout=PINPOINT_READ_SECONDS,
            retries={"total_max_attempts": 1},
        ),
    )


class Delivery:
    """Sends messages through one Pinpoint application.

    Args:
        client: from `create_pinpoint_client`.
        application_id: the application.
        logger: told what only the operator may know.

    """

    def __init__(self, client: "PinpointClient", application_id: str, logger: "Logger") -> None:
        self._client = client
        self._application_id = application_id
        self._logger = logger

    def send(self, parameters: "SendOTPMessageRequestParametersTypeDef") -> str:
        """Send one message.

        Returns:
            The body of the 200: `{"MessageResponse": …}` as AWS returned it, as JSON. It is made
            here because nothing that can fail may come after the message has gone out.

        Raises:
            OutcomeUnknown: the message may have been sent.
            Problem: any other one says for certain that it was not.

        """
        try:
            answer = self._client.send_otp_message(
                ApplicationId=self._application_id, SendOTPMessageRequestParameters=parameters
            )
            [result] = answer["MessageResponse"]["Result"].values()
            status = result["DeliveryStatus"]
            body = json.dumps({"MessageResponse": answer["MessageResponse"]})
        except ClientError as error:
            self._refused(error)
        except _NEVER_LEFT as error:
            raise Unavailable(
                "Amazon Pinpoint could not be reached. Nothing was sent; repeat the request."
            ) from error
        except _NEVER_MADE as error:
            self._misconfigured(type(error).__name__, "The request could not be made")
        except Exception as error:
            # A broken connection, an answer that is late or cannot be read, or anything else: the
            # request may have left, so no exception may look like "not sent".
            self._logger.exception("Pinpoint's answer is lost")
            raise _unknown() from error
        if status != "SUCCESSFUL":
            self._logger.warning(
                "Pinpoint did not send",
                delivery_status=status,
                status_code=result.get("StatusCode"),
                status_message=result.get("StatusMessage"),
            )
            raise _not_successful(status)
        return body

    def _refused(self, error: ClientError) -> NoReturn:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response["Error"].get("Code", "")
        message = error.response["Error"].get("Message", "")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Throttled(
                "Amazon Pinpoint takes no more messages right now. Nothing was sent; "
                "repeat the request."
            ) from error
        if status in _REFUSED_REQUEST:
            raise RejectedByPinpoint(
                f"Amazon Pinpoint refused the request: {mask(message)}"
            ) from error
        if status in _REFUSED_DEPLOYMENT:
            self._misconfigured(code, message)
        self._logger.error("Pinpoint failed", status_code=status, error=code, reason=message)
        raise _unknown() from error

    def _misconfigured(self, error: str, message: str) -> NoReturn:
        self._logger.error("Pinpoint does not let us send", error=error, reason=message)
        raise Misconfigured(
            "The service cannot send messages; its operator finds the reason in the function's log."
        )


def _unknown() -> Problem:
    return OutcomeUnknown(
        "The message may have been sent or not. Do not assume either: the same ReferenceId never "
        "sends it again. To send another one, use a new ReferenceId."
    )


def _not_successful(status: Any) -> Problem:  # noqa: ANN401 - AWS may add values
    """Say what a DeliveryStatus other than SUCCESSFUL means.

    Source: the DeliveryStatus values of MessageResult, Amazon Pinpoint API reference. TIMEOUT is
    in its prose only, and anything it does not list is as unknown as UNKNOWN_FAILURE.
    """
    match status:
        case "OPT_OUT":
            return OptedOut("The recipient has opted out of messages. Nothing was sent.")
        case "PERMANENT_FAILURE":
            return PermanentFailure(
                "The message cannot be delivered to this destination. Nothing was sent."
            )
        case "DUPLICATE":
            return DuplicateDestination(
                "Amazon Pinpoint calls the destination a duplicate. Nothing was sent."
            )
        case "THROTTLED":
            return Throttled(
                "Amazon Pinpoint throttled the message. Nothing was sent; repeat the request."
            )
        case "TEMPORARY_FAILURE":
            return TemporaryFailure(
                "The message could not be sent this time. Nothing was sent; repeat the request."
            )
        case _:
            return _unknown()
