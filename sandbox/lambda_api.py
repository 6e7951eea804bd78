"""Corrects MiniStack's Lambda answers to those of AWS.

- AWS refuses a payload that is not JSON; MiniStack invokes the function with an empty object.
- AWS names a function error after the exception's class
  (https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html); MiniStack names all of them
  `Runtime.HandlerError`. A process that dies without an exception keeps that name here; AWS names
  it `Runtime.ExitError`.
"""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from ministack.core import responses  # type: ignore[import-not-found]  # in .venv-ministack only
from ministack.services import lambda_svc  # type: ignore[import-not-found]  # as above

_UNNAMED = "Runtime.HandlerError"

_ministacks_handle = lambda_svc.handle_request
_ministacks_execute = lambda_svc._execute_function_warm  # noqa: SLF001 - there is no other way in


async def handle(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, list[str]]
) -> object:
    """Serve a request to the Lambda API; replaces MiniStack's function."""
    # Matches "/invocations" and "/response-streaming-invocations".
    if method == "POST" and path.endswith("invocations") and body and not _is_json(body):
        return responses.error_response_json(
            "InvalidRequestContentException",
            "Could not parse request body into json.",
            content_type="application/json",
        )
    return await _ministacks_handle(method, path, headers, body, query)


def execute(function: dict[str, Any], event: object, request_id: str) -> dict[str, Any]:
    """Run a function; replaces MiniStack's function."""
    result: dict[str, Any] = _ministacks_execute(function, event, request_id)
    match result:
        case {"error": True, "body": {"errorType": str(type_), "errorMessage": message} as error}:
            if type_ == _UNNAMED:
                error["errorType"] = _raised(result["log"], message) or _UNNAMED
    return result


def _raised(log: str, message: str) -> str | None:
    """Return the class of the exception whose traceback ends a log."""
    last = log.rstrip("\n")
    head = last.removesuffix(f": {message}" if message else "")
    if message and head == last:
        return None
    return head.rpartition("\n")[2].rpartition(".")[2]


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python parses although JSON has none."""
    raise ValueError(constant)
