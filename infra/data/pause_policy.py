"""The policy for pausing sending."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lambda_src.otp.rules import guard_switch, pause

from .encryption import statement_for_table


def create_pause_policy(
    scope: Construct, table: dynamodb.TableV2, key: kms.IKey | None
) -> iam.ManagedPolicy:
    """Create the policy for people on call: for the two switches, `pause` and `guard_switch`."""
    return iam.ManagedPolicy(
        scope,
        "PausePolicy",
        description="May pause sending, and let it go on",
        statements=[
            iam.PolicyStatement(
                actions=["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
                resources=[table.table_arn],
                conditions={
                    "ForAllValues:StringEquals": {
                        "dynamodb:LeadingKeys": [pause.ITEM, guard_switch.ITEM]
                    }
                },
            ),
            *([statement_for_table(key, region=Stack.of(scope).region)] if key else []),
        ],
    )
