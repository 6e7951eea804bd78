"""Calls of Amazon Pinpoint's OTP operations: made once, and again only if they were not taken.

Everything that can come back is one of three: done, certainly not done, or unknown. What it means
for a message is in `delivery`, and for a code in `verification`; no other room knows which AWS
service there is.
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

# botocore raises these where there is no connection, and so no request; and an SSLError where the
# certificate is not trusted. Its other errors may come after the request has left: a read that
# timed out or a connection that closed, of course, but any other SSLError too, since TLS fails in
# the middle of an answer as well as in the handshake.
_NO_CONNECTION = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
# OpenSSL says so of the certificate, urllib3 of the name in it.
_NOT_TRUSTED = (ssl.SSLCertVerificationError, CertificateError)
# And these before it even looks for a connection.
_NEVER_MADE = (
    CredentialRetrievalError,
    EndpointProviderError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

# A code: of five to eight digits. AWS's messages may repeat what they refuse.
_CODE = re.compile(r"\d{5,}")

_NOT_TAKEN = (HTTPStatus.TOO_MANY_REQUESTS,)
_REFUSED_REQUEST = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_REFUSED_DEPLOYMENT = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)

# Lambda freezes a function between two requests. A connection that the other side has closed or
# forgotten meanwhile looks open, and a message on it would be one whose answer is lost.
_TRUSTED_SECONDS = 20

_FIRST_PAUSE_SECONDS = 0.2
# Functions restored from one snapshot must not pause alike; the system's randomness is not in it.
_JITTER = SystemRandom()


def create_pinpoint_client(limits: TimeLimits) -> "PinpointClient":
    """Create the client; it does not retry, which may be a second text, or attempt."""
    client: PinpointClient = create_client(
        "pinpoint",
        connect_seconds=limits.pinpoint_connect,
        read_seconds=limits.pinpoint_read,
    )
    return client


class PinpointCalls:
    """Calls one operation of one Pinpoint application, and says what its failures mean.

    Args:
        client: from `create_pinpoint_client`.
        application_id: the application.
        limits: how long all attempts may take together.
        logger: told what only the operator may know.
        pause: waits some seconds between two attempts.

    Class attributes:
        not_done: says that a call which was not taken has had no effect.
        unknown: says that nobody can know whether it had.
        cannot: what a deployment cannot do that is set up wrongly.

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
        """Take note that the connection is new, or was used just now."""
        # The clock on the wall: the other one stands still while the function is frozen.
        self._connected_at = time.time()

    def _call(self, request: Callable[[], _T]) -> _T:
        """Make a request, and read its answer; again only if it was not taken, and there is time.

        Raises:
            OutcomeUnknown: it may have had its effect.
            Problem: any other one says for certain that it had none.

        """
        try:
            return self._until_taken(request)
        except ClientError as error:
            self._refused(error)
        except _NEVER_MADE as error:
            self._misconfigured(type(error).__name__, "The request could not be made")
        except Exception as error:
            if _never_left(error):
                raise Unavailable(
                    f"Amazon Pinpoint could not be reached. {self.not_done}; repeat the request."
                ) from error
            # A broken connection, an answer that is late or cannot be read, or anything else: the
            # request may have left, so no exception may look like "not done".
            self._logger.exception("Pinpoint's answer is lost")
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
                self._logger.info("Pinpoint did not take the request", attempt=attempt)
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
                f"Amazon Pinpoint takes no more requests right now. {self.not_done}; "
                "repeat the request."
            ) from error
        if status in _REFUSED_REQUEST:
            raise RejectedByPinpoint(f"Amazon Pinpoint refused the request: {message}") from error
        if status in _REFUSED_DEPLOYMENT:
            self._misconfigured(code, message)
        self._logger.error("Pinpoint failed", status_code=status, error=code, reason=message)
        raise OutcomeUnknown(self.unknown) from error

    def _misconfigured(self, error: str, message: str) -> NoReturn:
        self._logger.error("Pinpoint does not let us", error=error, reason=message)
        raise Misconfigured(
            f"The service cannot {self.cannot}; its operator finds the reason in the function's "
            "log."
        )


def _was_not_taken(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return _status(error) in _NOT_TAKEN
    return _never_left(error)


def _never_left(error: Exception) -> bool:
    if isinstance(error, SSLError):
        # botocore puts the reason into its text only; what it was raised in place of, Python keeps.
        reason: BaseException | None = error
        while reason and not isinstance(reason, _NOT_TRUSTED):
            reason = reason.__cause__ or reason.__context__
        return reason is not None
    return isinstance(error, _NO_CONNECTION)


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
