"""A function with its role, its log group, its alarms, and the alias that everybody calls."""

import hashlib
from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lambda_src.otp.settings import TimeLimits

from .acknowledge import acknowledge
from .bundle import build
from .canary import deploy_by_canary
from .config import PYTHON_VERSIONS, Config
from .deployment import Deployment
from .encryption import statements_for_key
from .logs import create_log_group
from .monitoring import Alarms, FunctionMetrics

TIMEOUT_SECONDS = int(TimeLimits().function)
# CPU comes with memory: below this, a cold start takes seconds.
MEMORY_MB = 512

# An asynchronous event that is older is dropped to the failure queue, and so none arrives after the
# window of its ReferenceId (65 minutes): it would text again.
MAX_EVENT_AGE_SECONDS = 5 * 60

_ALIAS = "live"

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
        deployment: how it runs, what encrypts for it, where its alarms are.
        name: such as `send`: the module of the handler, and the dimension Function of its metrics.
        environment: the function's settings.
        statements: what the function may do, apart from what every function may.

    Attributes:
        alias: `live`, which is what the outside calls.
        failure_queue: asynchronous events that finally failed, with the problem as the reason.
        function: the function behind the alias.
        metrics: what is measured about it.
        role: the function's role.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        name: str,
        environment: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        super().__init__(scope, construct_id)
        config, key = deployment.config, deployment.key
        log_group = create_log_group(self, "Log", deployment)
        self.failure_queue = self._create_failure_queue(deployment)
        self.role = self._create_role(statements, log_group, key)
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"Serverless OTP: {name} ({_settings_digest(self, config)})",
            runtime=_RUNTIMES[config.python_version],
            architecture=_ARCHITECTURES[config.architecture],
            code=lambda_.Code.from_asset(str(build(config.python_version, config.architecture))),
            handler=f"otp.{name}.handler",
            memory_size=MEMORY_MB,
            timeout=Duration.seconds(TIMEOUT_SECONDS),
            # The CDK would add its own statements to the role.
            role=self.role.without_policy_updates(),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                **environment,
                "OTP_DEPLOYMENT": deployment.name,
                "OTP_FUNCTION_SECONDS": str(TIMEOUT_SECONDS),
            },
            environment_encryption=key,
            current_version_options=lambda_.VersionOptions(removal_policy=_of_versions(config)),
            # The alias has a destination, which tells the reason. This catches what was invoked
            # around the alias.
            dead_letter_queue=self.failure_queue,
            reserved_concurrent_executions=config.reserved_concurrency,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if config.snap_start else None,
        )
        resource = self.function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - the CDK's own promise
        # The role, which brings its policy, is waited for by reference already (cfn-lint W3005).
        resource.add_deletion_override("DependsOn")
        self.alias = lambda_.Alias(
            self,
            "Live",
            alias_name=_ALIAS,
            version=self.function.current_version,
            provisioned_concurrent_executions=config.provisioned_concurrency,
        )
        self._configure_asynchronous_invocation()
        self.metrics = FunctionMetrics(self.alias, deployment=deployment.name, function=name)
        rollback_alarms = self._add_alarms(deployment.alarms, config) if deployment.alarms else []
        if config.canary:
            deploy_by_canary(self, alias=self.alias, function=self.function, alarms=rollback_alarms)
        self._acknowledge(config)

    def _create_failure_queue(self, deployment: Deployment) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "Failures",
            encryption=(
                sqs.QueueEncryption.KMS if deployment.key else sqs.QueueEncryption.SQS_MANAGED
            ),
            encryption_master_key=deployment.key,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=deployment.removal_policy,
        )
        acknowledge(
            queue,
            "It is the last stop: what failed for good waits here for a person, and nothing "
            "consumes it that could fail again.",
            "Serverless-SQSRedrivePolicy",
        )
        if not deployment.key:
            acknowledge(
                queue,
                "SQS encrypts it with a key of its own; the operator has asked for none of theirs "
                "(customerKey=false).",
                "CKV_AWS_27",
            )
        return queue

    def _create_role(
        self,
        statements: Sequence[iam.PolicyStatement],
        log_group: logs.LogGroup,
        key: kms.IKey | None,
    ) -> iam.Role:
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="What the function may do, and nothing else",
            statements=[
                *statements,
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[log_group.log_group_arn],
                ),
                iam.PolicyStatement(
                    actions=["sqs:SendMessage"], resources=[self.failure_queue.queue_arn]
                ),
                iam.PolicyStatement(
                    actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                    resources=["*"],
                ),
                *(statements_for_key(key, region=Stack.of(self).region) if key else ()),
            ],
        )
        acknowledge(
            policy,
            "X-Ray's write actions know no resource: AWS Service Authorization Reference, AWS "
            "X-Ray. The statement holds these two actions only.",
            "AwsSolutions-IAM5[Resource::*]",
        )
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Of the function, which has one policy",
            managed_policies=[policy],
        )

    def _configure_asynchronous_invocation(self) -> None:
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

    def _add_alarms(self, alarms: Alarms, config: Config) -> list[cloudwatch.IAlarm]:
        """Add this function's alarms; returns those that a bad release can set off.

        Not those that a slow or failing Pinpoint sets off: a good release would go back for it.
        """
        name = self.node.id
        rollback: list[cloudwatch.IAlarm] = [
            alarms.add(
                f"{name}ServerErrors",
                self.metrics.server_error_rate,
                above=config.alarm_server_error_percent / 100,
                meaning=f"{name}: requests fail on our side.",
                section="server-errors",
            ),
            alarms.add(
                f"{name}Crashes",
                self.metrics.crash_percent,
                above=config.alarm_crash_percent,
                meaning=f"{name}: the function dies without an answer.",
                section="crashes",
                # The newest minute may lack what we report, which CloudWatch gets a little later.
                bad_periods=3,
            ),
        ]
        alarms.add(
            f"{name}Latency",
            self.metrics.duration_p99,
            above=config.alarm_latency_ms,
            meaning=f"{name}: the slowest hundredth of the requests takes too long.",
            section="latency",
            bad_periods=2,
            of_periods=5,
        )
        alarms.add(
            f"{name}OutcomeUnknown",
            self.metrics.outcome_unknown_rate,
            above=config.alarm_outcome_unknown_percent / 100,
            meaning=f"{name}: Pinpoint leaves requests without an outcome.",
            section="outcome-unknown",
        )
        alarms.add(
            f"{name}Throttles",
            self.metrics.throttles,
            above=0,
            meaning=f"{name}: Lambda refuses to run the function.",
            section="throttles",
        )
        alarms.add(
            f"{name}FailureQueue",
            self.failure_queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            above=0,
            meaning=f"{name}: asynchronous requests have finally failed.",
            section="failure-queue",
            bad_periods=1,
            of_periods=1,
        )
        return rollback

    def _acknowledge(self, config: Config) -> None:
        acknowledge(
            self.function,
            "It calls public AWS endpoints only, over TLS, with its role's signature. A VPC would "
            "add network interfaces and NAT for nothing that it could reach or that could reach "
            "it.",
            "NIST.800.53.R5-LambdaInsideVPC",
            "HIPAA.Security-LambdaInsideVPC",
            "PCI.DSS.321-LambdaInsideVPC",
            "CKV_AWS_117",
        )
        if not config.customer_key:
            acknowledge(
                self.function,
                "Lambda encrypts it with a key of its own, and no secret is in it; the operator "
                "has asked for no key of theirs (customerKey=false).",
                "CKV_AWS_173",
            )
        if not config.reserved_concurrency:
            acknowledge(
                self.function,
                "Reserving is the operator's choice (reservedConcurrency): new accounts cannot "
                "reserve any. The account's own limit bounds it, API Gateway throttles before.",
                "NIST.800.53.R5-LambdaConcurrency",
                "HIPAA.Security-LambdaConcurrency",
                "CKV_AWS_115",
            )
        if config.python_version != PYTHON_VERSIONS[-1]:
            acknowledge(
                self.function,
                "The runtime is the Python that the tests ran on (pythonVersion), one that AWS "
                "supports.",
                "AwsSolutions-L1",
                "Serverless-LambdaLatestVersion",
            )


def _of_versions(config: Config) -> RemovalPolicy:
    """Keep versions, to go back to by hand; not those of a failed deployment.

    Its code may come again, and Lambda does not publish the same code twice in a row. With
    SnapStart, every version is paid for.
    """
    if config.canary and not config.snap_start:
        return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return RemovalPolicy.DESTROY


def _settings_digest(scope: Construct, config: Config) -> str:
    """Tell apart what the CDK tells apart, and Lambda does not.

    The CDK publishes a new version where a property is written differently: a reference to the
    region, or the region. Lambda finds nothing changed, and refuses to publish. This is a change.
    """
    region = Stack.of(scope).region
    written = (
        "" if Token.is_unresolved(region) else region,
        config.application_id or "created",
    )
    return hashlib.sha256("\0".join(written).encode()).hexdigest()[:8]
