"""Asynchronous callers: Lambda repeats what fails, and keeps what finally failed."""

import json
import time
from typing import Any

import boto3
import pytest

from sandbox import client
from tests.support.deployment import Deployment, request

# MiniStack repeats after one and two seconds, where AWS does after one and two minutes.
_SECONDS_UNTIL_LAMBDA_GIVES_UP = 30


class Asynchronous:
    """The function, invoked with `InvocationType=Event`.

    Args:
        deployment: the sandbox.

    """

    def __init__(self, deployment: Deployment) -> None:
        state = deployment.state
        options = client.aws_options(state)
        self._lambda = boto3.client("lambda", **options)
        self._sqs: Any = boto3.client("sqs", **options)
        self._function, _, alias = state.sendFunction.rpartition(":")
        configuration = self._lambda.get_function_event_invoke_config(
            FunctionName=self._function, Qualifier=alias
        )
        self.configuration: dict[str, Any] = dict(configuration)
        # MiniStack heeds the configuration of a function only, not that of an alias: the function
        # gets the one that the stack has deployed for the alias, and is what these tests invoke.
        self._lambda.put_function_event_invoke_config(
            FunctionName=self._function,
            MaximumRetryAttempts=configuration["MaximumRetryAttempts"],
            MaximumEventAgeInSeconds=configuration["MaximumEventAgeInSeconds"],
            DestinationConfig=configuration["DestinationConfig"],
        )
        queue = configuration["DestinationConfig"]["OnFailure"]["Destination"].rpartition(":")[2]
        self._queue_url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]

    def invoke(self, payload: Any) -> None:
        """Hand an event over to Lambda."""
        answer = self._lambda.invoke(
            FunctionName=self._function,
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )
        assert answer["StatusCode"] == 202

    def failure(self, payload: Any) -> dict[str, Any]:
        """Wait for what lands in the failure queue for an event."""
        deadline = time.monotonic() + _SECONDS_UNTIL_LAMBDA_GIVES_UP
        while time.monotonic() < deadline:
            received = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                WaitTimeSeconds=5,
                VisibilityTimeout=0,
                MaxNumberOfMessages=10,
            )
            for message in received.get("Messages", []):
                failure: dict[str, Any] = json.loads(message["Body"])
                if failure["requestPayload"] == payload:
                    return failure
        raise AssertionError("nothing has landed in the failure queue")


@pytest.fixture(scope="module")
def asynchronous(deployment: Deployment) -> Asynchronous:
    """Invoke the function without waiting for its answer."""
    return Asynchronous(deployment)


def test_a_failed_event_lands_in_the_failure_queue_with_its_problem(
    asynchronous: Asynchronous, deployment: Deployment
) -> None:
    """After three attempts: the request, and the problem as the reason; a repeated one texts once.

    All at once, for each takes Lambda seconds to give up.
    """
    throttled = request(DestinationIdentity="+12065550103")
    unknown = request(DestinationIdentity="+12065550109")
    no_request = request(CodeLength=9)
    events = {"Throttled": throttled, "OutcomeUnknown": unknown, "InvalidRequest": no_request}
    for event in events.values():
        asynchronous.invoke(event)

    for code, event in events.items():
        failure = asynchronous.failure(event)
        assert json.loads(failure["responsePayload"]["errorMessage"])["code"] == code
        assert failure["requestContext"]["condition"] == "RetriesExhausted"
        assert failure["requestContext"]["approximateInvokeCount"] == 3
    texts = [len(deployment.texts(event["ReferenceId"])) for event in events.values()]
    assert texts == [0, 1, 0]
    assert asynchronous.configuration["MaximumEventAgeInSeconds"] == 300


def test_the_deployed_verify_function_repeats_no_event_and_keeps_none(
    deployment: Deployment,
) -> None:
    """What failed goes to a topic that nobody has subscribed to.

    Of the two ways there, MiniStack deploys this one only: it drops a function's DeadLetterConfig.
    """
    options = client.aws_options(deployment.state)
    lambda_, sns = boto3.client("lambda", **options), boto3.client("sns", **options)
    function, _, alias = deployment.state.verifyFunction.rpartition(":")

    configuration = lambda_.get_function_event_invoke_config(FunctionName=function, Qualifier=alias)

    assert configuration["MaximumRetryAttempts"] == 0
    assert configuration["MaximumEventAgeInSeconds"] == 60
    topic = configuration["DestinationConfig"]["OnFailure"]["Destination"]
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
