"""docs/openapi.json: the contract for programs, in OpenAPI 3.1 and JSON Schema 2020-12.

The requests come from `requests`, the answers from `answers`, and their schemas from
`answer_schemas`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.api.rest_api import STAGE
from lambda_src.otp.time_limits import WINDOW_SECONDS
from sandbox.state import REGION

from . import answer_schemas, requests
from .answer_schemas import ref
from .answers import REQUEST_ID, SEND, VERIFY, ProblemAnswer, answers, codes

_ROOT = Path(__file__).resolve().parent.parent.parent

_JSON, _PROBLEM = "application/json", "application/problem+json"
_DESCRIPTION = f"""\
Sends one-time passwords by text, and verifies them: a deployment of Serverless OTP in its \
operator's AWS account.

**Signing.** Every request is signed with AWS Signature Version 4 for the service `execute-api` \
and the deployment's region, by a principal that the operator allows to call the path.

**Repeating.** `POST /otp` may be repeated with the same ReferenceId, with or without an \
answer: it texts at most once in {WINDOW_SECONDS // 60} minutes, and reports the outcome. \
`POST /otp/verify` may be repeated if `retryable` is true.

**Problems.** Every answer except 200 is a problem document (RFC 9457). Branch on its `code`: a \
status may have several. Members and codes may be added.
"""

_OPERATIONS: Mapping[str, Mapping[str, str]] = {
    SEND: {
        "path": "/otp",
        "request": "SendOtpRequest",
        "answer": "SendOtpAnswer",
        "summary": "Send a one-time password",
        "description": "Sends one text for a ReferenceId. A repeated request gets the first "
        "answer, and sends nothing.",
        "effect": "Texted?",
        "done": "yes",
        "success": "The text was sent, now or by an earlier and identical request.",
    },
    VERIFY: {
        "path": "/otp/verify",
        "request": "VerifyOtpRequest",
        "answer": "VerifyOtpAnswer",
        "summary": "Verify a one-time password",
        "description": "Asks Amazon Pinpoint whether a code is right. It is not idempotent: a "
        "repeated request is another attempt, and a right code is valid once.",
        "effect": "Attempt used?",
        "done": "unless the code is right",
        "success": "Whether the code is right.",
    },
}

_APPLICATION = "7353f53e6885409fa32d07cedexample"
_MESSAGE = "zddtksh0y0x8ip3d0myygnn4r7hocbn77le307"
_SUCCESSES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    SEND: {
        "Sent": {
            "MessageResponse": {
                "ApplicationId": _APPLICATION,
                "RequestId": "9ca56be0-a2ef-4074-9622-bc32c52e6e3f",
                "Result": {
                    "+12065550100": {
                        "DeliveryStatus": "SUCCESSFUL",
                        "MessageId": _MESSAGE,
                        "StatusCode": 200,
                        "StatusMessage": f"MessageId: {_MESSAGE}",
                    }
                },
            }
        }
    },
    VERIFY: {
        "Right": {"VerificationResponse": {"Valid": True}},
        "NotRight": {"VerificationResponse": {"Valid": False}},
    },
}

_STATUSES = {
    400: "The request is not valid. Nothing was done.",
    403: "The caller or the destination is not allowed; the code says which. Nothing was done.",
    409: "The outcome of this ReferenceId is not known. Nothing is sent now.",
    413: "The body is too large. Nothing was done.",
    415: "The media type is not JSON. Nothing was done.",
    422: "The request cannot succeed as it is. Nothing was done.",
    429: "Too many requests or texts. Nothing was done.",
    500: "The service failed. What was done depends on the code.",
    502: "The answer is lost.",
    503: "Not now. Nothing was done.",
    504: "The answer is lost, or came too late.",
}

_COMPONENT_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "CacheControl": {
        "description": "No answer may be cached.",
        "required": True,
        "schema": {"const": "no-store"},
        "example": "no-store",
    },
    "RequestId": {
        "description": "Finds this request in the operator's log. In a replayed problem, "
        "`requestId` is that of the first request.",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "example": REQUEST_ID,
    },
    "RetryAfter": {
        "description": "The seconds after which the same request may be repeated. Present if "
        "`retryable` is true.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 5,
    },
    "IdempotentReplayed": {
        "description": "This is the answer to an earlier and identical request, byte for byte. "
        "Otherwise the header is absent.",
        "schema": {"const": "true"},
        "example": "true",
    },
}
_HEADERS = {
    "Cache-Control": "CacheControl",
    "X-Request-Id": "RequestId",
    "Retry-After": "RetryAfter",
    "Idempotent-Replayed": "IdempotentReplayed",
}


def page() -> str:
    """Write the document as it stands in its file."""
    everything = [
        answer for name in _OPERATIONS for among in answers(name).values() for answer in among
    ]
    document = {
        "openapi": "3.1.1",
        "info": {
            "title": "Serverless OTP",
            "version": (_ROOT / "VERSION").read_text().strip(),
            "summary": "Verify phone numbers with at most one text per ReferenceId",
            "description": _DESCRIPTION,
            "license": {"name": "MIT-0", "identifier": "MIT-0"},
        },
        "servers": _servers(),
        "security": [{"sigv4": []}],
        "tags": [{"name": "otp", "description": "One-time passwords"}],
        "paths": {of["path"]: {"post": _operation(name)} for name, of in _OPERATIONS.items()},
        "components": {
            "securitySchemes": {"sigv4": _security()},
            "headers": _COMPONENT_HEADERS,
            "schemas": {
                **{of["request"]: requests.schema(of["request"]) for of in _OPERATIONS.values()},
                **answer_schemas.of_aws(_OPERATIONS[SEND]["answer"], _OPERATIONS[VERIFY]["answer"]),
                **answer_schemas.of_problems(everything),
            },
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _servers() -> list[dict[str, Any]]:
    return [
        {
            "url": f"https://{{apiId}}.execute-api.{{region}}.amazonaws.com/{STAGE}",
            "description": "A deployment: its output ApiUrl",
            "variables": {
                "apiId": {"default": "a1b2c3d4e5", "description": "The ID of the API"},
                "region": {"default": "eu-west-1", "description": "The AWS region"},
            },
        },
        {
            "url": f"http://localhost:{{port}}/_aws/execute-api/{{apiId}}/{STAGE}",
            "description": f"The sandbox, in {REGION}; its state.json has the address as apiUrl",
            "variables": {
                "port": {"default": "4566", "description": "Another port if this one is taken"},
                "apiId": {"default": "a1b2c3d4", "description": "The ID of the API"},
            },
        },
    ]


def _security() -> dict[str, Any]:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html
    return {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4 for the service `execute-api`.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    }


def _operation(name: str) -> dict[str, Any]:
    of = _OPERATIONS[name]
    return {
        "operationId": name,
        "tags": ["otp"],
        "summary": of["summary"],
        "description": of["description"],
        # The question that `x-carried-out` of a problem answers.
        "x-effect": of["effect"],
        "requestBody": {
            "required": True,
            "content": {
                _JSON: {
                    "schema": ref(of["request"]),
                    "examples": {
                        example: {"summary": shows, "value": value}
                        for example, (shows, value) in requests.EXAMPLES[of["request"]].items()
                    },
                }
            },
        },
        "responses": {
            "200": _success(name),
            **{str(status): _problems(status, among) for status, among in answers(name).items()},
        },
    }


def _success(name: str) -> dict[str, Any]:
    of = _OPERATIONS[name]
    return {
        "description": of["success"],
        "x-carried-out": of["done"],
        "headers": _headers(replayed=name == SEND),
        "content": {
            _JSON: {
                "schema": ref(of["answer"]),
                "examples": {
                    example: {"value": value} for example, value in _SUCCESSES[name].items()
                },
            }
        },
    }


def _problems(status: int, among: list[ProblemAnswer]) -> dict[str, Any]:
    by_code = codes(among)
    problems = [answer.problem for answer in among]
    retryable = {problem.retry_after is not None for problem in problems}
    one_of = [ref(code) for code in by_code]
    of_a_code: dict[str, Any] = one_of[0]
    if len(one_of) > 1:
        of_a_code = {
            "oneOf": one_of,
            "discriminator": {
                "propertyName": "code",
                "mapping": {code: ref(code)["$ref"] for code in by_code},
            },
        }
    return {
        "description": _STATUSES[status],
        "headers": _headers(
            retry_after=any(retryable),
            always=all(retryable),
            # A repeated request gets the same answer: see `otp.once`.
            replayed=any(of.keeps_reference_id and not of.maybe_texted for of in problems),
        ),
        "content": {
            _PROBLEM: {
                "schema": {**of_a_code, "properties": {"status": {"const": status}}},
                "examples": {
                    answer.name: {
                        "summary": answer.problem.title,
                        **({"description": "By API Gateway."} if answer.by_the_gateway else {}),
                        "value": answer.document(),
                    }
                    for answer in among
                },
            }
        },
    }


def _headers(
    *, retry_after: bool = False, always: bool = False, replayed: bool = False
) -> dict[str, Any]:
    headers: dict[str, Any] = {
        header: {"$ref": f"#/components/headers/{name}"} for header, name in _HEADERS.items()
    }
    if not retry_after:
        del headers["Retry-After"]
    elif always:
        headers["Retry-After"] = {**_COMPONENT_HEADERS["RetryAfter"], "required": True}
    if not replayed:
        del headers["Idempotent-Replayed"]
    return headers
