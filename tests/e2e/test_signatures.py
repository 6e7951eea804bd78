"""The sandbox serves only requests signed with its secret key."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import urllib3
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from sandbox import client
from sandbox.state import ACCOUNT_ID
from tests.support.deployment import Deployment, request

# One service of each protocol, because MiniStack checks signatures for each separately.
OPERATIONS = {
    "dynamodb": "list_tables",
    "iam": "list_users",
    "lambda": "list_functions",
    "s3": "list_buckets",
}
WRONG = {
    "an obvious guess": {"aws_secret_access_key": "sandbox"},
    "MiniStack's own": {"aws_access_key_id": "test", "aws_secret_access_key": "test"},
    "unknown key": {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"},
    "token of no session": {"aws_session_token": "guessed"},
}


@pytest.mark.parametrize("service", OPERATIONS)
def test_calls_signed_with_the_secret_are_served(deployment: Deployment, service: str) -> None:
    """Other credentials get the service's own error, which boto3 parses."""

    def call(**credentials: str) -> Any:
        session: Any = boto3.Session()
        options = client.aws_options(deployment.state) | credentials
        return getattr(session.client(service, **options), OPERATIONS[service])()

    assert call()["ResponseMetadata"]["HTTPStatusCode"] == 200
    for credentials in WRONG.values():
        with pytest.raises(ClientError) as refusal:
            call(**credentials)
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
    """MiniStack's own endpoints, beside those of AWS, are refused, too."""
    answer = urllib3.request(method, deployment.state.awsEndpoint + path)

    assert answer.status in {400, 403}


def test_api_refuses_a_wrong_signature(deployment: Deployment) -> None:
    """API Gateway answers with a problem, and nobody is texted."""
    asked = request()
    body = json.dumps(asked).encode()
    guessed = Credentials(ACCOUNT_ID, "guessed")

    wrong = client.post(deployment.state, "/otp", body, credentials=guessed)
    none = client.post(deployment.state, "/otp", body, {"Authorization": "Bearer x"}, signed=False)

    assert (wrong.status, wrong.json()["code"]) == (403, "AccessDenied")
    assert (none.status, none.json()["code"]) in {(403, "AccessDenied"), (400, "InvalidRequest")}
    assert deployment.texts(asked["ReferenceId"]) == []


@pytest.mark.parametrize("days", [-1, 1])
@pytest.mark.parametrize(
    ("spelling", "refusal", "by_the_api"),
    [
        ("%Y%m%dT%H%M%SZ", "InvalidSignatureException", (403, "AccessDenied")),
        ("%Y%m%dT%H%M%S", "IncompleteSignatureException", (400, "InvalidRequest")),
        ("%Y%m%dT%H%M%S+0000", "IncompleteSignatureException", (400, "InvalidRequest")),
        ("%Y%m%d", "IncompleteSignatureException", (400, "InvalidRequest")),
    ],
)
def test_signature_of_another_day_is_refused(
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
    spelling: str,
    refusal: str,
    by_the_api: tuple[int, str],
    days: int,
) -> None:
    """Signatures expire after five minutes, by Lambda and the API, however the date is spelled."""
    then = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr("botocore.auth.SIGV4_TIMESTAMP", spelling)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
    asked = request()

    with pytest.raises(ClientError) as by_lambda:
        deployment.invoke(asked)
    answer = deployment.send(asked)

    assert by_lambda.value.response["Error"]["Code"] == refusal
    assert (answer.status, answer.json()["code"]) == by_the_api
    assert deployment.texts(asked["ReferenceId"]) == []
