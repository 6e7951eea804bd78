"""The topic that counts what failed to be verified: nobody hears of what is in it."""

import pytest
from botocore.exceptions import ClientError

from .account import Account


@pytest.fixture
def topic(account: Account) -> str:
    """Find where the stack sends what verify's alias failed at."""
    function, _, alias = account.functions["verify"].rpartition(":")
    deployed = account.client("lambda").get_function_event_invoke_config(
        FunctionName=function, Qualifier=alias
    )
    arn: str = deployed["DestinationConfig"]["OnFailure"]["Destination"]
    return arn


@pytest.mark.parametrize("role", [None, "verify", "caller"])
def test_nobody_may_subscribe(account: Account, topic: str, role: str | None) -> None:
    """Not even who may do everything: the topic's own policy denies it."""
    sns = account.client("sns", account.roles[role] if role else None)

    with pytest.raises(ClientError) as refusal:
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="somebody@example.com")

    assert refusal.value.response["Error"]["Code"] == "AuthorizationError"
    subscriptions = account.client("sns").list_subscriptions_by_topic(TopicArn=topic)
    assert subscriptions["Subscriptions"] == []
