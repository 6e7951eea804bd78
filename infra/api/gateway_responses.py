"""API Gateway's own answers, as problem documents of the contract.

A template must never use `$context.error.validationErrorString`: it holds the caller's input.
The response types: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from collections.abc import Iterator

from aws_cdk import aws_apigateway as apigateway

from lambda_src.otp.contract.problem import FieldError, Problem
from lambda_src.otp.contract.problems import (
    InvalidRequest,
    Misconfigured,
    OutcomeUnknown,
    PayloadTooLarge,
    Throttled,
    UnsupportedMediaType,
)

_AT_ONCE = 4

_LEARN_THE_OUTCOME = (
    "The request may or may not have been carried out. Repeat a send with the same ReferenceId: it "
    "returns the outcome, and never texts twice. A verify may have used an attempt."
)
_SIGN = (
    "The request is not signed, its signature is invalid, or its principal may not call this path. "
    "Sign it with AWS Signature Version 4 for execute-api and this region."
)


class AccessDenied(Problem):
    """The caller is not authenticated, or may not make this request."""

    code = "AccessDenied"
    status = 403
    title = "The caller may not make this request"


class NotAuthenticated(AccessDenied):
    """The same problem, for which HTTP has another status."""

    status = 401


class NotFound(Problem):
    """The path does not exist."""

    code = "NotFound"
    status = 404
    title = "There is no such resource"


class NotInvoked(OutcomeUnknown):
    """API Gateway could not invoke the function."""

    status = 500


class ConnectionLost(OutcomeUnknown):
    """The function ended without an answer: API Gateway's 502."""

    status = 502


def problems() -> Iterator[tuple[str, Problem]]:
    """Yield the type of each of API Gateway's own responses, and its problem."""
    body = InvalidRequest(
        "The body must be a JSON object with at least one member.",
        [FieldError("", "Must be a JSON object with at least one member.")],
    )
    ours = Misconfigured("The service is not set up correctly. The reason is in API Gateway's log.")
    yield "BAD_REQUEST_BODY", body
    yield "BAD_REQUEST_PARAMETERS", InvalidRequest("The request's parameters are not valid.")
    yield "DEFAULT_4XX", InvalidRequest("API Gateway cannot read the request.")
    yield "UNAUTHORIZED", NotAuthenticated(_SIGN)
    for type_ in ("ACCESS_DENIED", "EXPIRED_TOKEN", "INVALID_API_KEY", "INVALID_SIGNATURE"):
        yield type_, AccessDenied(_SIGN)
    # API Gateway also answers with this type if the path does not exist.
    yield "MISSING_AUTHENTICATION_TOKEN", AccessDenied(f"{_SIGN} Or the path does not exist.")
    yield (
        "WAF_FILTERED",
        AccessDenied(
            "A firewall rule blocked the request. The operator finds it in the firewall's log."
        ),
    )
    yield "RESOURCE_NOT_FOUND", NotFound("The path does not exist. POST to /otp or /otp/verify.")
    yield "REQUEST_TOO_LARGE", PayloadTooLarge("The request is larger than API Gateway accepts.")
    yield (
        "UNSUPPORTED_MEDIA_TYPE",
        UnsupportedMediaType("The Content-Type is not JSON. Send application/json."),
    )
    for type_ in ("THROTTLED", "QUOTA_EXCEEDED"):
        yield (
            type_,
            Throttled("API Gateway is throttling requests. Nothing was sent; repeat the request."),
        )
    for type_ in ("AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"):
        yield type_, ours
    yield "API_CONFIGURATION_ERROR", NotInvoked(_LEARN_THE_OUTCOME)
    # The function's answer was invalid, or there was none: the outcome is unknown.
    yield "DEFAULT_5XX", ConnectionLost(_LEARN_THE_OUTCOME)
    for type_ in ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"):
        yield type_, OutcomeUnknown(_LEARN_THE_OUTCOME)


def add_gateway_responses(api: apigateway.RestApi) -> None:
    """Add a problem document for each of API Gateway's own errors.

    They are created a few at a time: API Gateway's control plane throttles many at once.
    """
    created: list[apigateway.GatewayResponse] = []
    for type_, problem in problems():
        answer = problem.answer("$context.requestId")
        headers = {
            "Content-Type": "'application/problem+json'",
            "Cache-Control": "'no-store'",
            "X-Request-Id": "context.requestId",
        }
        if answer.retry_after is not None:
            headers["Retry-After"] = f"'{answer.retry_after}'"
        response = api.add_gateway_response(
            "".join(word.capitalize() for word in type_.split("_")),
            type=apigateway.ResponseType.of(type_),
            status_code=str(answer.status),
            response_headers=headers,
            # API Gateway uses this template whatever the caller accepts.
            templates={"application/json": answer.body},
        )
        if len(created) >= _AT_ONCE:
            response.node.add_dependency(created[-_AT_ONCE])
        created.append(response)
