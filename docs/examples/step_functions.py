"""A state machine that sends a code and waits until the person has entered it.

npx cdk deploy --app ".venv/bin/python -m docs.examples.step_functions" \
    -c sendFunctionArn=… (the service's output SendFunctionArn)

Start an execution with `{"phone": "+12065550100"}`. Its name is the ReferenceId: starting it twice
with the same name starts it once and texts once. The page (step_functions_page.py) verifies the
code itself and reports the result, so that the execution's history contains no code.
"""

import json
import os

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

# Nothing was sent, or the outcome is not known yet: repeating the request tells. After a crash the
# answer is InProgress for 28 seconds; the waits add up to more.
REPEAT = ["InProgress", "StoreUnavailable", "TemporaryFailure", "Throttled", "Unavailable"]
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
OF_LAMBDA = [
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
]
# Also retryable, but only after minutes or hours: too long for a person who waits.
LATER = ["SendingPaused", "TooManyMessages"]
# No text will ever reach this number.
ANOTHER_WAY = ["DestinationNotAllowed", "DuplicateDestination", "OptedOut", "PermanentFailure"]

# The default validity of a code.
VALID_SECONDS = 600
# Seconds since 1970, as DynamoDB's TTL requires.
_EXPIRES_AT = f"{{% $string($floor($millis() / 1000) + {VALID_SECONDS}) %}}"


def definition(*, send_function: str, table: str) -> dict[str, Any]:
    """Return the state machine in the Amazon States Language.

    Args:
        send_function: the ARN of the send function's alias.
        table: the name of the table that holds each execution's task token by ReferenceId.

    """
    return {
        "StartAt": "SendCode",
        "States": {
            "SendCode": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {
                    "FunctionName": send_function,
                    "Payload": {
                        # The same in every attempt. With States.UUID(), every attempt would text.
                        "ReferenceId.$": "$$.Execution.Name",
                        "DestinationIdentity.$": "$.phone",
                    },
                },
                "Retry": [
                    {
                        "ErrorEquals": errors,
                        "IntervalSeconds": 5,
                        "BackoffRate": 2,
                        "MaxAttempts": 4,
                    }
                    for errors in (REPEAT, OF_LAMBDA)
                ],
                "Catch": [
                    # The text may have arrived. If so, the person can enter the code.
                    {"ErrorEquals": ["OutcomeUnknown"], "Next": "WaitForCode"},
                    {"ErrorEquals": LATER, "Next": "TryLater"},
                    {"ErrorEquals": ANOTHER_WAY, "Next": "AnotherWay"},
                    # Any other error fails the execution: a bug, or a task for the operator.
                ],
                # Drop the answer: it contains the number.
                "ResultPath": None,
                "Next": "WaitForCode",
            },
            "WaitForCode": {
                "Type": "Task",
                # The optimized dynamodb:putItem cannot wait:
                # https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html
                "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem.waitForTaskToken",
                "QueryLanguage": "JSONata",  # JSONPath cannot count seconds
                "Arguments": {
                    "TableName": table,
                    "Item": {
                        "ReferenceId": {"S": "{% $states.context.Execution.Name %}"},
                        "TaskToken": {"S": "{% $states.context.Task.Token %}"},
                        "ExpiresAt": {"N": _EXPIRES_AT},
                    },
                },
                "TimeoutSeconds": VALID_SECONDS,
                "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "NotVerified"}],
                "Next": "Verified",
            },
            "Verified": {"Type": "Succeed"},
            "NotVerified": {"Type": "Fail", "Error": "NotVerified"},
            "TryLater": {"Type": "Fail", "Error": "TryLater"},
            "AnotherWay": {"Type": "Fail", "Error": "AnotherWay"},
        },
    }


class VerificationStack(cdk.Stack):
    """A state machine, the table of its tokens, and their permissions."""

    def __init__(self, scope: Construct, construct_id: str, *, send_function: str) -> None:
        super().__init__(scope, construct_id)
        tokens = dynamodb.TableV2(
            self,
            "Tokens",
            partition_key=dynamodb.Attribute(
                name="ReferenceId", type=dynamodb.AttributeType.STRING
            ),
            time_to_live_attribute="ExpiresAt",
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # Named, so that its role can name it.
        name = f"{self.stack_name}-Verification"
        role = iam.Role(
            self,
            "Role",
            # Only this state machine may assume the role, not one of another account:
            # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnEquals": {
                        "aws:SourceArn": self.format_arn(
                            service="states",
                            resource="stateMachine",
                            resource_name=name,
                            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                        )
                    },
                },
            ),
            inline_policies={
                "SendsAndWaits": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["lambda:InvokeFunction"], resources=[send_function]
                        ),
                        iam.PolicyStatement(
                            actions=["dynamodb:PutItem"], resources=[tokens.table_arn]
                        ),
                    ]
                )
            },
        )
        machine = sfn.StateMachine(
            self,
            "Verification",
            state_machine_name=name,
            role=role.without_policy_updates(),
            definition_body=sfn.DefinitionBody.from_string(
                # A string, because the CDK's own definition drops null values.
                json.dumps(definition(send_function=send_function, table=tokens.table_name))
            ),
        )
        # For the role of the page, beside the service's own policy for callers.
        page = iam.ManagedPolicy(
            self,
            "Page",
            statements=[
                iam.PolicyStatement(actions=["dynamodb:GetItem"], resources=[tokens.table_arn]),
                iam.PolicyStatement(
                    actions=["states:SendTaskSuccess"], resources=[machine.state_machine_arn]
                ),
            ],
        )
        cdk.CfnOutput(self, "StateMachineArn", value=machine.state_machine_arn)
        cdk.CfnOutput(self, "TokensTableName", value=tokens.table_name)
        cdk.CfnOutput(self, "PagePolicyArn", value=page.managed_policy_arn)


def main() -> None:
    """Synthesize the stack."""
    app = cdk.App()
    VerificationStack(app, "Verification", send_function=app.node.get_context("sendFunctionArn"))
    app.synth()


if __name__ == "__main__":
    main()
