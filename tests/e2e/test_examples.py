"""docs/examples: the stacks of others, deployed beside the service, and run."""

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk.assertions import Template
from botocore.config import Config
from serverless_otp import OtpClient

from docs.examples import event_bridge, step_functions, step_functions_page
from docs.examples.event_bridge import CodesStack
from docs.examples.step_functions import VerificationStack
from sandbox import client
from tests.support.deployment import NUMBER, Deployment, code_in

_SECONDS = 30

_Found = TypeVar("_Found")


class Account:
    """The emulated account, in which another team deploys.

    Attributes:
        deployment: the service in it.

    """

    def __init__(self, deployment: Deployment) -> None:
        # TestState has an address of its own on AWS.
        config = Config(inject_host_prefix=False)
        self.deployment = deployment
        self._options = {"config": config, **client.aws_options(deployment.state)}

    def client(self, service: str) -> Any:
        """Make a client of one of its services."""
        return boto3.client(service, **self._options)  # type: ignore[call-overload]  # any service

    def resource(self, service: str) -> Any:
        """Make a resource of one of its services."""
        return boto3.resource(service, **self._options)  # type: ignore[call-overload]  # any service

    def deploy(self, make: Callable[..., cdk.Stack], name: str, folder: Path) -> dict[str, str]:
        """Create a stack that has no assets, beside the service; gives its outputs."""
        app = cdk.App(outdir=str(folder))
        stack = make(app, name, send_function=self.deployment.state.sendFunction)
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


def until(look: Callable[[], _Found | None]) -> _Found:
    """Wait for what happens soon."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def another(code: str) -> str:
    """Give a code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"


class Site:
    """Somebody's site, which starts executions and verifies.

    Args:
        account: where all is.
        outputs: the state machine's.

    """

    def __init__(self, account: Account, outputs: dict[str, str]) -> None:
        self._deployment = account.deployment
        state = self._deployment.state
        session = boto3.Session(state.accessKeyId, state.secretAccessKey, region_name=state.region)
        client = OtpClient(api_url=state.apiUrl + "/", region_name=state.region, session=session)
        self._states = account.client("stepfunctions")
        self._tokens = account.resource("dynamodb").Table(outputs["TokensTableName"])
        self._page = step_functions_page.Page(client, self._tokens, self._states)
        self._machine = outputs["StateMachineArn"]
        self._executions: dict[str, str] = {}

    def start(self) -> str:
        """Start an execution, and wait until it waits; gives its name."""
        name = str(uuid.uuid4())
        self._executions[name] = self._states.start_execution(
            stateMachineArn=self._machine, name=name, input=json.dumps({"phone": NUMBER})
        )["executionArn"]
        until(lambda: self.token(name))
        return name

    def token(self, name: str) -> Any:
        """Read what the table has of an execution."""
        return self._tokens.get_item(Key={"ReferenceId": name}).get("Item")

    def code(self, name: str) -> str:
        """Read the code on the phone; there is one text."""
        [text] = self._deployment.texts(name)
        return code_in(text)

    def confirm(self, name: str, code: str) -> bool:
        """Type a code in."""
        return self._page.confirm(name, NUMBER, code)

    def status(self, name: str) -> str:
        """Tell what an execution does."""
        found = self._states.describe_execution(executionArn=self._executions[name])
        return str(found["status"])

    def ended(self, name: str) -> str | None:
        """Tell how an execution ended, or None while it runs."""
        status = self.status(name)
        return None if status == "RUNNING" else status

    def history(self, name: str) -> str:
        """Give all that is kept of an execution."""
        found = self._states.get_execution_history(executionArn=self._executions[name])
        return json.dumps(found, default=str)


def test_of_two_executions_each_code_ends_its_own(account: Account, tmp_path: Path) -> None:
    """Its name is the ReferenceId, by which the page finds its token, in whatever order.

    The token expires with its code. A code is not used up when nothing waits: the page may look
    before the execution has got there.
    """
    site = Site(account, account.deploy(VerificationStack, "Verification", tmp_path))
    before = time.time()
    first, second = site.start(), site.start()
    expires = site.token(first)["ExpiresAt"]  # in seconds since 1970, which is what DynamoDB takes
    assert before - 1 <= expires - step_functions.VALID_SECONDS <= time.time()
    codes = {name: site.code(name) for name in (first, second)}

    with pytest.raises(step_functions_page.NotWaitingError):
        site.confirm(str(uuid.uuid4()), codes[second])
    for typed in (another(codes[second]), "12a456"):
        assert site.confirm(second, typed) is False
    assert site.status(second) == "RUNNING"
    for name in (second, first):
        assert site.status(first) == "RUNNING"
        assert site.confirm(name, codes[name]) is True
        assert until(lambda name=name: site.ended(name)) == "SUCCEEDED"  # type: ignore[misc]  # now
        assert codes[name] not in site.history(name)


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
    machine = step_functions.definition(send_function="unused", table="unused")

    tested = account.client("stepfunctions").test_state(
        definition=json.dumps(machine["States"]["SendCode"]),
        roleArn="arn:aws:iam::123456789012:role/unused",
        input=json.dumps({"phone": NUMBER}),
        mock={"errorOutput": {"error": error, "cause": "{}"}},
    )

    assert (tested["status"], tested.get("nextState")) == (status, next_state)


def test_an_event_that_is_delivered_twice_texts_once(
    account: Account, deployment: Deployment, tmp_path: Path
) -> None:
    """Its ReferenceId is the same."""
    bus = account.deploy(CodesStack, "Codes", tmp_path)["BusName"]
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
