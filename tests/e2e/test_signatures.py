"""The emulated AWS serves those who have the secret of the sandbox's key."""

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sandbox import client
from sandbox.state import ACCOUNT_ID
from tests.support.deployment import Deployment, request

OPERATIONS = {
    "cloudformation": "list_stacks",
    "dynamodb": "list_tables",
    "iam": "list_users",
    "lambda": "list_functions",
    "s3": "list_buckets",
    "sqs": "list_queues",
    "sts": "get_caller_identity",
}


def call(deployment: Deployment, service: str, **credentials: str) -> Any:
    """Call a service with the sandbox's credentials, or with others."""
    session: Any = boto3.Session()
    options = client.aws_options(deployment.state) | credentials
    return getattr(session.client(service, **options), OPERATIONS[service])()


@pytest.mark.parametrize("service", OPERATIONS)
def test_signed_call_is_served_and_not_shared(deployment: Deployment, service: str) -> None:
    """By boto3, as on AWS; its answer is for no page of another origin."""
    answer = call(deployment, service)["ResponseMetadata"]

    assert answer["HTTPStatusCode"] == 200
    assert [name for name in answer["HTTPHeaders"] if name.startswith("access-control")] == []


@pytest.mark.parametrize("service", OPERATIONS)
@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param({"aws_secret_access_key": "sandbox"}, id="what everybody would guess"),
        pytest.param(
            {"aws_access_key_id": "test", "aws_secret_access_key": "test"}, id="MiniStack's own"
        ),
        pytest.param({"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, id="unknown key"),
        pytest.param({"aws_session_token": "guessed"}, id="token of no session"),
    ],
)
def test_call_signed_by_somebody_else_is_refused(
    deployment: Deployment, service: str, credentials: dict[str, str]
) -> None:
    """With the service's own error, which boto3 understands."""
    with pytest.raises(ClientError) as refusal:
        call(deployment, service, **credentials)

    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}
    assert refusal.value.response["Error"]["Code"] in {
        *("InvalidSignatureException", "SignatureDoesNotMatch", "InvalidToken"),
        *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId"),
        "InvalidClientTokenIdException",
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/2015-03-31/functions/"),
        ("POST", "/?Action=ListUsers"),
        ("POST", "/_ministack/reset"),
        ("GET", "/_aws/sqs/messages"),
        ("GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test/20260101/eu-west-1/s3/x"),
    ],
)
def test_unsigned_call_is_refused(deployment: Deployment, method: str, path: str) -> None:
    """What MiniStack has besides AWS included."""
    url = deployment.state.awsEndpoint + path

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(url, method=method))

    with refusal.value as answer:
        assert answer.status in {400, 403}
    assert deployment.texts() is not None


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"credentials": Credentials(ACCOUNT_ID, "guessed")}, id="another secret"),
        pytest.param(
            {"headers": {"Authorization": "Bearer test"}, "signed": False}, id="no signature"
        ),
    ],
)
def test_api_refuses_a_wrong_signature(deployment: Deployment, options: dict[str, Any]) -> None:
    """With an answer of its own, as on AWS, and texts nobody."""
    asked = request()

    answer = client.post(deployment.state, "/otp", json.dumps(asked).encode(), **options)

    assert deployment.texts(asked["ReferenceId"]) == []
    assert (answer.status, answer.json().get("code")) in {
        (403, "AccessDenied"),
        (400, "InvalidRequest"),  # to what is no signature at all
    }
