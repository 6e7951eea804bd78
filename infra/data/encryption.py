"""The stack's own KMS key, for operators who must be able to revoke access to stored data."""

from collections.abc import Sequence

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.config import Config

# The actions, besides kms:Decrypt, that these services' guides require for writing.
_ACTIONS = {
    "dynamodb": ("DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"),
    "sns": ("GenerateDataKey",),
    "sqs": ("GenerateDataKey",),
}


def create_key(scope: Construct, *, config: Config) -> kms.Key | None:
    """Create the key, and let CloudWatch use it for this account's logs.

    The other services use it on behalf of the functions' roles, whose policies allow it.
    """
    if not config.customer_key:
        return None
    stack = Stack.of(scope)
    key = kms.Key(
        scope,
        "Key",
        description=f"Encrypts what {stack.stack_name} stores",
        enable_key_rotation=True,
        removal_policy=(
            # Kept as long as the table, which stays even if the first deployment fails.
            RemovalPolicy.RETAIN if config.keep_data else RemovalPolicy.DESTROY
        ),
    )
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogsOfThisAccount",
            principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
            actions=[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                        service="logs", resource="*"
                    )
                }
            },
        )
    )
    return key


def statements_for_key(
    key: kms.IKey, *, region: str, services: Sequence[str]
) -> list[iam.PolicyStatement]:
    """Return what a function's role may do with the key.

    It may encrypt through these services only, such as `sqs`; and decrypt, which Lambda also does
    with the environment, on behalf of the role.
    """
    return [
        iam.PolicyStatement(
            actions=sorted(
                {f"kms:{action}" for service in services for action in _ACTIONS[service]}
            ),
            resources=[key.key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in services]
                }
            },
        ),
        iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key.key_arn]),
    ]


def statement_for_table(key: kms.IKey, *, region: str) -> iam.PolicyStatement:
    """Return what a user of the table may do with the key: what DynamoDB needs, through it."""
    return iam.PolicyStatement(
        actions=[f"kms:{action}" for action in sorted({"Decrypt", *_ACTIONS["dynamodb"]})],
        resources=[key.key_arn],
        conditions={"StringEquals": {"kms:ViaService": [f"dynamodb.{region}.amazonaws.com"]}},
    )
