"""An asynchronous event that fails, with the roles as deployed."""

import json
import time
from typing import Any

import pytest

from tests.support.deployment import request

from .account import Account

_SECONDS_UNTIL_IT_LANDS = 20


@pytest.fixture
def queue_url(account: Account) -> str:
    """Have the function's failures go where the stack sends those of its alias.

    MiniStack heeds the configuration of a function only. Without retries: tests/e2e is about those.
    """
    function, _, alias = account.functions["send"].rpartition(":")
    lambda_ = account.client("lambda")
    deployed = lambda_.get_function_event_invoke_config(FunctionName=function, Qualifier=alias)
    lambda_.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=0,
        DestinationConfig=deployed["DestinationConfig"],
    )
    queue = deployed["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
    url: str = account.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    return url


def test_a_failed_event_lands_in_the_failure_queue(account: Account, queue_url: str) -> None:
    """With its problem."""
    asked = request(CodeLength=9)

    account.client("lambda").invoke(
        FunctionName=account.functions["send"].rpartition(":")[0],
        InvocationType="Event",
        Payload=json.dumps(asked),
    )

    assert "InvalidRequest" in landed(account, queue_url, asked)["responsePayload"]["errorMessage"]


def landed(account: Account, queue_url: str, asked: Any) -> Any:
    """Wait for what lands in the queue for an event."""
    sqs = account.client("sqs")
    deadline = time.monotonic() + _SECONDS_UNTIL_IT_LANDS
    while time.monotonic() < deadline:
        received = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=2, VisibilityTimeout=0)
        for message in received.get("Messages", []):
            # Other tests put messages of their own there.
            if f'"{asked["ReferenceId"]}"' in message["Body"]:
                return json.loads(message["Body"])
    raise AssertionError("nothing has landed in the failure queue")
