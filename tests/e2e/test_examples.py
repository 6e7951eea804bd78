"""docs/examples: the stacks of others, deployed beside the service, and run."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk.assertions import Template
from botocore.config import Config

from docs.examples import event_bridge, step_functions
from docs.examples.event_bridge import CodesStack
from docs.examples.step_functions import VerificationStack
from sandbox import client

from .deployment import NUMBER, Deployment, code_in

_SECONDS = 30

_Found = TypeVar("_Found")


class Account:
    """The emulated account, in which another team deploys.

    Args:
        deployment: the service in it.

    """

    def __init__(self, deployment: Deployment) -> None:
        # TestState has an address of its own on AWS.
        config = Config(inject_host_prefix=False)
        self._options = {"config": config, **client.aws_options(deployment.state)}

    def client(self, service: str) -> Any:
        """Make a client of one of its services."""
        return boto3.client(service, **self._options)  # type: ignore[call-overload]  # any service

    def deploy(self, stack: cdk.Stack) -> dict[str, str]:
        """Create a stack that has no assets; gives its outputs."""
        formation = self.client("cloudformation")
        template = json.dumps(Template.from_stack(stack).to_json())
        formation.create_stack(
            StackName=stack.stack_name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"]
        )
        formation.get_waiter("stack_create_complete").wait(
            StackName=stack.stack_name, WaiterConfig={"Delay": 1}
        )
        [created] = formation.describe_stacks(StackName=stack.stack_name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in created["Outputs"]}


@pytest.fixture(scope="module")
def account(deployment: Deployment) -> Account:
    """Give the account of the sandbox."""
    return Account(deployment)


@pytest.fixture(scope="module")
def verification(
    account: Account, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Deploy the state machine; gives its outputs."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("verification")))
    return account.deploy(
        VerificationStack(app, "Verification", send_function=deployment.state.sendFunction)
    )


@pytest.fixture(scope="module")
def bus(account: Account, deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Deploy the rule; gives the name of its bus."""
    app = cdk.App(outdir=str(tmp_path_factory.mktemp("codes")))
    outputs = account.deploy(CodesStack(app, "Codes", send_function=deployment.state.sendFunction))
    return outputs["BusName"]


def until(look: Callable[[], _Found | None]) -> _Found:
    """Wait for what happens soon."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def test_an_execution_texts_once_and_ends_when_the_code_is_right(
    account: Account, verification: dict[str, str], deployment: Deployment
) -> None:
    """Its name is the ReferenceId; the page verifies, and hands the token back."""
    states, sqs = account.client("stepfunctions"), account.client("sqs")
    name = str(uuid.uuid4())
    execution = states.start_execution(
        stateMachineArn=verification["StateMachineArn"],
        name=name,
        input=json.dumps({"phone": NUMBER}),
    )["executionArn"]

    received = until(
        lambda: sqs.receive_message(QueueUrl=verification["TokensQueueUrl"], WaitTimeSeconds=1).get(
            "Messages"
        )
    )
    token = json.loads(received[0]["Body"])
    [text] = deployment.texts(name)
    verified = deployment.verify(
        {"ReferenceId": name, "DestinationIdentity": NUMBER, "Otp": code_in(text)}
    )
    assert verified.json() == {"VerificationResponse": {"Valid": True}}
    states.send_task_success(taskToken=token["TaskToken"], output='{"valid": true}')

    def status() -> str | None:
        found = states.describe_execution(executionArn=execution)["status"]
        return None if found == "RUNNING" else str(found)

    assert token["ReferenceId"] == name
    assert until(status) == "SUCCEEDED"
    history = json.dumps(states.get_execution_history(executionArn=execution), default=str)
    assert code_in(text) not in history


@pytest.mark.parametrize(
    ("error", "status", "next_state"),
    [
        *((code, "RETRIABLE", None) for code in step_functions.REPEAT),
        ("Lambda.Unknown", "RETRIABLE", None),
        *((code, "CAUGHT_ERROR", "TryLater") for code in step_functions.LATER),
        *((code, "CAUGHT_ERROR", "AnotherWay") for code in step_functions.ANOTHER_WAY),
        ("OutcomeUnknown", "CAUGHT_ERROR", "WaitForCode"),
        ("Misconfigured", "FAILED", None),
    ],
)
def test_each_code_leads_where_the_definition_says(
    account: Account, error: str, status: str, next_state: str | None
) -> None:
    """One state alone, as Step Functions tests it: MiniStack's functions name no errorType."""
    machine = step_functions.definition(send_function="unused", queue_url="unused")

    tested = account.client("stepfunctions").test_state(
        definition=json.dumps(machine["States"]["SendCode"]),
        roleArn="arn:aws:iam::123456789012:role/unused",
        input=json.dumps({"phone": NUMBER}),
        mock={"errorOutput": {"error": error, "cause": "{}"}},
    )

    assert (tested["status"], tested.get("nextState")) == (status, next_state)


def test_an_event_that_is_delivered_twice_texts_once(
    account: Account, bus: str, deployment: Deployment
) -> None:
    """Its ReferenceId is the same."""
    events = account.client("events")
    reference_id = str(uuid.uuid4())
    entry = {
        "EventBusName": bus,
        "Source": event_bridge.SOURCE,
        "DetailType": event_bridge.DETAIL_TYPE,
        "Detail": json.dumps({"referenceId": reference_id, "phone": NUMBER}),
    }

    events.put_events(Entries=[entry, entry])

    until(lambda: deployment.texts(reference_id))
    # Whoever comes with the same ReferenceId waits for the other one, and texts nobody.
    answer = deployment.send({"ReferenceId": reference_id, "DestinationIdentity": NUMBER})
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert len(deployment.texts(reference_id)) == 1
