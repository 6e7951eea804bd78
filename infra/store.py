"""The table that remembers which ReferenceIds were texted."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

# Every write is to one item under a condition; nothing reads, queries or scans.
ITEM_ACTIONS = ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


def create_table(scope: Construct) -> dynamodb.TableV2:
    """Create the table. Its rows live for 65 minutes, so it goes with its stack."""
    return dynamodb.TableV2(
        scope,
        "ReferenceIds",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        time_to_live_attribute="expiration",
        billing=dynamodb.Billing.on_demand(),
        encryption=dynamodb.TableEncryptionV2.aws_managed_key(),
        removal_policy=RemovalPolicy.DESTROY,
    )
