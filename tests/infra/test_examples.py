"""docs/examples: stacks of others that call the service; what they repeat, and what they may do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docs.examples import event_bridge, step_functions
from docs.examples.event_bridge import CodesStack
from docs.examples.step_functions import VerificationStack
from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.contract.request import parse_send_otp
from lambda_src.otp.time_limits import WINDOW_SECONDS, TimeLimits
from tests.support import cfn
from tests.support.templates import ROOT, RenderedTemplate, allowed, create_app, rendered

SEND = "arn:aws:lambda:eu-west-1:123456789012:function:Send:live"
MACHINE = "AWS::StepFunctions::StateMachine"
RULE = "AWS::Events::Rule"


@pytest.fixture(scope="module")
def verification(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize the stack with the state machine."""
    app = create_app(tmp_path_factory.mktemp("verification"))
    return rendered(VerificationStack(app, "Verification", send_function=SEND))


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> RenderedTemplate:
    """Synthesize the stack with the rule."""
    app = create_app(tmp_path_factory.mktemp("codes"))
    return rendered(CodesStack(app, "Codes", send_function=SEND))


@pytest.fixture(scope="module")
def states(verification: RenderedTemplate) -> dict[str, Any]:
    """Give the states of the state machine."""
    machine = verification.only(MACHINE)
    found: dict[str, Any] = json.loads(machine.properties["DefinitionString"])["States"]
    return found


def every_problem() -> list[type[Problem]]:
    """Give every way to fail that a caller is told about."""
    return [
        found
        for found in vars(problems).values()
        if isinstance(found, type) and issubclass(found, Problem) and found is not Problem
    ]


def errors(clauses: list[dict[str, Any]], next_state: str | None = None) -> list[str]:
    """Give what is retried, or what leads to a state."""
    return [
        error
        for clause in clauses
        if clause.get("Next") == next_state
        for error in clause["ErrorEquals"]
    ]


# --- Step Functions ---


def test_every_code_of_the_contract_leads_somewhere(states: dict[str, Any]) -> None:
    """What is retryable is repeated or left for later; what is final leads to another way.

    That is each code that is recorded and was certainly not texted, and numbers that are not
    allowed. After an unknown outcome the text may have arrived: it is waited for, not repeated. A
    new code has to be decided about.
    """
    send = states["SendCode"]
    repeated = set(errors(send["Retry"])) - set(step_functions.OF_LAMBDA)
    later = errors(send["Catch"], "TryLater")
    assert sorted(later) == ["SendingPaused", "TooManyMessages"]
    assert repeated.isdisjoint(later)
    assert repeated | {*later} == {
        problem.code for problem in every_problem() if problem.retry_after is not None
    }
    assert set(errors(send["Catch"], "AnotherWay")) == {"DestinationNotAllowed"} | {
        problem.code
        for problem in every_problem()
        if problem.keeps_reference_id and not problem.maybe_texted
    }
    assert errors(send["Catch"], "WaitForCode") == ["OutcomeUnknown"]
    assert "OutcomeUnknown" not in errors(send["Retry"])


def test_every_attempt_has_the_reference_id_of_the_execution(states: dict[str, Any]) -> None:
    """And the request is one that the service takes, with the name that Step Functions makes."""
    payload = states["SendCode"]["Parameters"]["Payload"]
    assert payload["ReferenceId.$"] == "$$.Execution.Name"
    assert payload["DestinationIdentity.$"] == "$.phone"
    parse_send_otp({name.removesuffix(".$"): example(name) for name in payload})
    assert "States.UUID" not in json.dumps(states)


def example(name: str) -> str:
    """Give a value of a field."""
    return {
        "ReferenceId.$": "a2ae1c52-2f7c-4d8c-8b0c-7a2b6c1d9e3f",
        "DestinationIdentity.$": "+12065550100",
    }[name]


def test_repeating_outlasts_a_function_that_died(states: dict[str, Any]) -> None:
    """Until its timeout has passed, its ReferenceId answers InProgress."""
    for retrier in states["SendCode"]["Retry"]:
        waits = [
            retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt
            for attempt in range(retrier["MaxAttempts"])
        ]
        assert sum(waits) > TimeLimits().function
        assert sum(waits) < WINDOW_SECONDS


