"""The table: the records of ReferenceIds, the counts and the switches."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.deployment import Deployment

# Writes change one item, reads get one item, and there are no queries or scans.
ITEM_ACTIONS = (
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
)

# For credits: verify reads the record and the balance, and writes only the guard's items. Each
# action with the prefixes of its keys.
_CREDIT_ACTIONS = (
    ("dynamodb:BatchGetItem", ("guard#range#*", "send#*")),
    ("dynamodb:PutItem", ("guard#claim#*",)),
    ("dynamodb:UpdateItem", ("guard#range#*",)),
)

# Records live for 65 minutes and counts for a day, so older items are of no use. One day is AWS's
# minimum, and keeps phone numbers no longer than that.
_RECOVERY_DAYS = 1


def statements_for_credits(table: dynamodb.TableV2) -> list[iam.PolicyStatement]:
    """Return what the verify function may do with the table."""
    return [
        iam.PolicyStatement(
            actions=[action],
            resources=[table.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}},
        )
        for action, keys in _CREDIT_ACTIONS
    ]


def create_table(scope: Construct, deployment: Deployment) -> dynamodb.TableV2:
    """Create the table. If it is lost, the ReferenceIds of the last 65 minutes can text again."""
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
        # A failed deployment must not try to delete it: deletion protection would make that fail,
        # too.
        removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
    )
    if not keep_data:
        acknowledge(
            table,
            "Its records live for 65 minutes and its counts for a day; they are deleted with the "
            "stack (keepData=false).",
            "CKV_AWS_165",
        )
    return table
