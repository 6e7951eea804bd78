"""A function that CodeDeploy invokes before a release gets its first request."""

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

# Lambda accepts 4,096 characters of inline code.
_CODE = Path(__file__).with_name("release_check_code.py")


class ReleaseCheck(Construct):
    """Invokes new versions with an empty request, which they refuse if they start.

    A version that crashes on import writes no metrics, and with little traffic a tenth may not be
    enough to set off an alarm.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        deployment: its configuration has the log's retention, and it has the key.
        functions: their newest versions are invoked.

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
                    # Not the new version alone: IAM might not yet have the new statement.
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
            "A release publishes a new version of each function, whose number is not known before.",
            *(f"AwsSolutions-IAM5[Resource::<{_logical_id(it)}.Arn>:*]" for it in functions),
        )
        self._role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Checks new versions",
            managed_policies=[policy],
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Serverless OTP: invokes new versions before they get traffic",
            # The code needs only what every runtime has.
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
        # The reference to the role already implies the dependency (cfn-lint W3005).
        _resource(self.function).add_deletion_override("DependsOn")
        acknowledge(
            self.function,
            "Only CodeDeploy invokes it, and takes a missing answer for a failure: tracing, a "
            "queue, reserved concurrency or a VPC would add nothing.",
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
        """Let the function report to a deployment group; returns the policy, to depend on."""
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
