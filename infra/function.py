"""A function with its role, its log group and the alias that everybody calls."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from .bundle import build
from .config import Config

# API Gateway waits 29 seconds; the function's own steps add up to less, see otp/settings.py.
TIMEOUT_SECONDS = 25
# CPU comes with memory: below this, a cold start takes seconds.
MEMORY_MB = 512

_RUNTIMES = {
    "3.11": lambda_.Runtime.PYTHON_3_11,
    "3.12": lambda_.Runtime.PYTHON_3_12,
    "3.13": lambda_.Runtime.PYTHON_3_13,
    "3.14": lambda_.Runtime.PYTHON_3_14,
}
_ARCHITECTURES = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}


class OtpFunction(Construct):
    """One function.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        config: the runtime and processor.
        handler: such as `otp.send.handler`.
        environment: the function's settings.
        statements: what the function may do, apart from writing its log.

    Attributes:
        alias: `live`, which is what the outside calls.
        function: the function behind it.
        role: the function's role.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: Config,
        handler: str,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self,
            "Log",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="What the function may do, and nothing else",
            inline_policies={
                "Function": iam.PolicyDocument(
                    statements=[
                        *statements,
                        iam.PolicyStatement(
                            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                            resources=[log_group.log_group_arn],
                        ),
                    ]
                )
            },
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=_RUNTIMES[config.python_version],
            architecture=_ARCHITECTURES[config.architecture],
            code=lambda_.Code.from_asset(str(build(config.python_version, config.architecture))),
            handler=handler,
            memory_size=MEMORY_MB,
            timeout=Duration.seconds(TIMEOUT_SECONDS),
            role=self.role,
            log_group=log_group,
            environment={
                **environment,
                "OTP_FUNCTION_TIMEOUT_SECONDS": str(TIMEOUT_SECONDS),
            },
        )
        self.alias = lambda_.Alias(
            self, "Live", alias_name="live", version=self.function.current_version
        )
