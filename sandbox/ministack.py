"""MiniStack as the sandbox runs it: `python -m sandbox.ministack`.

It runs with the Python of `.venv-ministack` and changes MiniStack as follows:

- It refuses requests from web pages (`sandbox.door`), and lets no page read an answer.
- It refuses unsigned requests (`sandbox.signed`), with or without `AUTH=true`. Exceptions: the API,
  which has its own answer to an unsigned request, and MiniStack's health check.
- If a function has died, it returns the API's own gateway response, as AWS does. MiniStack's answer
  differs.
- It writes the event of an HTTP request as AWS does: without a version, and with the ID that the
  caller sets in X-Amzn-RequestId if that is a UUID.
- Its Lambda refuses payloads and names errors as AWS does (`sandbox.lambda_api`).
- It obeys an alias's configuration for failed asynchronous events. MiniStack obeys only the
  function's own.
- It finds no method at `//otp`. MiniStack skips the empty part of the path.
- It treats plain HTTP as TLS that a proxy has ended: policies of the stack and of the CDK's bucket
  require TLS, and nothing leaves this machine.
- With `AUTH=true`, it authorizes requests for Pinpoint, which it lacks. It does not serve a signed
  request that has the headers of `sandbox.signed`, whatever the path. It answers 200 if the sender
  may do that action to that resource, else with AWS's error. The signature does not cover these
  headers, so Pinpoint's emulator can forward a request as the sender signed it.
- With `AUTH=true`, the resource of a grant is the log stream or the function's version, as on AWS.
  MiniStack takes the log group and the function, so grants on `log-group:NAME:*`, which AWS
  documents and the CDK writes, would allow nothing.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ministack import app  # type: ignore[import-not-found]  # in .venv-ministack only
from ministack.core import iam_actions, sigv4  # type: ignore[import-not-found]  # as above
from ministack.services import apigateway_v1, lambda_svc  # type: ignore[import-not-found]  # as above

from . import door, lambda_api, signed

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_ministack = app.app
_ministacks_resource_arn = iam_actions.extract_resource_arn
_ministacks_event = apigateway_v1._build_lambda_event_v1  # noqa: SLF001 - there is no other way in
_ministacks_invoke_later = lambda_svc.invoke_async_with_retry
_ministacks_invoke = apigateway_v1._invoke_lambda_proxy_v1  # noqa: SLF001 - as above

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Refuse or authorize a request, or pass it on to MiniStack."""
    if scope["type"] == "lifespan":
        await _ministack(scope, receive, send)
        return
    if scope["type"] == "websocket":  # nothing here uses them
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = _headers(scope)
    if reason := door.refusal(headers, scope["server"][1]):
        await _answer(send, (403, {"content-type": "text/plain"}, reason.encode()))
        return
    body = await _body(receive)
    if app.AUTH and signed.ACTION in headers:
        await _answer(send, signed.judge(scope, headers, body))
    elif answer := signed.refusal(scope, headers, body):
        await _answer(send, answer)
    else:
        await _ministack(_as_on_aws(scope), _again(body, receive), _without_cors(send))


def _as_on_aws(scope: Message) -> Message:
    return {
        **scope,
        "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")],
        "path": scope["path"].replace("//", "/empty/") if _is_of_an_api(scope) else scope["path"],
    }


def _is_of_an_api(scope: Message) -> bool:
    path: str = scope["path"]
    return path.startswith("/_aws/execute-api/")


def _event(*arguments: object, **options: object) -> dict[str, Any]:
    """Write an API's event; replaces MiniStack's function."""
    event: dict[str, Any] = _ministacks_event(*arguments, **options)
    del event["version"]  # only an HTTP API's events have one
    headers = {name.lower(): value for name, value in (event["headers"] or {}).items()}
    if chosen := headers.get("x-amzn-requestid"):
        context = event["requestContext"]
        context["requestId"] = (
            chosen
            if _UUID.fullmatch(chosen)
            else f"{context['requestId']}_REPLACED_INVALID_REQUEST_ID"
        )
    return event


async def _invoke(*arguments: object, **options: object) -> object:
    """Invoke a function for an API; replaces MiniStack's function."""
    answer = await _ministacks_invoke(*arguments, **options)
    match answer:
        case (502, {"Content-Type": "application/json", **others}, _) if not others:
            # MiniStack's own answer: the function's has a request ID, at least.
            return apigateway_v1._gw_error("DEFAULT_5XX", "Internal server error")  # noqa: SLF001 - as above
    return answer


def _invoke_later(version: dict[str, Any], event: object) -> None:
    """Invoke a version of a function asynchronously; replaces MiniStack's function."""
    function = lambda_svc._functions[version["config"]["FunctionName"]]  # noqa: SLF001 - as above
    # The stack has one alias for each function.
    configured = list(function.get("event_invoke_configs", {}).values())
    _ministacks_invoke_later(
        {**version, "event_invoke_config": configured[-1]} if configured else version, event
    )


def _headers(scope: Message) -> dict[str, str]:
    """Read the headers; joins repeated ones with a comma, as SigV4 signs them."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), sigv4.decode_header_value(raw_value)
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return headers


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a receive function that delivers a body that was read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _without_cors(send: Send) -> Send:
    """Return a send function that drops the headers that let other origins read an answer."""

    async def send_without(message: Message) -> None:
        if "headers" in message:
            message["headers"] = [
                (name, value)
                for name, value in message["headers"]
                if not door.lets_others_read(name.decode("latin-1"))
            ]
        await send(message)

    return send_without


async def _answer(send: Send, answer: signed.Answer) -> None:
    status, headers, body = answer
    raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw_headers})
    await send({"type": "http.response.body", "body": body})


def _resource_arn(
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, list[str]],
    region: str,
    account: str,
) -> str:
    """Return the resource of a request; replaces MiniStack's function."""
    arn: str = _ministacks_resource_arn(
        service, method, path, headers, body, query, region, account
    )
    match service:
        case "logs" if stream := _log_stream(body):
            return f"{arn}:log-stream:{stream}"
        case "lambda" if qualifier := query.get("Qualifier"):
            return f"{arn}:{qualifier[0]}"
    return arn


def _log_stream(body: bytes) -> str | None:
    try:
        stream: str | None = json.loads(body).get("logStreamName")
    except (ValueError, AttributeError):
        return None  # MiniStack answers a body that is not a JSON object
    return stream


if __name__ == "__main__":
    apigateway_v1._build_lambda_event_v1 = _event  # noqa: SLF001 - as above
    apigateway_v1._invoke_lambda_proxy_v1 = _invoke  # noqa: SLF001 - as above
    lambda_svc.invoke_async_with_retry = _invoke_later
    lambda_svc.handle_request = lambda_api.handle
    lambda_svc._execute_function_warm = lambda_api.execute  # noqa: SLF001 - as above
    sigv4.request_time_failure = signed.time_failure
    app.app = application
    if app.AUTH:
        iam_actions.extract_resource_arn = _resource_arn
    app.main()