def test_history_keeps_no_answer_and_the_token_is_kept_by_the_reference_id(
    states: dict[str, Any], verification: RenderedTemplate
) -> None:
    """The answer holds the number; the code goes from the page to the service, and not here.

    Whoever knows the ReferenceId finds this token, and no other, as long as it counts.
    """
    assert states["SendCode"]["ResultPath"] is None
    wait = states["WaitForCode"]
    # Of DynamoDB's integrations, only the one of the SDK can wait.
    assert wait["Resource"] == "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken"
    assert wait["QueryLanguage"] == "JSONata"
    assert "Parameters" not in wait
    table = verification.only(cfn.TABLE)
    assert wait["Arguments"]["TableName"] == table.ref
    item = {**wait["Arguments"]["Item"]}
    assert str(step_functions.VALID_SECONDS) in item.pop("ExpiresAt")["N"]
    assert item == {
        "ReferenceId": {"S": "{% $states.context.Execution.Name %}"},
        "TaskToken": {"S": "{% $states.context.Task.Token %}"},
    }
    assert table.properties["KeySchema"] == [{"AttributeName": "ReferenceId", "KeyType": "HASH"}]
    assert table.properties["TimeToLiveSpecification"] == {
        "AttributeName": "ExpiresAt",
        "Enabled": True,
    }


def test_state_machine_and_page_may_do_this_and_nothing_else(
    verification: RenderedTemplate,
) -> None:
    """The one sends and keeps tokens, in a role that it alone may take, of this account alone.

    The page reads tokens and ends the waiting; it lists nothing, and starts nothing.
    """
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


# --- EventBridge ---


def test_event_becomes_a_request_that_the_service_takes(codes: RenderedTemplate) -> None:
    """Its two fields, each from where the event has it."""
    [target] = codes.only(RULE).properties["Targets"]
    transformer = target["InputTransformer"]
    request = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value = {
            "$.detail.referenceId": example("ReferenceId.$"),
            "$.detail.phone": example("DestinationIdentity.$"),
        }[path]
        request = request.replace(f"<{name}>", json.dumps(value))

    assert target["Arn"] == SEND
    assert parse_send_otp(json.loads(request)) == {
        "ReferenceId": example("ReferenceId.$"),
        "DestinationIdentity": example("DestinationIdentity.$"),
    }


def test_rule_heeds_complete_events_of_one_kind_only_and_in_time(codes: RenderedTemplate) -> None:
    """On a bus of its own. Nothing arrives after its ReferenceId has been forgotten."""
    rule = codes.only(RULE).properties
    assert rule["EventBusName"] == codes.only("AWS::Events::EventBus").ref
    assert rule["EventPattern"] == {
        "source": [event_bridge.SOURCE],
        "detail-type": [event_bridge.DETAIL_TYPE],
        "detail": {"referenceId": [{"exists": True}], "phone": [{"exists": True}]},
    }
    [target] = rule["Targets"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] + 5 * 60 < WINDOW_SECONDS


def test_only_this_rule_may_invoke_the_alias_and_what_cannot_be_delivered_is_kept(
    codes: RenderedTemplate,
) -> None:
    """In a queue where only the rule may put it."""
    rule = codes.only(RULE)
    assert codes.only(cfn.PERMISSION).properties == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": SEND,
        "Principal": "events.amazonaws.com",
        "SourceArn": rule.attribute("Arn"),
    }
    assert codes.all(cfn.ROLE) == []
    [target] = rule.properties["Targets"]
    assert target["DeadLetterConfig"] == {"Arn": codes.only(cfn.QUEUE).attribute("Arn")}
    [statement] = [
        statement
        for statement in codes.only(cfn.QUEUE_POLICY).properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": rule.attribute("Arn")}}


def test_command_lines_of_the_examples_synthesize(tmp_path: Path) -> None:
    """With the ARN as context, as the CDK's command line passes it on."""
    modules = ("step_functions", "event_bridge")
    mains = "; ".join(f"import docs.examples.{name} as {name}; {name}.main()" for name in modules)
    subprocess.run(
        [sys.executable, "-c", mains],
        cwd=ROOT,
        env=os.environ
        | {
            "CDK_CONTEXT_JSON": json.dumps({"sendFunctionArn": SEND}),
            "CDK_OUTDIR": str(tmp_path),
        },
        check=True,
    )

    templates = list(tmp_path.glob("*.template.json"))
    assert len(templates) == len(modules)
    assert all(SEND in template.read_text() for template in templates)
