"""The role that API Gateway logs with, which is one for the whole account and region."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.acknowledge import acknowledge


def create_log_role(scope: Construct) -> apigateway.CfnAccount:
    """Create the role that API Gateway logs with, for every API of the account in the region.

    It outlives the stack: the other APIs log with it too.
    """
    role = iam.Role(
        scope,
        "LogRole",
        assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
        description="API Gateway logs with it, for every API of this account in this region",
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name(
                "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
            )
        ],
    )
    role.apply_removal_policy(RemovalPolicy.RETAIN)
    acknowledge(
        role,
        "API Gateway asks for this policy by name for the role of the whole account: "
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AmazonAPIGatewayPushToCloudWatchLogs]",
    )
    account = apigateway.CfnAccount(scope, "Account", cloud_watch_role_arn=role.role_arn)
    account.apply_removal_policy(RemovalPolicy.RETAIN)
    return account
