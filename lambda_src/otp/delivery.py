"""The message itself: Amazon Pinpoint's SendOTPMessage, and what its answers mean.

Everything that can come back is one of three: sent, certainly not sent, or unknown. The only
room that knows which AWS service sends.
"""

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from random import SystemRandom
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    EndpointProviderError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
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
from .settings import PINPOINT_ATTEMPTS, TimeLimits
from .telemetry import mask

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_pinpoint.client import PinpointClient
    from mypy_boto3_pinpoint.type_defs import (
        SendOTPMessageRequestParametersTypeDef,
        SendOTPMessageResponseTypeDef,
    )

# botocore raises these where there is no connection, and so no request. Its other errors may come
# after the request has left: a read that timed out or a connection that closed, of course, but an
# SSLError too, since TLS fails in the middle of an answer as well as in the handshake.
_NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
# And these before it even looks for a connection.
_NEVER_MADE = (
    CredentialRetrievalError,
    EndpointProviderError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

_NOT_TAKEN = (HTTPStatus.TOO_MANY_REQUESTS,)
_REFUSED_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_REFUSED_DEPLOYMENT = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

_FIRST_PAUSE_SECONDS = 0.2
# Functions restored from one snapshot must not pause alike; the system's randomness is not in it.
_JITTER = SystemRandom()


def create_pinpoint_client(limits: TimeLimits) -> "PinpointClient":
    """Create the client that sends. It must not retry: a retry may be a second text.

    `total_max_attempts` counts the first attempt; `max_attempts` would not, and would retry once.
    """
    return boto3.client(
        "pinpoint",
        config=Config(
            connect_timeout=limits.pinpoint_connect,
            read_timeout=limits.pinpoint_read,
            retries={"total_max_attempts": 1},
        ),
    )


class Delivery:
    """Sends messages through one Pinpoint application.

    Args:
        client: from `create_pinpoint_client`.
        application_id: the application.
        limits: how long all attempts may take together.
        logger: told what only the operator may know.
        pause: waits some seconds between two attempts.

    """

    def __init__(
        self,
        client: "PinpointClient",
        application_id: str,
        limits: TimeLimits,
        logger: "Logger",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._application_id = application_id
        self._limits = limits
        self._logger = logger
        self._pause = pause

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
            answer = self._request(parameters)
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

    def _request(
        self, parameters: "SendOTPMessageRequestParametersTypeDef"
    ) -> "SendOTPMessageResponseTypeDef":
        """Make the request; again only if it certainly did not text, and there is time."""
        limits = self._limits
        last_start = time.monotonic() + limits.pinpoint_all_attempts
        last_start -= limits.pinpoint_connect + limits.pinpoint_read
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._client.send_otp_message(
                    ApplicationId=self._application_id, SendOTPMessageRequestParameters=parameters
                )
            except Exception as error:
                pause = _JITTER.uniform(0, _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
                in_time = time.monotonic() + pause <= last_start
                if not (_was_not_taken(error) and attempt < PINPOINT_ATTEMPTS and in_time):
                    raise
                self._logger.info("Pinpoint did not take the message", attempt=attempt)
                self._pause(pause)

    def _refused(self, error: ClientError) -> NoReturn:
        status = _status(error)
        code = error.response["Error"].get("Code", "")
        message = error.response["Error"].get("Message", "")
        if status in _NOT_TAKEN:
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


def _was_not_taken(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return _status(error) in _NOT_TAKEN
    return isinstance(error, _NEVER_LEFT)


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


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
