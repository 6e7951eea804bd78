"""What API Gateway answers by itself: a problem document for every kind of error that it has."""

import json
import re
from typing import Any

import pytest

from infra.api.gateway_responses import problems

from .helpers import API, GATEWAY_RESPONSE, RenderedTemplate, Resource

#: Every type, with the status that API Gateway gives it by itself:
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
TYPES = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_CONFIGURATION_ERROR": 500,
    "AUTHORIZER_FAILURE": 500,
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 502,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 504,
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 403,
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
}

#: Of a status, what a caller branches on.
CODES = {
    400: "InvalidRequest",
    401: "AccessDenied",
    403: "AccessDenied",
    404: "NotFound",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    429: "Throttled",
    502: "OutcomeUnknown",
    504: "OutcomeUnknown",
}

#: Where the service's own setup is at fault, and where it may not be.
CODES_OF_500 = {
    "API_CONFIGURATION_ERROR": "OutcomeUnknown",
    "AUTHORIZER_CONFIGURATION_ERROR": "Misconfigured",
    "AUTHORIZER_FAILURE": "Misconfigured",
}

REQUEST_ID = "5c0b2f0e-0d4e-4f4b-9a0e-3f0c6f0e7a11"


def response(template: RenderedTemplate, type_: str) -> Resource:
    """Give the gateway response of a type."""
    [found] = [
        resource
        for resource in template.all(GATEWAY_RESPONSE)
        if resource.properties["ResponseType"] == type_
    ]
    return found


def document(template: RenderedTemplate, type_: str) -> dict[str, Any]:
    """Render a gateway response as API Gateway does, and decode it."""
    [body] = response(template, type_).properties["ResponseTemplates"].values()
    decoded: dict[str, Any] = json.loads(body.replace("$context.requestId", REQUEST_ID))
    return decoded


def test_every_kind_of_error_has_a_response(template: RenderedTemplate) -> None:
    """No error of API Gateway's comes in its own shape, and none is answered twice."""
    types = [found.properties["ResponseType"] for found in template.all(GATEWAY_RESPONSE)]
    assert sorted(types) == sorted(TYPES)
    api = template.only(API).ref
    assert all(found.properties["RestApiId"] == api for found in template.all(GATEWAY_RESPONSE))


@pytest.mark.parametrize(("type_", "status"), TYPES.items())
def test_error_is_a_problem_in_the_contracts_shape(
    production: RenderedTemplate, type_: str, status: int
) -> None:
    """Status, code and request ID are where the function puts them, and match each other."""
    properties = response(production, type_).properties
    problem = document(production, type_)

    assert properties["StatusCode"] == str(status)
    assert problem["status"] == status
    assert problem["code"] == (CODES_OF_500[type_] if status == 500 else CODES[status])
    assert problem["type"] == f"urn:problem-type:serverless-otp:{problem['code']}"
    assert problem["requestId"] == REQUEST_ID
    assert problem["title"]
    assert problem["detail"]
    assert problem.keys() - {"errors"} == {
        *("type", "title", "status", "detail", "code", "retryable", "requestId")
    }


@pytest.mark.parametrize("type_", TYPES)
def test_error_has_the_headers_of_a_problem(production: RenderedTemplate, type_: str) -> None:
    """Media type, request ID, no caching; and how long to wait exactly where waiting helps."""
    headers = {
        name.removeprefix("gatewayresponse.header."): value
        for name, value in response(production, type_).properties["ResponseParameters"].items()
    }
    retry_after = headers.pop("Retry-After", None)
    assert headers == {
        "Content-Type": "'application/problem+json'",
        "Cache-Control": "'no-store'",
        "X-Request-Id": "context.requestId",
    }
    retryable = document(production, type_)["retryable"]
    assert bool(retry_after) == retryable == (TYPES[type_] == 429)
    if retry_after:
        assert re.fullmatch(r"'[1-9]\d*'", retry_after)


@pytest.mark.parametrize("type_", TYPES)
def test_nothing_that_the_caller_wrote_comes_back(production: RenderedTemplate, type_: str) -> None:
    """Of all that a template could name there is the request ID only, and no validation error."""
    templates = response(production, type_).properties["ResponseTemplates"]
    assert templates.keys() == {"application/json"}
    assert set(re.findall(r"\$[\w.]+", templates["application/json"])) == {"$context.requestId"}
    assert "#" not in templates["application/json"]


@pytest.mark.parametrize(
    "type_",
    ["API_CONFIGURATION_ERROR", "DEFAULT_5XX", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"],
)
def test_caller_who_got_no_answer_is_told_to_repeat_the_same_reference_id(
    production: RenderedTemplate, type_: str
) -> None:
    """Nobody knows whether the function texted before it was lost."""
    detail = document(production, type_)["detail"]
    assert "same ReferenceId" in detail
    assert "never texts twice" in detail


def test_bad_body_is_said_as_the_function_says_it(production: RenderedTemplate) -> None:
    """The one thing that API Gateway checks is in `errors`, where a caller looks for it."""
    [error] = document(production, "BAD_REQUEST_BODY")["errors"]
    assert error == {
        "pointer": "",
        "detail": "Must be a JSON object with at least one member.",
    }


def test_no_type_is_forgotten_in_the_code() -> None:
    """The code and AWS's list name the same types."""
    assert {type_ for type_, _ in problems()} == set(TYPES)
