"""Reads calls and writes replies: through API Gateway, or by a direct `lambda:Invoke`.

A direct invoke takes the same JSON object as the HTTP body and returns the same JSON object; a
failure there is a function error whose type is the problem's code and whose message is the
problem. https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

from ..runtime.masking import mask
from . import events_of_others
from .answer import Answer
from .problem import Problem
from .problems import InternalError, InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from .request import members

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.typing import LambdaContext


# The largest valid request is under 1 KB.
MAX_BODY_BYTES = 8 * 1024

_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9_-]")
_MOST_CHARACTERS = 80

DIRECT, UNKNOWN = "direct", "unknown"

# Only a direct caller can send one.
_NO_EVENT = "This looks like API Gateway's event, but its headers or its body are not strings."
_GLUE = "To convert it, see docs/recipes-aws.md#events-of-other-services."

# The last part of a session's ARN is chosen by the caller, who may change it for every request.
# Without it, the ARN names the role; of a federated user it does not tell which IAM user is behind
# it.
_SESSION = re.compile(r"^(arn:[^:]+:sts::\d+:(?:assumed-role/[^/]+|federated-user))/.*")

_Event = Any  # API Gateway's event, or any JSON value that a direct caller sends

Handler = Callable[[_Event, "LambdaContext"], dict[str, Any]]


class Call(Protocol):
    """One call of the function.

    Attributes:
        request_id: identifies the request in the answer and in the log: API Gateway's ID, or
            Lambda's for a direct invoke, masked like everything in the log.
        caller: the caller's IAM ARN; `DIRECT` for a direct invoke, which names no caller; `UNKNOWN`
            if API Gateway names none.
        problems_are_errors: True if a problem is replied as a function error.

    """

    request_id: str
    caller: str
    problems_are_errors: bool

    def payload(self) -> object:
        """Decode the request; raises a Problem if it cannot be read."""

    def reply(self, answer: Answer) -> dict[str, Any]:
        """Write the answer in this caller's format."""


class CountAnswer(Protocol):
    """Counts an answer, and never raises: see `RequestMetrics.count`."""

    def __call__(self, answer: Answer, *, started: float, reported_error: bool) -> None:
        """Count it."""


_Respond = Callable[[object, Call], Answer]


def answering(logger: "Logger", count: CountAnswer) -> Callable[[_Respond], Handler]:
    """Make a Lambda handler from a function that turns a payload and its call into an Answer.

    Every failure is answered as a Problem. An unexpected exception is an InternalError, whose
    details go to the log only.
    """

    def decorate(respond: _Respond) -> Handler:
        @wraps(respond)
        def handler(event: _Event, context: "LambdaContext") -> dict[str, Any]:
            started = time.time()
            call = _receive(event, context)
            logger.set_correlation_id(call.request_id)
            answer = _answer(call, respond, logger)
            logger.info(
                "answered",
                status=answer.status,
                code=answer.code or "OK",
                replayed=answer.replayed,
            )
            count(
                answer,
                started=started,
                reported_error=call.problems_are_errors and answer.code is not None,
            )
            return call.reply(answer)

        return handler

    return decorate


def _answer(call: Call, respond: _Respond, logger: "Logger") -> Answer:
    try:
        return respond(call.payload(), call)
    except Problem as problem:
        answer = problem.answer(call.request_id)
        if answer.server_error and problem.__cause__:
            logger.exception("Server error", code=answer.code, exc_info=problem.__cause__)
        return answer
    except Exception:
        logger.exception("Unhandled exception")
        return InternalError(
            "The request failed because of a bug. The details are in the function's log."
        ).answer(call.request_id)


def _receive(event: _Event, context: "LambdaContext") -> Call:
    match event:
        # An HTTP API's event of format 1.0 has the same members, and `version`.
        case {"httpMethod": str(), "requestContext": {"requestId": str()}} if (
            "version" not in event
        ):
            return _HttpCall(event)
    return _DirectCall(event, context)


