"""The table: which ReferenceIds were texted, how many messages, and the switch that pauses."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.deployment import Deployment

# Every write is to one item under a condition, one item is read, and nothing queries or scans.
ITEM_ACTIONS = (
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)

# What telling the guard of a code takes: the record and the balance are read, and what is written
# is the guard's own. By the beginnings of their keys.
_CREDIT_ACTIONS = (
    ("dynamodb:BatchGetItem", ("guard#range#*", "send#*")),
    ("dynamodb:PutItem", ("guard#claim#*",)),
    ("dynamodb:UpdateItem", ("guard#range#*",)),
)

# Restoring yesterday's rows would help nobody: records live for 65 minutes, counts for a day. A day
# is the least that AWS takes, and phone numbers are kept no longer than that.
_RECOVERY_DAYS = 1


def statements_for_credits(table: dynamodb.TableV2) -> list[iam.PolicyStatement]:
    """Say what the verify function may do with the table."""
    return [
        iam.PolicyStatement(
            actions=[action],
            resources=[table.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}},
        )
        for action, keys in _CREDIT_ACTIONS
    ]


def create_table(scope: Construct, deployment: Deployment) -> dynamodb.TableV2:
    """Create the table. Losing it would let every ReferenceId of the last hour text again."""
    key, keep_data = deployment.key, deployment.config.keep_data
    table = dynamodb.TableV2(
        scope,
        "ReferenceIds",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        time_to_live_attribute="expiration",
        billing=dynamodb.Billing.on_demand(),
        encryption=(
            dynamodb.TableEncryptionV2.customer_managed_key(key)
            if key
            else dynamodb.TableEncryptionV2.aws_managed_key()
        ),
        deletion_protection=keep_data,
        point_in_time_recovery_specification=(
            dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True, recovery_period_in_days=_RECOVERY_DAYS
            )
            if keep_data
            else None
        ),
        # Not even a failed deployment may delete it: its deletion protection would stop that.
        removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
    )
    if not keep_data:
        acknowledge(
            table,
            "Its records live for 65 minutes, and its counts for a day; the operator lets them go "
            "with the stack (keepData=false).",
            "CKV_AWS_165",
        )
    return table
