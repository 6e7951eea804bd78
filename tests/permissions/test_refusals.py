"""Calls that a role, or an unsigned caller, must not be able to make.

Two roles may touch only some items of the table. MiniStack does not evaluate that condition, so
tests/infra/test_callers.py and test_function.py check it in the template.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.support.deployment import request

from .account import Account

SWITCH = {"id": {"S": "paused"}}
PAUSED = {**SWITCH, "countries": {"S": "JM"}}

Call = Callable[[Account, Any], object]


def send(account: Account, pinpoint: Any, application: str | None = None) -> Any:
    """Send as the send function does."""
    return pinpoint.send_otp_message(
        ApplicationId=application or account.state.applicationId,
        SendOTPMessageRequestParameters={
            "BrandName": "ExampleCorp",
            "Channel": "SMS",
            "OriginationIdentity": "+18555550142",
            **request(),
        },
    )


def verify(account: Account, pinpoint: Any) -> Any:
    """Verify as the verify function does."""
    return pinpoint.verify_otp_message(
        ApplicationId=account.state.applicationId,
        VerifyOTPMessageRequestParameters={**request(), "Otp": "123456"},
    )


def invoke(qualifier: str, *, apart: bool = False) -> Call:
    """Invoke the send function by a qualifier, in its name or as a separate parameter."""

    def call(account: Account, lambda_: Any) -> object:
        function = account.functions["send"].rpartition(":")[0]
        whole = f"{function}:{qualifier}".rstrip(":")
        named = (
            {"FunctionName": function, "Qualifier": qualifier} if apart else {"FunctionName": whole}
        )
        return lambda_.invoke(Payload=json.dumps(request()), **named)

    return call


def of_the_table(operation: str, **given: Any) -> Call:
    """Call an operation of DynamoDB, on the deployed table by default."""
    return lambda account, dynamodb: getattr(dynamodb, operation)(
        **{"TableName": account.state.table, **given}
    )


@pytest.mark.parametrize(
    ("role", "service", "call", "said"),
    [
        ("caller", "lambda", invoke(""), "AccessDenied"),
        ("caller", "lambda", invoke("1"), "AccessDenied"),
        ("caller", "lambda", invoke("$LATEST", apart=True), "AccessDenied"),
        ("caller", "dynamodb", of_the_table("put_item", Item=PAUSED), "AccessDenied"),
        ("on call", "dynamodb", of_the_table("update_item", Key=SWITCH), "AccessDenied"),
        ("verify", "dynamodb", of_the_table("delete_item", Key=SWITCH), "AccessDenied"),
        ("verify", "dynamodb", of_the_table("get_item", Key=SWITCH), "AccessDenied"),
        ("on call", "dynamodb", of_the_table("scan"), "AccessDenied"),
        (
            *("on call", "dynamodb"),
            of_the_table("put_item", TableName="another-deployment", Item=PAUSED),
            "AccessDenied",
        ),
        (
            *("send", "pinpoint", partial(send, application="other")),
            r"assumed-role/\S+/.*:SendOTPMessage on resource: .*:apps/other/otp ",
        ),
        ("stranger", "pinpoint", verify, "VerifyOTPMessage on resource: .*/verify-otp "),
    ],
)
def test_role_may_not(account: Account, role: str, service: str, call: Call, said: str) -> None:
    """The error is AWS's, with its code and its status."""
    with pytest.raises(ClientError, match=said) as refusal:
        call(account, account.client(service, account.roles[role]))

    assert why(refusal) in {(400, "AccessDeniedException"), (403, "AccessDeniedException")}


def test_caller_may_pass_the_alias_as_a_qualifier(account: Account) -> None:
    """The policy names the alias's ARN, which Lambda builds from both parameters."""
    invoke("live", apart=True)(account, account.client("lambda", account.roles["caller"]))


@pytest.mark.parametrize("role", [None, "verify"])
def test_nobody_may_subscribe_to_the_failure_topic(account: Account, role: str | None) -> None:
    """Its messages may hold codes; the topic's policy denies even root."""
    function, _, alias = account.functions["verify"].rpartition(":")
    deployed = account.client("lambda").get_function_event_invoke_config(
        FunctionName=function, Qualifier=alias
    )
    topic = deployed["DestinationConfig"]["OnFailure"]["Destination"]
    sns = account.client("sns", account.roles[role] if role else None)

    with pytest.raises(ClientError) as refusal:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="somebody@example.com")

    assert why(refusal)[1] == "AuthorizationError"
    subscriptions = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    assert subscriptions["Subscriptions"] == []


def why(refusal: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    """Return the status and the error code of a refusal."""
    answer = refusal.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


@pytest.mark.parametrize("role", ["send", None], ids=["role", "root"])
@pytest.mark.parametrize("name", ["access_key_id", "secret_access_key", "session_token"])
def test_pinpoint_checks_every_part_of_the_credentials(
    account: Account, name: str, role: str | None
) -> None:
    """For MiniStack, tests/e2e/test_signatures.py does the same."""
    whole = account.session(account.roles[role] if role else None).get_credentials()
    credentials = {
        "aws_access_key_id": whole.access_key,
        "aws_secret_access_key": whole.secret_key,
        "aws_session_token": whole.token,
        f"aws_{name}": "AKIAIOSFODNN7EXAMPLE",
    }
    client = boto3.client(
        "pinpoint",
        region_name=account.state.region,
        endpoint_url=account.state.pinpointEndpoint,
        **credentials,
    )

    with pytest.raises(ClientError) as refusal:
        send(account, client)

    assert why(refusal) in {(403, code) for code in SIGNATURE_CODES}


SIGNATURE_CODES = {
    *("InvalidSignatureException", "SignatureDoesNotMatch"),
    *("UnrecognizedClientException", "InvalidClientTokenId"),
}


def test_pinpoint_refuses_an_unsigned_request(account: Account) -> None:
    """The error is AWS's MissingAuthenticationTokenException."""
    url = f"{account.state.pinpointEndpoint}/v1/apps/{account.state.applicationId}/otp"
    answer = urllib3.request("POST", url, json={})

    assert answer.status == 403
    assert answer.headers["X-Amzn-ErrorType"] == "MissingAuthenticationTokenException"
