"""A state machine that sends a code, and waits until the person has typed it in.

npx cdk deploy --app ".venv/bin/python -m docs.examples.step_functions" \
    -c sendFunctionArn=… (the service's output SendFunctionArn)

Start an execution with `{"phone": "+12065550100"}`. Its name is the ReferenceId: whoever starts it
twice by the same name starts it once, and texts once. The page (step_functions_page.py) verifies
the code itself and reports the result, so that no code is in the execution's history.
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

# Nothing was sent, or nobody knows yet: the same request again tells. After a crash the answer is
# InProgress for 28 s; the waits add up to more.
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
# They are retryable, too, but only after minutes or hours: nobody waits for that.
LATER = ["SendingPaused", "TooManyMessages"]
# No text will ever reach this number.
ANOTHER_WAY = ["DestinationNotAllowed", "DuplicateDestination", "OptedOut", "PermanentFailure"]

# As long as the code is valid, by default.
VALID_SECONDS = 600
# In seconds since 1970, as DynamoDB wants it.
_EXPIRES_AT = f"{{% $string($floor($millis() / 1000) + {VALID_SECONDS}) %}}"


def definition(*, send_function: str, table: str) -> dict[str, Any]:
    """Write the state machine, in the Amazon States Language.

    Args:
        send_function: the ARN of the send function's alias.
        table: the name of the table in which the page finds the token that ends the waiting, by its
            ReferenceId.

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
                        # The same in every attempt. States.UUID() here would text in each.
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
                    # The text may have arrived: the code decides.
                    {"ErrorEquals": ["OutcomeUnknown"], "Next": "WaitForCode"},
                    {"ErrorEquals": LATER, "Next": "TryLater"},
                    {"ErrorEquals": ANOTHER_WAY, "Next": "AnotherWay"},
                    # All else fails the execution: a bug, or something for the operator.
                ],
                # The answer holds the number.
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
    """A state machine, the table of its tokens, and who may do what with them."""

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
            # Step Functions takes it for this state machine only, and not for that of another
            # account: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
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
                # Not the CDK's own: it leaves out what is null.
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
