"""Failures of AWS and of the network, for `Service.fail` and `Service.on`."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

ENDPOINT = "https://aws.example.com"

#: The request never left; and the request left, but its outcome is unknown.
NO_CONNECTION = EndpointConnectionError(endpoint_url=ENDPOINT)
NO_ANSWER = ReadTimeoutError(endpoint_url=ENDPOINT)


def respond(status: int, body: Any) -> Callable[..., AWSResponse]:
    """Make a `before-send` handler that answers in place of AWS."""

    class Raw:
        def stream(self, **_: object) -> Any:
            yield body if isinstance(body, bytes) else json.dumps(body).encode()

    def handler(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), Raw())

    return handler


def throttled(code: str, status: int = 400) -> Any:
    """Return what a `before-call` handler returns to have the call refused."""
    parsed = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return SimpleNamespace(status_code=status), parsed


def throttle(times: int) -> Callable[..., Any]:
    """Make a `before-call` handler that answers 429 so many times, then lets calls through."""
    left = iter(range(times))

    def handler(**_: Any) -> Any:
        return None if next(left, None) is None else throttled("x", 429)

    return handler
