"""A function with its role, its log group and the alias that everybody calls."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambda_src.otp.settings import TimeLimits

from .bundle import build
from .config import Config

TIMEOUT_SECONDS = int(TimeLimits().function)
# CPU comes with memory: below this, a cold start takes seconds.
MEMORY_MB = 512

# An asynchronous event that is older is dropped to the failure queue, and so none arrives after the
# window of its ReferenceId (65 minutes): it would text again.
MAX_EVENT_AGE_SECONDS = 5 * 60

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
        failure_queue: asynchronous events that finally failed, with the problem as the reason.
        function: the function behind the alias.
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
        self.failure_queue = sqs.Queue(
            self,
            "Failures",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
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
                        iam.PolicyStatement(
                            actions=["sqs:SendMessage"], resources=[self.failure_queue.queue_arn]
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
                "OTP_FUNCTION_SECONDS": str(TIMEOUT_SECONDS),
            },
        )
        self.alias = lambda_.Alias(
            self, "Live", alias_name="live", version=self.function.current_version
        )
        # Not configure_async_invoke(): it lets the function read the queue's attributes as well.
        asynchronous = lambda_.CfnEventInvokeConfig(
            self,
            "Asynchronous",
            function_name=self.function.function_name,
            qualifier=self.alias.alias_name,
            maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS,
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.failure_queue.queue_arn
                )
            ),
        )
        # It names the alias by a text, which says nothing of what must be there first.
        asynchronous.node.add_dependency(self.alias)
