"""A function that CodeDeploy asks before a release gets its first request."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Duration, Stack
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.data.logs import create_log_group
from infra.deployment import Deployment

# Lambda takes 4,096 characters.
_CODE = Path(__file__).with_name("release_check_code.py")


class ReleaseCheck(Construct):
    """Invokes the new versions of functions with an empty request, which they refuse if they start.

    A version that dies on import writes no metrics of ours, and a tenth of little traffic may not
    reach it often enough to set off an alarm.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        deployment: how long its log is kept, and what encrypts it.
        functions: whose newest versions are invoked.

    Attributes:
        function: the hook for CodeDeploy.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        functions: Sequence[lambda_.Function],
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = create_log_group(self, "Log", deployment)
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="May invoke new versions",
            statements=[
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"],
                    # A statement that named the new version would be too young to be believed yet.
                    resources=[f"{function.function_arn}:*" for function in functions],
                ),
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[log_group.log_group_arn],
                ),
            ],
        )
        acknowledge(
            policy,
            "A release makes a new version of each function: which, is not known beforehand.",
            *(f"AwsSolutions-IAM5[Resource::<{_logical_id(it)}.Arn>:*]" for it in functions),
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Of the check of new versions",
            managed_policies=[policy],
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Serverless OTP: invokes new versions before they get traffic",
            # Its code needs nothing but what every runtime has.
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_inline(_CODE.read_text()),
            handler="index.handler",
            timeout=Duration.minutes(2),
            memory_size=256,
            role=self._role.without_policy_updates(),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={
                "VERSIONS": ",".join(
                    function.current_version.function_arn for function in functions
                )
            },
            environment_encryption=deployment.key,
        )
        # The role, which brings its policy, is waited for by reference already (cfn-lint W3005).
        _resource(self.function).add_deletion_override("DependsOn")
        acknowledge(
            self.function,
            "CodeDeploy alone invokes it, for a second at each release, and takes an answer that "
            "does not come for a no: there is nothing to trace, to queue, to reserve, or to hide "
            "in a VPC.",
            "Serverless-LambdaTracing",
            "Serverless-LambdaDLQ",
            "NIST.800.53.R5-LambdaDLQ",
            "HIPAA.Security-LambdaDLQ",
            "NIST.800.53.R5-LambdaConcurrency",
            "HIPAA.Security-LambdaConcurrency",
            "NIST.800.53.R5-LambdaInsideVPC",
            "HIPAA.Security-LambdaInsideVPC",
            "PCI.DSS.321-LambdaInsideVPC",
            "CKV_AWS_115",
            "CKV_AWS_116",
            "CKV_AWS_117",
            *(() if deployment.key else ("CKV_AWS_173",)),
        )

    def may_answer(self, scope: Construct, group: codedeploy.LambdaDeploymentGroup) -> Construct:
        """Let the function tell its verdict to a deployment group; what needs it waits for this."""
        return iam.ManagedPolicy(
            scope,
            "CheckPolicy",
            description="May tell CodeDeploy whether a new version answers",
            roles=[self._role],
            statements=[
                iam.PolicyStatement(
                    actions=["codedeploy:PutLifecycleEventHookExecutionStatus"],
                    resources=[group.deployment_group_arn],
                )
            ],
        )


def _resource(function: lambda_.Function) -> lambda_.CfnFunction:
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - the CDK's own promise
    return resource


def _logical_id(function: lambda_.Function) -> str:
    return Stack.of(function).get_logical_id(_resource(function))
