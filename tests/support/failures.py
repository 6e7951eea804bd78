"""Failures of AWS and of the way there, for `Service.fail` and `Service.on`."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

ENDPOINT = "https://aws.example.com"

#: Nothing has left; and what has left may have been done.
NO_CONNECTION = EndpointConnectionError(endpoint_url=ENDPOINT)
NO_ANSWER = ReadTimeoutError(endpoint_url=ENDPOINT)


def respond(status: int, body: Any) -> Callable[..., AWSResponse]:
    """Answer a call in the place of AWS: for an event `before-send`."""

    class Raw:
        def stream(self, **_: object) -> Any:
            yield body if isinstance(body, bytes) else json.dumps(body).encode()

    def handler(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), Raw())

    return handler


def throttled(code: str, status: int = 400) -> Any:
    """Give what a handler of `before-call` returns to have the call refused."""
    parsed = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return SimpleNamespace(status_code=status), parsed


def throttle(times: int) -> Callable[..., Any]:
    """Answer 429 so often, and then let the call through: for an event `before-call`."""
    left = iter(range(times))

    def handler(**_: Any) -> Any:
        return None if next(left, None) is None else throttled("x", 429)

    return handler
