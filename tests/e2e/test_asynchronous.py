"""Asynchronous invocation: Lambda retries a failed event, then keeps it in the failure queue."""

import json
import time
from typing import Any

import boto3

from sandbox import client
from tests.support.deployment import Deployment, request

# MiniStack retries after one and two seconds; AWS after one and two minutes.
_SECONDS_UNTIL_LAMBDA_GIVES_UP = 30


def test_failed_event_lands_in_the_failure_queue_with_its_problem(deployment: Deployment) -> None:
    """Lambda tries three times; an event whose first try texted does not text again."""
    options = client.aws_options(deployment.state)
    lambda_, sqs = boto3.client("lambda", **options), boto3.client("sqs", **options)
    function, _, alias = deployment.state.sendFunction.rpartition(":")
    of_alias = lambda_.get_function_event_invoke_config(FunctionName=function, Qualifier=alias)
    # MiniStack ignores the configuration of an alias, so the test copies it to the function and
    # invokes that.
    lambda_.put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=of_alias["MaximumRetryAttempts"],
        MaximumEventAgeInSeconds=of_alias["MaximumEventAgeInSeconds"],
        DestinationConfig=of_alias["DestinationConfig"],
    )
    queue = of_alias["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    events = {
        "Throttled": request(DestinationIdentity="+12065550103"),
        "OutcomeUnknown": request(DestinationIdentity="+12065550109"),
        "InvalidRequest": request(CodeLength=9),
    }

    for event in events.values():  # all before the first wait: each takes seconds to fail finally
        lambda_.invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
        )

    kept: dict[str, Any] = {}
    deadline = time.monotonic() + _SECONDS_UNTIL_LAMBDA_GIVES_UP
    while kept.keys() != {event["ReferenceId"] for event in events.values()}:
        assert time.monotonic() < deadline, "not all have landed in the failure queue"
        received = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10)
        for message in received.get("Messages", []):
            failure = json.loads(message["Body"])
            kept[failure["requestPayload"]["ReferenceId"]] = failure
    for code, event in events.items():
        failure = kept[event["ReferenceId"]]
        assert failure["requestPayload"] == event
        assert failure["responsePayload"]["errorType"] == code
        assert json.loads(failure["responsePayload"]["errorMessage"])["code"] == code
        assert failure["requestContext"]["condition"] == "RetriesExhausted"
        assert failure["requestContext"]["approximateInvokeCount"] == 3
    texts = [len(deployment.texts(event["ReferenceId"])) for event in events.values()]
    assert texts == [0, 1, 0]
