"""Calls Amazon Pinpoint's OTP operations; repeats a call only if Pinpoint did not accept it.

A call is done, certainly not done, or unknown. `delivery` says what that means for a text, and
`verification` for a code.
"""

import re
import ssl
import time
from collections.abc import Callable
from http import HTTPStatus
from random import SystemRandom
from typing import TYPE_CHECKING, NoReturn, TypeVar

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
    SSLError,
)
from urllib3.util.ssl_match_hostname import CertificateError

from ..contract.problems import (
    Misconfigured,
    OutcomeUnknown,
    RejectedByPinpoint,
    Throttled,
    Unavailable,
)
from ..runtime.clients import create_client
from ..runtime.deadline import Deadline
from ..runtime.masking import mask
from ..time_limits import PINPOINT_ATTEMPTS, TimeLimits

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_pinpoint.client import PinpointClient

_T = TypeVar("_T")

# botocore raises these if there is no connection, and so no request; and an SSLError if the
# certificate is not trusted. Its other errors may come after the request has left: a read timeout,
# a closed connection, and any other SSLError, since TLS can fail in the middle of an answer.
_NO_CONNECTION = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
# Raised by OpenSSL about the certificate, by urllib3 about the name in it.
_NOT_TRUSTED = (ssl.SSLCertVerificationError, CertificateError)
# Raised before botocore opens a connection.
_NEVER_MADE = (
    CredentialRetrievalError,
    EndpointProviderError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

# A code has five to eight digits. AWS's messages may repeat the input that they refuse.
_CODE = re.compile(r"\d{5,}")

_NOT_TAKEN = (HTTPStatus.TOO_MANY_REQUESTS,)
_REFUSED_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_REFUSED_DEPLOYMENT = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

# Lambda freezes a function between two requests. A connection that the other side has closed
# meanwhile looks open, and the outcome of a text sent on it would be unknown.
_TRUSTED_SECONDS = 20

_FIRST_PAUSE_SECONDS = 0.2
# The system's randomness is not in a snapshot: functions restored from one pause differently.
_JITTER = SystemRandom()


def create_pinpoint_client(limits: TimeLimits) -> "PinpointClient":
    """Create the client. It never retries: that could be a second text, or a second attempt."""
    client: PinpointClient = create_client(
        "pinpoint",
        connect_seconds=limits.pinpoint_connect,
        read_seconds=limits.pinpoint_read,
    )
    return client


class PinpointCalls:
    """Calls one operation of one Pinpoint application, and turns its failures into problems.

    Args:
        client: from `create_pinpoint_client`.
        application_id: the application.
        limits: how long all attempts may take together.
        logger: for details that only the operator may see.
        pause: waits some seconds between two attempts.

    Class attributes:
        not_done: for details: a call that was not accepted had no effect.
        unknown: the detail of OutcomeUnknown.
        cannot: for details: what a deployment that is set up wrongly cannot do.

    """

    not_done: str
    unknown: str
    cannot: str

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
        self.has_connected()

    def has_connected(self) -> None:
        """Note that the connection was opened or used just now."""
        # Not the monotonic clock, which stops while the function is frozen.
        self._connected_at = time.time()

    def _call(self, request: Callable[[], _T]) -> _T:
        """Make a request and read its answer; repeat it only if it was not accepted, and in time.

        Raises:
            OutcomeUnknown: it may have had its effect.
            Problem: any other one means that it certainly had none.

        """
        try:
            return self._until_taken(request)
        except ClientError as error:
            self._refused(error)
        except _NEVER_MADE as error:
            self._misconfigured("Could not make the request to Pinpoint", type(error).__name__)
        except Exception as error:
            if _never_left(error):
                raise Unavailable(
                    f"Amazon Pinpoint could not be reached. {self.not_done}; repeat the request."
                ) from error
            # A broken connection, a late or unreadable answer, or anything else: the request may
            # have left, so no exception may look like "not done".
            self._logger.exception("No readable answer from Pinpoint: outcome unknown")
            raise OutcomeUnknown(self.unknown) from error

    def _until_taken(self, request: Callable[[], _T]) -> _T:
        limits = self._limits
        deadline = Deadline(limits.pinpoint_all_attempts)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._on_a_fresh_connection(request)
            except Exception as error:
                pause = _JITTER.uniform(0, _FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
                in_time = deadline.leaves(pause + limits.pinpoint_attempt)
                if not (_was_not_taken(error) and attempt < PINPOINT_ATTEMPTS and in_time):
                    raise
                self._logger.info("Pinpoint did not accept the request: retrying", attempt=attempt)
                self._pause(pause)

    def _on_a_fresh_connection(self, request: Callable[[], _T]) -> _T:
        if not 0 <= time.time() - self._connected_at <= _TRUSTED_SECONDS:
            self._client.close()  # it opens a new one by itself
        try:
            return request()
        finally:
            self.has_connected()

    def _refused(self, error: ClientError) -> NoReturn:
        status = _status(error)
        code = error.response["Error"].get("Code", "")
        message = _CODE.sub("*****", mask(error.response["Error"].get("Message", "")))
        if status in _NOT_TAKEN:
            raise Throttled(
                f"Amazon Pinpoint is throttling requests. {self.not_done}; repeat the request."
            ) from error
        if status in _REFUSED_REQUEST:
            raise RejectedByPinpoint(f"Amazon Pinpoint refused the request: {message}") from error
        if status in _REFUSED_DEPLOYMENT:
            self._misconfigured(
                "Pinpoint denied the request or does not know the application", code, message
            )
        self._logger.error(
            "Pinpoint returned an error: outcome unknown",
            status_code=status,
            error=code,
            reason=message,
        )
        raise OutcomeUnknown(self.unknown) from error

    def _misconfigured(self, event: str, error: str, reason: str | None = None) -> NoReturn:
        self._logger.error(event, error=error, reason=reason)
        raise Misconfigured(
            f"The service cannot {self.cannot}. {self.not_done}; the reason is in the function's "
            "log."
        )


def _was_not_taken(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return _status(error) in _NOT_TAKEN
    return _never_left(error)


def _never_left(error: Exception) -> bool:
    if isinstance(error, SSLError):
        # botocore puts the reason into its text only; Python keeps the original exception.
        reason: BaseException | None = error
        while reason and not isinstance(reason, _NOT_TRUSTED):
            reason = reason.__cause__ or reason.__context__
        return reason is not None
    return isinstance(error, _NO_CONNECTION)


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
