"""What API Gateway answers by itself, as the emulator produces it: problems, like all the others.

A function that dies is in test_faults.py.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3

from sandbox import client
from sandbox.client import HttpAnswer
from tests.support.deployment import Deployment, request

if TYPE_CHECKING:
    from mypy_boto3_apigateway.client import APIGatewayClient


def assert_problem(answer: HttpAnswer, status: int, code: str) -> None:
    """Fail unless an answer is a problem document in the contract's shape."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:problem-type:serverless-otp:{code}"
    assert problem["requestId"] == answer.headers["X-Request-Id"]


def test_unsigned_request_is_a_problem(deployment: Deployment) -> None:
    """API Gateway's own 403, before the function is asked."""
    answer = deployment.post(json.dumps(request()).encode(), signed=False)
    assert_problem(answer, 403, "AccessDenied")
    assert answer.json()["retryable"] is False


def test_path_that_there_is_not_is_a_problem(deployment: Deployment) -> None:
    """API Gateway calls it a missing token, and so another 403."""
    answer = client.post(deployment.state, "/nowhere", b"{}")
    assert_problem(answer, 403, "AccessDenied")
    assert "no such path" in answer.json()["detail"]


def test_too_many_requests_are_a_problem_that_says_when_to_repeat(
    deployment: Deployment,
) -> None:
    """429 by API Gateway: nothing was sent, and repeating is right."""
    asked = request()
    with throttled(deployment):
        answers = [deployment.send(asked) for _ in range(5)]

    refused = next(answer for answer in answers if answer.status == 429)
    assert_problem(refused, 429, "Throttled")
    assert refused.json()["retryable"] is True
    assert int(refused.headers["Retry-After"]) > 0


@contextlib.contextmanager
def throttled(deployment: Deployment) -> Iterator[None]:
    """Have the method take one request at once and one a second; afterwards, as deployed."""
    gateway: APIGatewayClient = boto3.client("apigateway", **client.aws_options(deployment.state))
    [api] = gateway.get_rest_apis()["items"]
    [stage] = gateway.get_stages(restApiId=api["id"])["item"]
    method = "/~1otp/POST"

    def patch(*operations: Any) -> None:
        gateway.update_stage(
            restApiId=api["id"], stageName=stage["stageName"], patchOperations=operations
        )

    patch(
        {"op": "replace", "path": f"{method}/throttling/rateLimit", "value": "1"},
        {"op": "replace", "path": f"{method}/throttling/burstLimit", "value": "1"},
    )
    try:
        yield
    finally:
        patch({"op": "remove", "path": method})
