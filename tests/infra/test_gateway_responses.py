"""API Gateway's own answers: a problem document for each of its error types."""

import json
import re

import pytest

from tests.support import cfn
from tests.support.templates import RenderedTemplate

#: Status and code of each error type; the status is API Gateway's own:
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
ANSWERS = [
    (400, "InvalidRequest", "BAD_REQUEST_BODY BAD_REQUEST_PARAMETERS DEFAULT_4XX"),
    (401, "AccessDenied", "UNAUTHORIZED"),
    (403, "AccessDenied", "ACCESS_DENIED EXPIRED_TOKEN INVALID_API_KEY INVALID_SIGNATURE"),
    (403, "AccessDenied", "MISSING_AUTHENTICATION_TOKEN WAF_FILTERED"),
    (404, "NotFound", "RESOURCE_NOT_FOUND"),
    (413, "PayloadTooLarge", "REQUEST_TOO_LARGE"),
    (415, "UnsupportedMediaType", "UNSUPPORTED_MEDIA_TYPE"),
    (429, "Throttled", "QUOTA_EXCEEDED THROTTLED"),
    (500, "Misconfigured", "AUTHORIZER_CONFIGURATION_ERROR AUTHORIZER_FAILURE"),
    (500, "OutcomeUnknown", "API_CONFIGURATION_ERROR"),
    (502, "OutcomeUnknown", "DEFAULT_5XX"),
    (504, "OutcomeUnknown", "INTEGRATION_FAILURE INTEGRATION_TIMEOUT"),
]
TYPES = [(type_, status, code) for status, code, types in ANSWERS for type_ in types.split()]


def test_every_error_type_has_one_response(template: RenderedTemplate) -> None:
    """At most four are created at once, because API Gateway throttles their creation."""
    responses = [found.properties for found in template.all(cfn.GATEWAY_RESPONSE)]
    types = sorted(found["ResponseType"] for found in responses)
    assert types == sorted(type_ for type_, *_ in TYPES)
    first = [
        found for found in template.all(cfn.GATEWAY_RESPONSE) if "DependsOn" not in found.whole
    ]
    assert len(first) == 4
    assert {found["RestApiId"] for found in responses} == {template.only(cfn.API).ref}


@pytest.mark.parametrize(("type_", "status", "code"), TYPES)
def test_error_is_a_problem_in_the_contracts_shape(
    production: RenderedTemplate, type_: str, status: int, code: str
) -> None:
    """The template uses no context variable except the request ID, which holds no input."""
    responses = [found.properties for found in production.all(cfn.GATEWAY_RESPONSE)]
    [properties] = [found for found in responses if found["ResponseType"] == type_]
    [(accepted, template)] = properties["ResponseTemplates"].items()
    assert accepted == "application/json"
    assert set(re.findall(r"\$[\w.]+", template)) == {"$context.requestId"}
    assert "#" not in template
    problem = json.loads(template)
    assert problem.pop("title")
    # The function may have texted before its answer was lost.
    assert ("same ReferenceId" in problem.pop("detail")) == (code == "OutcomeUnknown")
    # API Gateway's one check has the function's words.
    checked = [{"pointer": "", "detail": "Must be a JSON object with at least one member."}]
    assert problem.pop("errors", None) == (checked if type_ == "BAD_REQUEST_BODY" else None)
    assert properties["StatusCode"] == str(status)
    assert problem == {
        "type": f"urn:problem-type:serverless-otp:{code}",
        "status": status,
        "code": code,
        "retryable": status == 429,
        "requestId": "$context.requestId",
    }
    headers = {
        name.removeprefix("gatewayresponse.header."): value
        for name, value in properties["ResponseParameters"].items()
    }
    retry_after = headers.pop("Retry-After", "")
    assert bool(re.fullmatch(r"'[1-9]\d*'", retry_after)) == (status == 429)
    assert headers == {
        "Content-Type": "'application/problem+json'",
        "Cache-Control": "'no-store'",
        "X-Request-Id": "context.requestId",
    }
