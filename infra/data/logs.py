"""Log groups: in the stack, with a retention, and kept or deleted with the stack."""

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
    """Create a log group; `name` if the service that writes it requires one."""
    group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        encryption_key=deployment.key,
        removal_policy=deployment.removal_policy,
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)  # noqa: S101 - the CDK's own promise
    # The construct takes an enumeration; the configuration has the number of days.
    resource.retention_in_days = deployment.config.log_retention_days
    if not deployment.key:
        acknowledge(
            group,
            "CloudWatch Logs encrypts it with AWS's key (customerKey=false). It holds no phone "
            "number and no code.",
            "NIST.800.53.R5-CloudWatchLogGroupEncrypted",
            "HIPAA.Security-CloudWatchLogGroupEncrypted",
            "PCI.DSS.321-CloudWatchLogGroupEncrypted",
            "CKV_AWS_158",
        )
    return group
