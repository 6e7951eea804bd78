"""How the function is called, and how it answers: through API Gateway, or by `lambda:Invoke`.

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

# Only a direct caller can write one.
_NO_EVENT = "This is not an event as API Gateway writes it: headers and body hold text."
_GLUE = "What goes between them is in docs/recipes-aws.md#events-of-other-services."

# The holder of temporary credentials chooses the last name in the ARN, anew as often as they like.
# Behind it is a role; or one of the IAM users who may federate, and the ARN does not tell which.
_SESSION = re.compile(r"^(arn:[^:]+:sts::\d+:(?:assumed-role/[^/]+|federated-user))/.*")

_Event = Any  # API Gateway's event, or any JSON value that a direct caller sends

Handler = Callable[[_Event, "LambdaContext"], dict[str, Any]]


class Call(Protocol):
    """One call of the function.

    Attributes:
        request_id: what the caller can quote, and finds in the log: API Gateway's, or Lambda's for
            a direct invoke, masked as every text there.
        caller: who calls: an ARN of IAM's. `DIRECT` for a direct invoke, which does not say who,
            and `UNKNOWN` where API Gateway does not know.
        problems_are_errors: True where the reply to a problem is a function error.

    """

    request_id: str
    caller: str
    problems_are_errors: bool

    def payload(self) -> object:
        """Decode the request; raises the Problem that it deserves."""

    def reply(self, answer: Answer) -> dict[str, Any]:
        """Write the answer as this caller reads it."""


class CountAnswer(Protocol):
    """Counts an answer, and never raises: see `RequestMetrics.count`."""

    def __call__(self, answer: Answer, *, started: float, reported_error: bool) -> None:
        """Count it."""


_Respond = Callable[[object, Call], Answer]


def answering(logger: "Logger", count: CountAnswer) -> Callable[[_Respond], Handler]:
    """Make a Lambda handler of a function from a payload and its call to an Answer.

    Whatever goes wrong is answered as a Problem; what nobody foresaw, as an InternalError whose
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
            logger.exception("Failed on our side", code=answer.code, exc_info=problem.__cause__)
        return answer
    except Exception:
        logger.exception("Nobody foresaw this")
        return InternalError(
            "The request failed. The operator finds the reason in the function's log."
        ).answer(call.request_id)


def _receive(event: _Event, context: "LambdaContext") -> Call:
    match event:
        # An HTTP API's event of version 1.0 has the same members, and says its version.
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
            raise PayloadTooLarge(f"The body may have at most {MAX_BODY_BYTES} bytes.")
        if not body.strip():
            raise InvalidRequest("The request has no body.")
        try:
            # Decoded here: `json` would also take UTF-16 and UTF-32, and pass halves of pairs on.
            text = body.decode()
            if text.startswith("\ufeff"):
                raise InvalidRequest("The body begins with a byte order mark: send it without.")
            return json.loads(text, object_pairs_hook=members)
        except (ValueError, RecursionError):  # brackets in brackets, before Python 3.13
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
        """Accept JSON, and what says nothing: then the body decides (RFC 9110, section 8.3)."""
        headers = self._event.get("headers") or {}
        if not isinstance(headers, dict):
            raise InvalidRequest(_NO_EVENT)
        for name, value in headers.items():
            if name.lower() == "content-type":
                if not isinstance(value, str):
                    raise InvalidRequest(_NO_EVENT)
                media_type = value.partition(";")[0].strip().lower()
                if media_type != "application/json" and not media_type.endswith("+json"):
                    raise UnsupportedMediaType("Send the request as application/json.")

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
        # Every request names one; what does not is refused here, or as a bad request later.
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
    """Make an ID what the log may hold of it; the answer has the same, so that it is found there.

    API Gateway takes over a caller's X-Amzn-RequestId that is a UUID, and has
    `<UUID>_REPLACED_INVALID_REQUEST_ID` for another one: its ID is the caller's text.
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
