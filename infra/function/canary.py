"""Canary releases: the first five minutes get a tenth of the requests."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledge import acknowledge

from .release_check import ReleaseCheck


def deploy_by_canary(
    scope: Construct,
    *,
    alias: lambda_.Alias,
    function: lambda_.Function,
    alarms: Sequence[cloudwatch.IAlarm],
    check: ReleaseCheck,
) -> None:
    """Let CodeDeploy shift the alias, if the new version passes the check.

    A tenth of the requests for five minutes, then all; or back, if an alarm goes off.
    """
    policy = iam.ManagedPolicy(
        scope,
        "CanaryPolicy",
        description="Shifts the alias, and looks at the alarms while it does",
        statements=[
            iam.PolicyStatement(
                actions=[
                    "lambda:GetAlias",
                    "lambda:GetProvisionedConcurrencyConfig",
                    "lambda:UpdateAlias",
                ],
                resources=[
                    function.function_arn,
                    # Written out: the alias depends on this policy.
                    f"{function.function_arn}:{alias.alias_name}",
                ],
            ),
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[check.function.function_arn]
            ),
            iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=["*"]),
        ],
    )
    acknowledge(
        policy,
        "CodeDeploy reads the states of alarms. The statement holds this action only.",
        "AwsSolutions-IAM5[Resource::*]",
    )
    role = iam.Role(
        scope,
        "CanaryRole",
        assumed_by=iam.ServicePrincipal("codedeploy.amazonaws.com"),
        description="Shifts the alias of the function to a new version",
        managed_policies=[policy],
    )
    group = codedeploy.LambdaDeploymentGroup(
        scope,
        "Canary",
        alias=alias,
        deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
        alarms=list(alarms),
        auto_rollback=codedeploy.AutoRollbackConfig(
            deployment_in_alarm=True, failed_deployment=True, stopped_deployment=True
        ),
        # AWS's managed policy would allow it to update every function of the account.
        role=role.without_policy_updates(),
        pre_hook=check.function,
    )
    alias.node.add_dependency(check.may_answer(scope, group))
