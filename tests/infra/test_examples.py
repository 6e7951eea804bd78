"""The stacks of docs/examples: their permissions, retries and time limits."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import aws_cdk as cdk
import pytest

from docs.examples import event_bridge, sqs, sqs_function, step_functions
from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.time_limits import WINDOW_SECONDS, TimeLimits
from tests.support import cfn
from tests.support.templates import RenderedTemplate, allowed, cdk_context

SEND = "arn:aws:lambda:eu-west-1:123456789012:function:Send:live"
MACHINE = "AWS::StepFunctions::StateMachine"


def synthesize(example: ModuleType, folder: Path) -> RenderedTemplate:
    """Synthesize an example, with the function's ARN as context like on the command line."""
    app = cdk.App(outdir=str(folder), context={**cdk_context(), "sendFunctionArn": SEND})
    with pytest.MonkeyPatch.context() as command_line:
        command_line.setattr(cdk, "App", lambda: app)
        example.main()
    [template] = folder.glob("*.template.json")
    return RenderedTemplate(json.loads(template.read_text()))


@pytest.fixture(scope="module")
def verification(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize the stack with the state machine."""
    return synthesize(step_functions, tmp_path_factory.mktemp("example"))


@pytest.fixture(scope="module")
def sending(verification: RenderedTemplate) -> dict[str, Any]:
    """Return the state that sends."""
    machine = verification.only(MACHINE)
    found: dict[str, Any] = json.loads(machine.properties["DefinitionString"])["States"]["SendCode"]
    return found


def test_the_state_machine_handles_every_code(sending: dict[str, Any]) -> None:
    """A new code fails here until the example decides about it.

    Retryable codes are repeated or left for later, final ones lead to another way. After an unknown
    outcome the text may have arrived, so the machine waits for the code.
    """
    classes = [found for found in vars(problems).values() if isinstance(found, type)]
    every = [one for one in classes if issubclass(one, Problem) and one is not Problem]
    retried = [retrier["ErrorEquals"] for retrier in sending["Retry"]]
    [repeated] = [set(errors) for errors in retried if errors != step_functions.OF_LAMBDA]
    caught = {clause["Next"]: set(clause["ErrorEquals"]) for clause in sending["Catch"]}
    assert caught["TryLater"] == {"SendingPaused", "TooManyMessages"}
    assert repeated.isdisjoint(caught["TryLater"] | caught["WaitForCode"])
    retryable = {one.code for one in every if one.retry_after is not None}
    assert repeated | caught["TryLater"] == retryable
    final = {one.code for one in every if one.keeps_reference_id and not one.maybe_texted}
    assert caught["AnotherWay"] == {"DestinationNotAllowed"} | final
    assert caught["WaitForCode"] == {"OutcomeUnknown"}
    assert sending["ResultPath"] is None


def test_repeating_outlasts_a_function_that_died(sending: dict[str, Any]) -> None:
    """Its ReferenceId answers InProgress until its timeout has passed."""
    for retrier in sending["Retry"]:
        waits = [
            retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt
            for attempt in range(retrier["MaxAttempts"])
        ]
        assert TimeLimits().function < sum(waits) < WINDOW_SECONDS


def test_permissions_of_state_machine_and_page_are_exactly_these(
    verification: RenderedTemplate,
) -> None:
    """The machine sends and keeps tokens until they expire; the page reads and uses them."""
    role, machine = verification.only(cfn.ROLE), verification.only(MACHINE)
    table = verification.only(cfn.TABLE).attribute("Arn")
    [policy] = role.properties["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        allowed("lambda:InvokeFunction", SEND),
        allowed("dynamodb:PutItem", table),
    ]
    assert machine.properties["RoleArn"] == role.attribute("Arn")
    assert verification.all("AWS::IAM::Policy") == []
    [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        "ArnEquals": {
            "aws:SourceArn": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
            f":stateMachine:{machine.properties['StateMachineName']}"
        },
    }
    assert verification.only(cfn.MANAGED_POLICY).properties["PolicyDocument"]["Statement"] == [
        allowed("dynamodb:GetItem", table),
        allowed("states:SendTaskSuccess", machine.ref),
    ]
    expiry = {"AttributeName": "ExpiresAt", "Enabled": True}
    assert verification.only(cfn.TABLE).properties["TimeToLiveSpecification"] == expiry


def test_only_the_rule_invokes_the_alias_and_only_for_complete_events(tmp_path: Path) -> None:
    """Not after the ReferenceId's window. The rule's queue keeps what it could not deliver."""
    codes = synthesize(event_bridge, tmp_path)
    rule = codes.only("AWS::Events::Rule")
    required = {name: [{"exists": True}] for name in ("referenceId", "phone")}
    assert rule.properties["EventPattern"]["detail"] == required
    [target] = rule.properties["Targets"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] + 5 * 60 < WINDOW_SECONDS
    assert codes.only(cfn.PERMISSION).properties == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": SEND,
        "Principal": "events.amazonaws.com",
        "SourceArn": rule.attribute("Arn"),
    }
    assert codes.all(cfn.ROLE) == []
    assert target["DeadLetterConfig"] == {"Arn": codes.only(cfn.QUEUE).attribute("Arn")}
    statements = codes.only(cfn.QUEUE_POLICY).properties["PolicyDocument"]["Statement"]
    [statement] = [one for one in statements if one["Effect"] == "Allow"]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule.attribute("Arn")}}


def test_a_message_is_not_delivered_after_its_reference_ids_window(tmp_path: Path) -> None:
    """It would be a second text. The function's timeout is long enough for a batch."""
    example = synthesize(sqs, tmp_path)
    function, mapping = example.only(cfn.FUNCTION), example.only("AWS::Lambda::EventSourceMapping")
    [queue] = [one for one in example.all(cfn.QUEUE) if "RedrivePolicy" in one.properties]
    timeout = function.properties["Timeout"]
    hidden = queue.properties["VisibilityTimeout"]
    assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.properties["BatchSize"] * sqs_function.DEADLINE_SECONDS < timeout
    assert hidden == 6 * timeout
    deliveries = queue.properties["RedrivePolicy"]["maxReceiveCount"]
    assert deliveries * hidden < queue.properties["MessageRetentionPeriod"] < WINDOW_SECONDS
    [policy] = example.all("AWS::IAM::Policy")
    assert (
        allowed("lambda:InvokeFunction", SEND) in policy.properties["PolicyDocument"]["Statement"]
    )
