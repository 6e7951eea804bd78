"""The emulator of Pinpoint, asked by somebody with the send function's role."""

import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.deployment import request

from .account import Account


def send(account: Account, pinpoint: Any, **options: str) -> Any:
    """Send as the function does."""
    return pinpoint.send_otp_message(
        **{"ApplicationId": account.state.applicationId, **options},
        SendOTPMessageRequestParameters={
            "BrandName": "ExampleCorp",
            "Channel": "SMS",
            "OriginationIdentity": "+18555550142",
            **request(),
        },
    )


def guessing_root(account: Account, service: str, endpoint: str) -> Any:
    """Make a client of somebody who knows root's key ID, and not its secret."""
    session: Any = boto3.Session(
        account.state.accessKeyId, "guessed", region_name=account.state.region
    )
    return session.client(service, endpoint_url=endpoint)


def why(refusal: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    """Say with what status and error a call was refused."""
    answer = refusal.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_the_role_may_send_with_the_deployments_application(account: Account) -> None:
    """Called by hand, with a session of the role."""
    pinpoint = account.client("pinpoint", account.roles["send"])

    assert send(account, pinpoint)["MessageResponse"]["Result"]


def test_the_role_may_not_send_with_another_application(account: Account) -> None:
    """AWS's error, which names who may not do what, and to what."""
    pinpoint = account.client("pinpoint", account.roles["send"])

    with pytest.raises(
        ClientError, match=r"SendOTPMessage on resource: .*:apps/other/otp "
    ) as error:
        send(account, pinpoint, ApplicationId="other")

    assert why(error) == (403, "AccessDeniedException")
    assert f"assumed-role/{account.roles['send'].name}/" in str(error.value)


def test_a_stranger_may_not_verify(account: Account) -> None:
    """Verifying is an action of its own, on a resource of its own."""
    pinpoint = account.client("pinpoint", account.roles["stranger"])

    with pytest.raises(ClientError, match=r"VerifyOTPMessage on resource: .*/verify-otp ") as error:
        pinpoint.verify_otp_message(
            ApplicationId=account.state.applicationId,
            VerifyOTPMessageRequestParameters={**request(), "Otp": "123456"},
        )

    assert why(error) == (403, "AccessDeniedException")


@pytest.mark.parametrize(
    ("changed", "error_code"),
    [
        ({"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "UnrecognizedClientException"),
        ({"aws_secret_access_key": "guessed"}, "InvalidSignatureException"),
        ({"aws_session_token": "guessed"}, "UnrecognizedClientException"),
    ],
)
def test_credentials_must_be_whole(
    account: Account, changed: dict[str, str], error_code: str
) -> None:
    """The key ID alone proves nothing: the signature is checked."""
    whole = account.session(account.roles["send"]).get_credentials()
    credentials = {
        "aws_access_key_id": whole.access_key,
        "aws_secret_access_key": whole.secret_key,
        "aws_session_token": whole.token,
    }
    pinpoint = boto3.client(
        "pinpoint",
        region_name=account.state.region,
        endpoint_url=account.state.pinpointEndpoint,
        **credentials | changed,
    )

    with pytest.raises(ClientError) as error:
        send(account, pinpoint)

    assert why(error) == (403, error_code)


@pytest.mark.parametrize("operation", ["list_functions of lambda", "list_buckets of s3"])
def test_root_must_have_its_secret(account: Account, operation: str) -> None:
    """Its key ID is known to everybody, and it may do everything."""
    name, _, service = operation.partition(" of ")
    client = guessing_root(account, service, account.state.awsEndpoint)

    with pytest.raises(ClientError) as error:
        getattr(client, name)()

    assert why(error) in {(403, "InvalidSignatureException"), (403, "SignatureDoesNotMatch")}


def test_root_must_have_its_secret_to_send(account: Account) -> None:
    """Pinpoint's emulator asks MiniStack."""
    pinpoint = guessing_root(account, "pinpoint", account.state.pinpointEndpoint)

    with pytest.raises(ClientError) as error:
        send(account, pinpoint)

    assert why(error) == (403, "InvalidSignatureException")


def test_an_unsigned_request_is_refused(account: Account) -> None:
    """403 MissingAuthenticationTokenException."""
    url = f"{account.state.pinpointEndpoint}/v1/apps/{account.state.applicationId}/otp"

    call = urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(call)

    with refusal.value as answer:
        assert answer.status == 403
        assert answer.headers["X-Amzn-ErrorType"] == "MissingAuthenticationTokenException"
