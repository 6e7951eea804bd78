"""A function with its role, its log group, and the alias that callers invoke."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from aws_cdk import Duration, RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.bundle.build import HOST, hash_of
from infra.config import PYTHON_VERSIONS, Config
from infra.data.encryption import statements_for_key
from infra.data.logs import create_log_group
from infra.deployment import Deployment
from lambda_src.otp.time_limits import TimeLimits

from .failures import FailureQueue, FailureTarget

TIMEOUT_SECONDS = int(TimeLimits().function)
# CPU comes with memory: with less, requests take longer, first ones most of all.
MEMORY_MB = 512

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
    HOST: (
        lambda_.Architecture.ARM_64
        if platform.machine().lower() in ("arm64", "aarch64")
        else lambda_.Architecture.X86_64
    ),
}


_Target_co = TypeVar("_Target_co", bound=FailureTarget, covariant=True)


class OtpFunction(Construct, Generic[_Target_co]):
    """One function.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        deployment: its configuration, its key and its code.
        name: such as `send`: the module of the handler, and the dimension Function of its metrics.
        environment: the function's settings.
        statements: what this function may do, besides what every function may.
        failures: where asynchronous events go that failed for good.
        encrypts_through: AWS services, as in `kms:ViaService`, through which the function encrypts,
            besides that of the failures.

    Attributes:
        alias: `live`, which callers invoke.
        failures: the target, made.
        function: the function behind the alias.
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
        failures: type[_Target_co],
        encrypts_through: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        config, key = deployment.config, deployment.key
        log_group = create_log_group(self, "Log", deployment)
        self.failures = failures(self, deployment)
        self.role = self._create_role(
            [
                *statements,
                *self._statements_of_every_function(log_group),
                *(
                    statements_for_key(
                        key,
                        region=Stack.of(self).region,
                        services=(*encrypts_through, failures.service),
                    )
                    if key
                    else ()
                ),
            ]
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description=f"Serverless OTP: {name} ({_settings_digest(self, config)})",
            runtime=_RUNTIMES[config.python_version],
            architecture=_ARCHITECTURES[config.architecture],
            code=lambda_.Code.from_asset(str(deployment.code), asset_hash=hash_of(deployment.code)),
            handler=f"otp.{name}.handler",
            memory_size=MEMORY_MB,
            timeout=Duration.seconds(TIMEOUT_SECONDS),
            # The CDK would add its own statements to the role.
            role=self.role.without_policy_updates(),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            # A metric is a line without a level, which Lambda counts as INFO: a higher level would
            # drop it, and silence the alarms.
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            tracing=lambda_.Tracing.ACTIVE,
            environment=environment,
            environment_encryption=key,
            current_version_options=lambda_.VersionOptions(removal_policy=_of_versions(config)),
            # The alias has a destination, which also gets the reason. This catches events that
            # bypass the alias.
            dead_letter_queue=self.failures.queue_or_none,
            dead_letter_topic=self.failures.topic_or_none,
            reserved_concurrent_executions=config.reserved_concurrency,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if config.snap_start else None,
        )
        resource = self.function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - the CDK's own promise
        # The reference to the role already implies the dependency (cfn-lint W3005).
        resource.add_deletion_override("DependsOn")
        self.alias = lambda_.Alias(
            self,
            "Live",
            alias_name=_ALIAS,
            version=self.function.current_version,
            provisioned_concurrent_executions=config.provisioned_concurrency,
        )
        self._configure_asynchronous_invocation()
        self._acknowledge(config)

    @property
    def failure_queue(self: "OtpFunction[FailureQueue]") -> sqs.Queue:
        """The queue of failed asynchronous events, if the function has one."""
        return self.failures.queue

    def _statements_of_every_function(
        self, log_group: logs.LogGroup
    ) -> tuple[iam.PolicyStatement, ...]:
        return (
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[log_group.log_group_arn],
            ),
            self.failures.statement,
            iam.PolicyStatement(
                actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                resources=["*"],
            ),
        )

    def _create_role(self, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="What the function may do, and nothing else",
            statements=list(statements),
        )
        acknowledge(
            policy,
            "X-Ray's write actions support no resources (Service Authorization Reference, AWS "
            "X-Ray). The statement holds these two actions only.",
            "AwsSolutions-IAM5[Resource::*]",
        )
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="The function's own role, with one policy",
            managed_policies=[policy],
        )

    def _configure_asynchronous_invocation(self) -> None:
        # Not configure_async_invoke(): it would also let the function read the queue's attributes.
        asynchronous = lambda_.CfnEventInvokeConfig(
            self,
            "Asynchronous",
            function_name=self.function.function_name,
            qualifier=self.alias.alias_name,
            maximum_event_age_in_seconds=self.failures.max_event_age_seconds,
            maximum_retry_attempts=self.failures.retries,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.failures.arn
                )
            ),
        )
        # The alias is named by a string, which implies no dependency.
        asynchronous.node.add_dependency(self.alias)

    def _acknowledge(self, config: Config) -> None:
        acknowledge(
            self.function,
            "It calls only public AWS endpoints, over TLS, signed. A VPC would add network "
            "interfaces and NAT, and protect nothing.",
            "NIST.800.53.R5-LambdaInsideVPC",
            "HIPAA.Security-LambdaInsideVPC",
            "PCI.DSS.321-LambdaInsideVPC",
            "CKV_AWS_117",
        )
        if not config.customer_key:
            acknowledge(
                self.function,
                "Lambda encrypts the environment, which holds no secret, with AWS's key "
                "(customerKey=false).",
                "CKV_AWS_173",
            )
        if not config.reserved_concurrency:
            acknowledge(
                self.function,
                "The operator decides (reservedConcurrency): new accounts cannot reserve any. API "
                "Gateway throttles, and the account's limit bounds it.",
                "NIST.800.53.R5-LambdaConcurrency",
                "HIPAA.Security-LambdaConcurrency",
                "CKV_AWS_115",
            )
        if config.python_version != PYTHON_VERSIONS[-1]:
            acknowledge(
                self.function,
                "The runtime is the Python on which the tests ran (pythonVersion), and supported.",
                "AwsSolutions-L1",
                "Serverless-LambdaLatestVersion",
            )


def _of_versions(config: Config) -> RemovalPolicy:
    """Keep old versions, for a rollback by hand, but not those of failed deployments.

    A failed version's code may be deployed again, and Lambda does not publish the same code twice
    in a row. With SnapStart, every version costs money, so none is kept.
    """
    if config.canary and not config.snap_start:
        return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return RemovalPolicy.DESTROY


def _settings_digest(scope: Construct, config: Config) -> str:
    """Return a digest of settings that the CDK tells apart and Lambda does not.

    The CDK publishes a new version if a property is written differently: a reference to the region
    instead of its name. Lambda sees no change, and refuses to publish. The digest, in the
    description, is a change.
    """
    region = Stack.of(scope).region
    written = (
        "" if Token.is_unresolved(region) else region,
        config.application_id or "created",
    )
    return hashlib.sha256("\0".join(written).encode()).hexdigest()[:8]
