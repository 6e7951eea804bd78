"""What API Gateway answers by itself, as problem documents in the contract's shape.

A template must never name `$context.error.validationErrorString`: it holds what the caller wrote.
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
    "The request may have been carried out or not. Repeat a send with the same ReferenceId: that "
    "tells the outcome, and never texts twice. A verify may have used an attempt."
)
_SIGN = (
    "Sign the request with AWS Signature Version 4 for execute-api and this region, as a principal "
    "that may call this path."
)


class AccessDenied(Problem):
    """Whoever calls may not, or has not said who they are."""

    code = "AccessDenied"
    status = 403
    title = "The caller may not make this request"


class NotAuthenticated(AccessDenied):
    """The same, where HTTP asks for another status."""

    status = 401


class NotFound(Problem):
    """There is no such path."""

    code = "NotFound"
    status = 404
    title = "There is no such resource"


class NotInvoked(OutcomeUnknown):
    """API Gateway could not invoke the function, or could not read what it answered."""

    status = 500


class ConnectionLost(OutcomeUnknown):
    """The function ended without an answer: API Gateway's 502."""

    status = 502


def problems() -> Iterator[tuple[str, Problem]]:
    """Give the problem of every type of response that API Gateway has."""
    body = InvalidRequest(
        "The body must be a JSON object with at least one member.",
        [FieldError("", "Must be a JSON object with at least one member.")],
    )
    ours = Misconfigured(
        "The service is not set up correctly; its operator finds the reason in API Gateway's log."
    )
    yield "BAD_REQUEST_BODY", body
    yield "BAD_REQUEST_PARAMETERS", InvalidRequest("The request's parameters are not valid.")
    yield "DEFAULT_4XX", InvalidRequest("API Gateway cannot read the request.")
    yield "UNAUTHORIZED", NotAuthenticated(_SIGN)
    for type_ in ("ACCESS_DENIED", "EXPIRED_TOKEN", "INVALID_API_KEY", "INVALID_SIGNATURE"):
        yield type_, AccessDenied(_SIGN)
    # What API Gateway calls so is also a path that there is not.
    yield "MISSING_AUTHENTICATION_TOKEN", AccessDenied(f"{_SIGN} Or there is no such path.")
    yield "WAF_FILTERED", AccessDenied("A firewall rule of the service refuses the request.")
    yield "RESOURCE_NOT_FOUND", NotFound("POST to a path of the API that there is.")
    yield "REQUEST_TOO_LARGE", PayloadTooLarge("The request is larger than API Gateway takes.")
    yield "UNSUPPORTED_MEDIA_TYPE", UnsupportedMediaType("Send the request as application/json.")
    for type_ in ("THROTTLED", "QUOTA_EXCEEDED"):
        yield type_, Throttled("Too many requests are being made. Nothing was sent; repeat this.")
    for type_ in ("AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE"):
        yield type_, ours
    yield "API_CONFIGURATION_ERROR", NotInvoked(_LEARN_THE_OUTCOME)
    # An answer of the function that is none, or no function to answer: what it did is not known.
    yield "DEFAULT_5XX", ConnectionLost(_LEARN_THE_OUTCOME)
    for type_ in ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"):
        yield type_, OutcomeUnknown(_LEARN_THE_OUTCOME)


def add_gateway_responses(api: apigateway.RestApi) -> None:
    """Give the API a problem document for each error that it produces itself.

    They are created a few at a time: API Gateway's control plane refuses many at once.
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
            # The one template that API Gateway uses, whatever the caller accepts.
            templates={"application/json": answer.body},
        )
        if len(created) >= _AT_ONCE:
            response.node.add_dependency(created[-_AT_ONCE])
        created.append(response)
