"""Authenticates and authorizes requests to MiniStack.

By itself, MiniStack checks signatures only with `AUTH=true`, and never those of root, whose key ID
is known. Nor does it check the time of a signature whose date it cannot read. Here, it checks the
signature and the time of every request.
"""

import re
import uuid
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from ministack import app  # type: ignore[import-not-found]  # in .venv-ministack only
from ministack.core import (  # type: ignore[import-not-found]  # as above
    iam_actions,
    iam_evaluator,
    responses,
    router,
    sigv4,
)
from ministack.services import apigateway_v1  # type: ignore[import-not-found]  # as above

ACTION = "x-sandbox-iam-action"  # such as mobiletargeting:SendOTPMessage
_RESOURCE = "x-sandbox-iam-resource"  # the end of its ARN, such as apps/7353f53e/otp
_HOST = "x-sandbox-iam-host"  # the Host that was signed

Answer = tuple[int, Mapping[str, str], bytes]
Scope = MutableMapping[str, Any]

_ministacks_time_failure = sigv4.request_time_failure

# ISO 8601's basic format, which SigV4 demands.
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")


def refusal(scope: Scope, headers: Mapping[str, str], body: bytes) -> Answer | None:
    """Return the answer to a request that is not signed correctly, or None if it is.

    Args:
        scope: the request's ASGI scope.
        headers: by lower-case name.
        body: as it was sent.

    """
    method, path = scope["method"], scope["path"]
    if (method, path) == ("GET", "/_ministack/health"):
        return None
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    api = app._parse_execute_api_url(headers["host"], path)  # noqa: SLF001 - there is no other way in
    unsigned = "authorization" not in headers and not router.extract_access_key_id(headers, query)
    if api and unsigned:
        return None  # the API has its own answer to it
    failure = _failure(scope, headers, query, body)
    if failure is None:
        return None
    answer: Answer | None = None
    if api:
        answer = apigateway_v1.authentication_error_response(*api[:2], failure, headers, query)
    if answer is None:
        routing = app._routing_params(method, path, headers, body, query)  # noqa: SLF001 - as above
        service = router.detect_service(method, path, headers, routing)
        answer = app._credential_failure(  # noqa: SLF001 - as above
            service, "", str(uuid.uuid4()), failure, headers
        )
    return answer


def judge(scope: Scope, headers: Mapping[str, str], body: bytes) -> Answer:
    """Authenticate and authorize a request, as MiniStack does for its own services.

    Args:
        scope: the request's ASGI scope.
        headers: by lower-case name; the `x-sandbox-iam-*` headers name the action and the resource.
        body: as it was sent.

    """
    action, resource = headers[ACTION], headers[_RESOURCE]
    headers = {**headers, "host": headers[_HOST]}
    service = action.partition(":")[0]
    region = router.extract_region(headers)
    responses.set_request_region(region)
    denial = _failure(scope, headers, {}, body)
    arn = f"arn:aws:{service}:{region}:{responses.get_account_id()}:{resource}"
    if denial is None:
        access_key = router.extract_access_key_id(headers)
        denial = iam_evaluator.enforce(access_key, action, service, region, resource_arn=arn)
    if denial is None:
        return 200, {}, b""
    if isinstance(denial, iam_evaluator.AuthError):
        who, code, message = "", denial.code, denial.message
    else:
        who, code = denial.principal_arn, ""
        message = iam_actions.identity_denial_message(action, who, arn, denial.decision == "Deny")
    answer: Answer = iam_actions.access_denied_response(
        service, action, who, str(uuid.uuid4()), error_code=code, message=message, headers=headers
    )
    return answer


def time_failure(signature: Any) -> tuple[str, str] | None:  # noqa: ANN401 - sigv4.HeaderSignature
    """Return what is wrong with a signature's time, or None; replaces MiniStack's function."""
    if not _DATE.fullmatch(signature.amz_date):
        return "IncompleteSignature", "Date must be in ISO-8601 'basic format'."
    failure: tuple[str, str] | None = _ministacks_time_failure(signature)
    return failure


def _failure(
    scope: Scope, headers: Mapping[str, str], query: Mapping[str, list[str]], body: bytes
) -> Any:  # noqa: ANN401 - MiniStack's AuthError, or None
    """Find the signer; returns what is wrong with the signature, or None."""
    access_key = router.extract_access_key_id(headers, query)
    responses.set_request_account_id(
        iam_evaluator.find_iam_access_key_account(access_key) or access_key
    )
    if not access_key:
        return iam_evaluator.AuthError(
            "MissingAuthenticationToken", "Sign with the key in the sandbox's state.json."
        )
    iam_evaluator._signed_request.set(  # noqa: SLF001 - pin_signed_request leaves out root's
        iam_evaluator.SignedRequest(
            access_key,
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            query,
            headers,
            body=body,
            presigned="authorization" not in headers,
        )
    )
    checked = iam_evaluator.authenticate(access_key, responses.get_account_id())
    return checked if isinstance(checked, iam_evaluator.AuthError) else None
