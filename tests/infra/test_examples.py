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

from .helpers import (
    MANAGED_POLICY,
    PERMISSION,
    QUEUE,
    QUEUE_POLICY,
    ROLE,
    ROOT,
    TABLE,
    RenderedTemplate,
    allowed,
    create_app,
    rendered,
)

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


def test_what_is_retryable_is_repeated_or_left_for_later(states: dict[str, Any]) -> None:
    """Exactly the codes of the contract: a new one has to be decided about."""
    send = states["SendCode"]
    retryable = {problem.code for problem in every_problem() if problem.retry_after is not None}
    repeated = set(errors(send["Retry"])) - set(step_functions.OF_LAMBDA)
    later = set(errors(send["Catch"], "TryLater"))

    assert repeated | later == retryable
    assert repeated & later == set()
    assert later == {"SendingPaused", "TooManyMessages"}


def test_what_is_final_leads_to_another_way(states: dict[str, Any]) -> None:
    """Each code that is recorded and was certainly not texted, and numbers that are not allowed."""
    final = {
        problem.code
        for problem in every_problem()
        if problem.keeps_reference_id and not problem.maybe_texted
    }
    another_way = errors(states["SendCode"]["Catch"], "AnotherWay")
    assert set(another_way) == final | {"DestinationNotAllowed"}


def test_unknown_outcome_waits_for_the_code_and_is_not_repeated(states: dict[str, Any]) -> None:
    """The text may have arrived."""
    send = states["SendCode"]
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


def test_history_keeps_no_answer_and_no_code(states: dict[str, Any]) -> None:
    """The answer holds the number; the code goes from the page to the service, and not here."""
    assert states["SendCode"]["ResultPath"] is None
    assert states["WaitForCode"]["Arguments"]["Item"].keys() == {
        "ReferenceId",
        "TaskToken",
        "ExpiresAt",
    }


def test_token_is_kept_by_the_reference_id(
    states: dict[str, Any], verification: RenderedTemplate
) -> None:
    """Where whoever knows the ReferenceId finds this one, and no other, as long as it counts."""
    wait = states["WaitForCode"]
    # Of DynamoDB's integrations, only the one of the SDK can wait.
    assert wait["Resource"] == "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken"
    assert wait["QueryLanguage"] == "JSONata"
    assert "Parameters" not in wait
    table = verification.only(TABLE)
    assert wait["Arguments"]["TableName"] == table.ref
    item = wait["Arguments"]["Item"]
    assert item["ReferenceId"] == {"S": "{% $states.context.Execution.Name %}"}
    assert item["TaskToken"] == {"S": "{% $states.context.Task.Token %}"}
    assert str(step_functions.VALID_SECONDS) in item["ExpiresAt"]["N"]
    assert table.properties["KeySchema"] == [{"AttributeName": "ReferenceId", "KeyType": "HASH"}]
    assert table.properties["TimeToLiveSpecification"] == {
        "AttributeName": "ExpiresAt",
        "Enabled": True,
    }


def test_state_machine_may_send_and_keep_tokens_and_nothing_else(
    verification: RenderedTemplate,
) -> None:
    """One role, with exactly the alias and the table."""
    role = verification.only(ROLE)
    [policy] = role.properties["Policies"]
    assert policy["PolicyDocument"]["Statement"] == [
        allowed("lambda:InvokeFunction", SEND),
        allowed("dynamodb:PutItem", verification.only(TABLE).attribute("Arn")),
    ]
    assert verification.only(MACHINE).properties["RoleArn"] == role.attribute("Arn")
    assert verification.all("AWS::IAM::Policy") == []


def test_state_machine_alone_may_take_its_role(verification: RenderedTemplate) -> None:
    """No other one, and none of another account: Step Functions asks for whoever tells it to."""
    name = verification.only(MACHINE).properties["StateMachineName"]
    [statement] = verification.only(ROLE).properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "states.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        "ArnEquals": {
            "aws:SourceArn": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
            f":stateMachine:{name}"
        },
    }


def test_page_may_read_tokens_and_end_the_waiting_and_nothing_else(
    verification: RenderedTemplate,
) -> None:
    """Of this table and this state machine; it lists nothing, and starts nothing."""
    policy = verification.only(MANAGED_POLICY).properties["PolicyDocument"]
    assert policy["Statement"] == [
        allowed("dynamodb:GetItem", verification.only(TABLE).attribute("Arn")),
        allowed("states:SendTaskSuccess", verification.only(MACHINE).ref),
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


def test_rule_heeds_complete_events_of_one_kind_only(codes: RenderedTemplate) -> None:
    """On a bus of its own."""
    rule = codes.only(RULE).properties
    assert rule["EventBusName"] == codes.only("AWS::Events::EventBus").ref
    assert rule["EventPattern"] == {
        "source": [event_bridge.SOURCE],
        "detail-type": [event_bridge.DETAIL_TYPE],
        "detail": {"referenceId": [{"exists": True}], "phone": [{"exists": True}]},
    }


def test_no_event_arrives_after_its_window(codes: RenderedTemplate) -> None:
    """EventBridge and Lambda together give up long before the ReferenceId is forgotten."""
    [target] = codes.only(RULE).properties["Targets"]
    age = target["RetryPolicy"]["MaximumEventAgeInSeconds"]
    assert age + 5 * 60 < WINDOW_SECONDS


def test_only_this_rule_may_invoke_the_function(codes: RenderedTemplate) -> None:
    """And only the alias."""
    permission = codes.only(PERMISSION).properties
    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": SEND,
        "Principal": "events.amazonaws.com",
        "SourceArn": codes.only(RULE).attribute("Arn"),
    }
    assert codes.all(ROLE) == []


def test_what_cannot_be_delivered_is_kept(codes: RenderedTemplate) -> None:
    """In a queue where only the rule may put it."""
    [target] = codes.only(RULE).properties["Targets"]
    queue = codes.only(QUEUE)
    assert target["DeadLetterConfig"] == {"Arn": queue.attribute("Arn")}
    [statement] = [
        statement
        for statement in codes.only(QUEUE_POLICY).properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": codes.only(RULE).attribute("Arn")}
    }


@pytest.mark.parametrize("module", ["step_functions", "event_bridge"])
def test_command_line_of_an_example_synthesizes(module: str, tmp_path: Path) -> None:
    """With the ARN as context, as the CDK's command line passes it on."""
    subprocess.run(
        [sys.executable, "-m", f"docs.examples.{module}"],
        cwd=ROOT,
        env=os.environ
        | {
            "CDK_CONTEXT_JSON": json.dumps({"sendFunctionArn": SEND}),
            "CDK_OUTDIR": str(tmp_path),
        },
        check=True,
    )

    [template] = tmp_path.glob("*.template.json")
    assert SEND in template.read_text()
