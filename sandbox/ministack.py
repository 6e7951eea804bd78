"""MiniStack as the sandbox runs it: `python -m sandbox.ministack`.

It runs with the Python of `.venv-ministack`, and does three things more:

- It answers for a function that has died with the API's own gateway response, as AWS does, where
  MiniStack has an answer of its own.
- With `AUTH=true`, it judges requests to a service that it lacks, which is Pinpoint. A signed
  request with the two headers below is not served, whatever its path: the answer is 200 if its
  sender may do that action to that resource, else the error that AWS would give. The signature does
  not cover these headers, so that a request can be handed on as its sender signed it.
- With `AUTH=true`, it names log streams and the versions of functions as AWS does, where MiniStack
  takes the log group and the function for the resource: grants on `log-group:NAME:*`, which are
  what AWS documents and the CDK writes, would allow nothing.
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from ministack import app  # type: ignore[import-not-found]  # in .venv-ministack only
from ministack.core import (  # type: ignore[import-not-found]  # as above
    iam_actions,
    iam_evaluator,
    responses,
    router,
)
from ministack.services import apigateway_v1  # type: ignore[import-not-found]  # as above

_ACTION = b"x-sandbox-iam-action"  # such as mobiletargeting:SendOTPMessage
_RESOURCE = b"x-sandbox-iam-resource"  # the end of its ARN, such as apps/7353f53e/otp

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_ministack = app.app
_ministacks_resource_arn = iam_actions.extract_resource_arn
_ministacks_invoke = apigateway_v1._invoke_lambda_proxy_v1  # noqa: SLF001 - there is no other way in


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Judge a request that asks for it; MiniStack serves all others."""
    headers = dict(scope.get("headers", ()))
    if _ACTION not in headers:
        await _ministack(scope, receive, send)
        return
    status, answer_headers, answer = _judge(scope, headers, await _body(receive))
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in answer_headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": answer})


def _judge(
    scope: Message, raw_headers: Mapping[bytes, bytes], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Authenticate and authorize, as MiniStack does for a service of its own."""
    headers = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in raw_headers.items()
    }
    action, resource = raw_headers[_ACTION].decode(), raw_headers[_RESOURCE].decode()
    service = action.partition(":")[0]
    region = router.extract_region(headers)
    access_key = router.extract_access_key_id(headers)
    responses.set_request_account_id(
        iam_evaluator.find_iam_access_key_account(access_key) or access_key
    )
    responses.set_request_region(region)
    iam_evaluator.pin_signed_request(
        scope["method"], scope["raw_path"].decode("latin-1"), {}, scope["headers"]
    )
    iam_evaluator.pin_signed_body(body)
    arn = f"arn:aws:{service}:{region}:{responses.get_account_id()}:{resource}"
    denial = iam_evaluator.enforce(access_key, action, service, region, resource_arn=arn)
    if denial is None:
        return 200, {}, b""
    if isinstance(denial, iam_evaluator.AuthError):
        who, code, message = "", denial.code, denial.message
    else:
        who, code = denial.principal_arn, ""
        message = iam_actions.identity_denial_message(action, who, arn, denial.decision == "Deny")
    refusal: tuple[int, dict[str, str], bytes] = iam_actions.access_denied_response(
        service, action, who, str(uuid.uuid4()), error_code=code, message=message, headers=headers
    )
    return refusal


async def _invoke(*arguments: object, **options: object) -> object:
    """Invoke a function for an API, in place of MiniStack's function of this signature."""
    answer = await _ministacks_invoke(*arguments, **options)
    match answer:
        case (502, {"Content-Type": "application/json", **others}, _) if not others:
            # MiniStack's own, and not the function's, which names a request ID at least.
            return apigateway_v1._gw_error("DEFAULT_5XX", "Internal server error")  # noqa: SLF001 - as above
    return answer


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


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
    """Name the resource of a request, in place of MiniStack's function of this signature."""
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
        return None  # MiniStack has its own answer to what is no JSON object
    return stream


if __name__ == "__main__":
    apigateway_v1._invoke_lambda_proxy_v1 = _invoke  # noqa: SLF001 - as above
    if app.AUTH:
        app.app = application
        iam_actions.extract_resource_arn = _resource_arn
    app.main()
