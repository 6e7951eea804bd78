"""Log groups: every one is the stack's own, forgets, and goes with the stack or outlives it."""

from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.deployment import Deployment


def create_log_group(
    scope: Construct,
    construct_id: str,
    deployment: Deployment,
    *,
    name: str | None = None,
) -> logs.LogGroup:
    """Create a log group; `name` where the service that writes it asks for one."""
    group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        encryption_key=deployment.key,
        removal_policy=deployment.removal_policy,
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - the CDK's own promise
    # The construct takes an enumeration of names; the number is what an operator knows.
    resource.retention_in_days = deployment.config.log_retention_days
    if not deployment.key:
        acknowledge(
            group,
            "CloudWatch Logs encrypts it with a key of its own; the operator has asked for none "
            "of theirs (customerKey=false). No phone number and no code is in it.",
            "NIST.800.53.R5-CloudWatchLogGroupEncrypted",
            "HIPAA.Security-CloudWatchLogGroupEncrypted",
            "PCI.DSS.321-CloudWatchLogGroupEncrypted",
            "CKV_AWS_158",
        )
    return group
