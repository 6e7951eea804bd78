"""`lambda:Invoke`: the functions themselves, without the API."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's name, and its own
from botocore.parsers import ResponseParserError

from .aws import Aws
from .connections import MOST_CONNECTIONS, Connections, time_limits
from .problems import (
    AccessDenied,
    NotSent,
    OtpError,
    OutcomeUnknown,
    Throttled,
    UnexpectedAnswer,
    from_document,
)
from .retry import Clock, Lost
from .transport import Operation, Success, decoded, excerpt, success, unanswered

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class ByInvoke:
    """The way by `lambda:Invoke`.

    Args:
        send_function: the stack's output SendFunctionArn.
        verify_function: VerifyFunctionArn, or None as long as nothing is verified.
        aws: who calls.
        seconds: how long an attempt takes at most.
        clock: tells the time.

    """

    def __init__(
        self,
        send_function: str,
        verify_function: str | None,
        aws: Aws,
        seconds: float,
        clock: Clock,
    ) -> None:
        self._functions = {"send": send_function, "verify": verify_function}
        self._aws = aws
        self._clients = Connections(self._client, seconds, clock)

    def attempt(self, operation: Operation, body: bytes, seconds: float) -> Success:
        """Make one request, as `Transport` says."""
        function = self._functions[operation]
        if not function:
            raise ValueError("verify_function is missing: OtpClient needs it to verify.")
        # Refreshed here, botocore does not have to: what fails of that has sent nothing.
        self._aws.fresh_credentials()
        try:
            client = self._clients.within(seconds)
            answer = client.invoke(FunctionName=function, Payload=body)
        except ClientError as error:
            raise _refusal(error) from error
        except (ConnectionError, HTTPClientError) as error:
            raise unanswered(error, client.meta.endpoint_url) from error
        except ResponseParserError as error:
            raise Lost(sent=True) from error
        except BotoCoreError as error:
            raise NotSent("The request could not be made, and nothing was sent.") from error
        try:
            payload = answer["Payload"].read()
        except Exception as error:
            # The request has left, whatever this is.
            raise Lost(sent=True) from error
        return _read(
            payload,
            operation,
            failed="FunctionError" in answer,
            request_id=answer["ResponseMetadata"].get("RequestId"),
        )

    def _client(self, seconds: float) -> "LambdaClient":
        connect, read = time_limits(seconds)
        config = Config(
            connect_timeout=connect,
            read_timeout=read,
            max_pool_connections=MOST_CONNECTIONS,
            # What is repeated, and when, is decided in one place.
            retries={"total_max_attempts": 1},
        )
        try:
            client: LambdaClient = self._aws.client("lambda", config)
        except ValueError as error:
            raise NotSent("AWS_ENDPOINT_URL is not a URL, so nothing was sent.") from error
        return client


def _read(payload: bytes, operation: Operation, *, failed: bool, request_id: str | None) -> Success:
    try:
        document: Any = decoded(payload)
    except ValueError as error:
        raise Lost(sent=True) from error
    response = success(document, operation)
    if failed:
        raise _failure(document, request_id)
    if response is None:
        raise UnexpectedAnswer(HTTPStatus.OK, excerpt(payload))
    return Success(
        response, replayed=document.get("IdempotentReplayed") is True, request_id=request_id
    )


def _failure(document: object, request_id: str | None) -> OtpError:
    """Read a function error: a problem that the function tells, or its death."""
    message = document.get("errorMessage") if isinstance(document, dict) else None
    try:
        problem = from_document(decoded(message.encode()) if isinstance(message, str) else None)
    except ValueError:
        problem = None
    return problem or OutcomeUnknown(
        "The function ended without an answer: it may have done what it was asked, or not.",
        status=HTTPStatus.BAD_GATEWAY,
        title="The outcome of the request is unknown",
        request_id=request_id,
    )


def _refusal(error: ClientError) -> Exception:
    """Say what it means that Lambda itself refuses; none of its messages, which quote."""
    metadata = error.response.get("ResponseMetadata", {})
    status, request_id = metadata.get("HTTPStatusCode", 0), metadata.get("RequestId")
    code = error.response.get("Error", {}).get("Code", "")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(
            "Lambda takes no more requests right now. Nothing was sent; repeat the request.",
            status=status,
            title="Too many requests are being made",
            retryable=True,
            retry_after=_seconds(metadata),
            request_id=request_id,
        )
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AccessDenied(
            f"Lambda answers {code}: these credentials may not invoke the function. "
            "Nothing was sent.",
            status=status,
            title="The caller may not make this request",
            request_id=request_id,
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Lost(sent=True)
    return UnexpectedAnswer(status, f"Lambda answers {code}.")


def _seconds(metadata: Any) -> int | None:  # noqa: ANN401 - the stubs' type has too few members
    value = metadata.get("HTTPHeaders", {}).get("retry-after", "")
    return int(value) if value.isascii() and value.isdecimal() else None
