"""Events as the functions get them."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from tests.support.numbers import number_for

from .function import Function


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What API Gateway is told to answer."""

    status: int
    headers: dict[str, str]
    body: str


def request(**fields: Any) -> dict[str, Any]:
    """Make a request to send, with a random ReferenceId and a number of its own."""
    reference_id = str(uuid.uuid4())
    return {
        "ReferenceId": reference_id,
        "DestinationIdentity": number_for(reference_id),
        **fields,
    }


def post(function: Function, fields: dict[str, Any]) -> HttpAnswer:
    """Call a function through API Gateway."""
    outcome = function.invoke(
        {
            "resource": "/otp",
            "path": "/otp",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "requestContext": {"requestId": str(uuid.uuid4()), "stage": "v1"},
            "body": json.dumps(fields),
            "isBase64Encoded": False,
        }
    )
    assert not outcome.failed, outcome
    assert outcome.body.keys() == {"statusCode", "headers", "body"}
    return HttpAnswer(outcome.body["statusCode"], outcome.body["headers"], outcome.body["body"])
