"""The answers as JSON Schemas, for docs/openapi.json.

AWS's answers come from the SDK's description of Amazon Pinpoint, and problems from their classes.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import botocore.session
from botocore.model import MapShape, Shape, StructureShape

from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.contract.problems import InProgress
from lambda_src.otp.contract.request import MOST_ERRORS
from lambda_src.otp.rules.limits import MEANINGS

from .answers import ProblemAnswer, codes

_SAID_BY_THE_CODE = ("type", "title", "code", "retryable")

# The members that only some problems have.
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "errors": {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_ERRORS,
        "description": "The invalid fields, if any.",
        "items": {
            "type": "object",
            "properties": {
                "pointer": {
                    "type": "string",
                    "description": "The field: a JSON pointer (RFC 6901) into the request.",
                },
                "detail": {"type": "string", "description": "What is wrong with it."},
            },
            "required": ["pointer", "detail"],
        },
    },
    "limit": {
        "type": "string",
        "enum": [*MEANINGS],
        "description": "The configuration key of the limit that refuses longest.",
    },
    "retryAfter": {
        "type": "integer",
        "minimum": 1,
        "description": "The seconds of the header Retry-After.",
    },
}
# Required, if every problem of a code has them.
_ALWAYS = frozenset({"limit", "retryAfter"})


def ref(name: str) -> dict[str, Any]:
    """Refer to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def of_aws(sent_name: str, verified_name: str) -> dict[str, Any]:
    """Write the schemas of the two successes, AWS's own answers, under these names."""
    pinpoint = botocore.session.get_session().get_service_model("pinpoint")
    sent, verified = (
        _of_aws(pinpoint.operation_model(operation).output_shape)
        for operation in ("SendOTPMessage", "VerifyOTPMessage")
    )
    # AWS may leave these out, but then the service does not answer 200.
    message = sent["properties"]["MessageResponse"]
    message["required"] = [*message["required"], "Result"]
    result = message["properties"]["Result"]
    result |= {"minProperties": 1, "maxProperties": 1, "description": "By the number."}
    result["additionalProperties"]["properties"]["DeliveryStatus"] = {"const": "SUCCESSFUL"}
    verified["properties"]["VerificationResponse"]["required"] = ["Valid"]
    for answer in (sent, verified):
        answer["description"] = "As Amazon Pinpoint answered it."
    return {sent_name: sent, verified_name: verified}


def of_problems(everything: Iterable[ProblemAnswer]) -> dict[str, Any]:
    """Write a schema for all problems, and one for each code.

    Args:
        everything: the answers of all operations.

    Raises:
        KeyError: a problem has a member that is not described here.

    """
    by_code = codes(everything)
    schemas: dict[str, Any] = {
        "Problem": {
            "type": "object",
            "description": "A failure (RFC 9457).",
            "properties": {
                "type": {"type": "string", "format": "uri", "description": "Names the problem."},
                "title": {"type": "string", "description": "The same for all problems of a type."},
                "status": {"type": "integer", "description": "The HTTP status."},
                "detail": {
                    "type": "string",
                    "description": "A sentence for a developer; it may change.",
                },
                "code": {"type": "string", "enum": [*by_code], "description": "To branch on."},
                "retryable": {
                    "type": "boolean",
                    "description": "Whether the same request may be repeated, and can succeed.",
                },
                "requestId": {
                    "type": "string",
                    "description": "Leads the operator to the log of the request.",
                },
            },
            "required": [*("type", "title", "status", "detail", "code", "retryable", "requestId")],
        }
    }
    for code, among in by_code.items():
        documents = [answer.document() for answer in among]
        base = schemas["Problem"]["properties"]
        more = {name: _MEMBERS[name] for one in documents for name in one if name not in base}
        always = [
            name for name in more if name in _ALWAYS and all(name in one for one in documents)
        ]
        schemas[code] = {
            "allOf": [ref("Problem")],
            "properties": {
                **{name: {"const": documents[0][name]} for name in _SAID_BY_THE_CODE},
                **more,
            },
            **({"required": always} if always else {}),
            "x-carried-out": _carried_out(among[0].problem),
            **_repeat([answer.problem for answer in among]),
        }
    return schemas


def _of_aws(shape: Shape | None) -> dict[str, Any]:
    """Write a shape of the SDK as a schema."""
    match shape:
        case StructureShape():
            required = {"required": shape.required_members} if shape.required_members else {}
            members = {name: _of_aws(member) for name, member in shape.members.items()}
            return {"type": "object", "properties": members, **required}
        case MapShape():
            return {"type": "object", "additionalProperties": _of_aws(shape.value)}
        case Shape(type_name="string" | "integer" | "boolean"):
            # AWS may add values, so a string has no enum.
            return {"type": shape.type_name}
    raise ValueError(f"docs/generate/openapi.py cannot write {shape}.")


def _carried_out(problem: Problem) -> str:
    """Say whether the text went out, or an attempt was used."""
    if problem.maybe_texted:
        return "maybe"
    return "by another request, maybe" if isinstance(problem, InProgress) else "no"


def _repeat(among: Sequence[Problem]) -> dict[str, Any]:
    first = among[0].retry_after
    if first is None:
        return {}
    # An instance may set its own wait.
    varies = any(type(problem).retry_after != problem.retry_after for problem in among)
    return {"x-retry-after-seconds": "as the header says" if varies else first}