class _HttpCall:
    """A call through API Gateway (REST API, Lambda proxy integration)."""

    problems_are_errors = False

    def __init__(self, event: dict[str, Any]) -> None:
        self._event = event
        self.request_id = _as_logged(event["requestContext"]["requestId"])
        self.caller = _caller(event["requestContext"])

    def payload(self) -> object:
        self._check_media_type()
        body = self._body()
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
        if not body.strip():
            raise InvalidRequest("The request has no body. Send a JSON object.")
        try:
            # Decode first: `json` would also accept UTF-16, UTF-32 and lone surrogates.
            text = body.decode()
            if text.startswith("\ufeff"):
                raise InvalidRequest("The body begins with a byte order mark. Remove it.")
            return json.loads(text, object_pairs_hook=members)
        except (ValueError, RecursionError):  # deep nesting, before Python 3.13
            raise InvalidRequest("The body is not valid JSON.") from None

    def reply(self, answer: Answer) -> dict[str, Any]:
        headers = {
            "Content-Type": "application/problem+json" if answer.code else "application/json",
            "Cache-Control": "no-store",
            "X-Request-Id": self.request_id,
        }
        if answer.retry_after is not None:
            headers["Retry-After"] = str(answer.retry_after)
        if answer.replayed:
            headers["Idempotent-Replayed"] = "true"
        return {"statusCode": answer.status, "headers": headers, "body": answer.body}

    def _check_media_type(self) -> None:
        """Accept JSON, and no Content-Type: then the body decides (RFC 9110, section 8.3)."""
        headers = self._event.get("headers") or {}
        if not isinstance(headers, dict):
            raise InvalidRequest(_NO_EVENT)
        for name, value in headers.items():
            if name.lower() == "content-type":
                if not isinstance(value, str):
                    raise InvalidRequest(_NO_EVENT)
                media_type = value.partition(";")[0].strip().lower()
                if media_type != "application/json" and not media_type.endswith("+json"):
                    raise UnsupportedMediaType(
                        "The Content-Type is not JSON. Send application/json."
                    )

    def _body(self) -> bytes:
        body = self._event.get("body") or ""
        if not isinstance(body, str):
            raise InvalidRequest(_NO_EVENT)
        if not self._event.get("isBase64Encoded"):
            return body.encode(errors="replace")
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidRequest("The body is not valid base64.") from None


class _DirectCall:
    """A call by `lambda:Invoke`, synchronous or not."""

    problems_are_errors = True

    def __init__(self, event: object, context: "LambdaContext") -> None:
        self._event = event
        self.request_id = _as_logged(context.aws_request_id)
        self.caller = DIRECT

    def payload(self) -> object:
        # Every request has one. Anything else is refused, here or by the parser.
        if isinstance(self._event, dict) and "ReferenceId" in self._event:
            return self._event
        if kind := events_of_others.kind(self._event):
            raise InvalidRequest(f"This is {kind}, not a request. {_GLUE}")
        return self._event

    def reply(self, answer: Answer) -> dict[str, Any]:
        if answer.code:
            # Lambda reports an exception's class name as errorType, its text as errorMessage.
            raise type(answer.code, (FunctionError,), {})(answer.body)
        reply: dict[str, Any] = json.loads(answer.body)
        if answer.replayed:
            reply["IdempotentReplayed"] = True
        return reply


def _as_logged(request_id: str) -> str:
    """Clean an ID for the log. The answer has the same form, so that it can be found there.

    API Gateway takes over a caller's X-Amzn-RequestId that is a UUID, and has
    `<UUID>_REPLACED_INVALID_REQUEST_ID` for another one: so the ID may be written by the caller.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
    """
    return mask(_NOT_IN_AN_ID.sub("", request_id)[:_MOST_CHARACTERS])


def _caller(request_context: dict[str, Any]) -> str:
    match request_context:
        case {"identity": {"userArn": str(arn)}}:
            return _SESSION.sub(r"\1", arn)
    return UNKNOWN


class FunctionError(Exception):
    """A problem, as a direct caller sees it."""
