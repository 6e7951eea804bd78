"""The whole service as one construct, for this stack or for another team's."""

from pathlib import Path

from aws_cdk import Annotations, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pinpoint as pinpoint
from constructs import Construct

from lambda_src.otp.settings import Settings

from .api.firewall import Firewall
from .api.rest_api import OtpApi
from .bundle.build import build
from .config import Config, ConfigError
from .config.send_settings import send_settings
from .config.unreachable import unreachable
from .data.encryption import create_key
from .data.pause_policy import create_pause_policy
from .data.table import ITEM_ACTIONS, create_table, statements_for_credits
from .deployment import Deployment
from .function.canary import deploy_by_canary
from .function.failures import FailureQueue, FailureTarget, ForgetfulTopic
from .function.otp_function import OtpFunction
from .function.release_check import ReleaseCheck
from .watch.abuse import add_abuse_alarms
from .watch.alarms import Alarms
from .watch.dashboard import Dashboard
from .watch.functions import add_function_alarms
from .watch.guard import add_guard_alarms
from .watch.metrics import FunctionMetrics, store_throttles


class OtpService(Construct):
    """Sends one-time passwords, at most one text per ReferenceId, and verifies them.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        config: the operator's configuration, see docs/configuration.md.
        code: the folder to deploy; None builds it for the configuration's Python and processor.

    Attributes:
        alarms: the alarms and the topic that they notify; None without alarms.
        api: the HTTP API, with its `url`.
        application_id: the Amazon Pinpoint application that sends.
        caller_policy: lets a role call the API and the functions.
        dashboard: the dashboard; None without one.
        key: the KMS key that encrypts stored data; None if AWS's own keys do.
        pause_policy: lets a role pause sending.
        send: the send function, with its `alias`, `failure_queue` and `role`.
        table: holds the ReferenceIds, the counts and the switches.
        verify: the verify function, with its `alias` and `role`. It has no queue: its requests hold
            codes, which are never stored.

    Raises:
        ConfigError: the stack is in another region than the configuration says.

    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: Config, code: Path | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self._check_region(config)
        self.key = create_key(self, config=config)
        self.alarms = Alarms(self, "Alarms", config=config) if config.alarms else None
        deployment = Deployment(
            name=f"{Stack.of(self).stack_name}/{construct_id}",
            config=config,
            key=self.key,
            code=code or build(config.python_version, config.architecture),
        )
        self.application_id = config.application_id or self._create_application(deployment)
        self.table = create_table(self, deployment)
        settings = send_settings(
            config,
            application_id=self.application_id,
            deployment=deployment.name,
            table_name=self.table.table_name,
        )
        self.send = OtpFunction(
            self,
            "Send",
            deployment=deployment,
            name="send",
            environment=settings.to_environment(),
            statements=[
                iam.PolicyStatement(
                    actions=["mobiletargeting:SendOTPMessage"],
                    resources=[self._application_arn("otp")],
                ),
                iam.PolicyStatement(actions=list(ITEM_ACTIONS), resources=[self.table.table_arn]),
            ],
            failures=FailureQueue,
            encrypts_through=["dynamodb"],
        )
        self.verify = OtpFunction(
            self,
            "Verify",
            deployment=deployment,
            name="verify",
            environment=Settings.to_environment(settings),
            statements=[
                iam.PolicyStatement(
                    actions=["mobiletargeting:VerifyOTPMessage"],
                    resources=[self._application_arn("verify-otp")],
                ),
                *(statements_for_credits(self.table) if settings.guard else ()),
            ],
            failures=ForgetfulTopic,
            encrypts_through=["dynamodb"] if settings.guard else [],
        )
        self.api = OtpApi(
            self,
            "Api",
            deployment=deployment,
            send=self.send.alias,
            verify=self.verify.alias,
        )
        firewall = (
            Firewall(self, "Firewall", deployment=deployment, api=self.api) if config.waf else None
        )
        name = deployment.name
        self._send_metrics = FunctionMetrics(self.send, deployment=name, name="send")
        self._verify_metrics = FunctionMetrics(self.verify, deployment=name, name="verify")
        if self.alarms:
            self._add_alarms(self.alarms, deployment)
        self.dashboard = (
            Dashboard(
                self,
                "Dashboard",
                deployment=deployment,
                alarms=self.alarms,
                functions={"send": self._send_metrics, "verify": self._verify_metrics},
                api=self.api,
                table=self.table,
                firewall=firewall,
            )
            if config.dashboard
            else None
        )
        self.caller_policy = iam.ManagedPolicy(
            self,
            "CallerPolicy",
            description="May send and verify OTPs, through the API or by invoking the functions",
            statements=[
                iam.PolicyStatement(
                    actions=["execute-api:Invoke"], resources=list(self.api.method_arns)
                ),
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"], resources=self._alias_arns()
                ),
            ],
        )
        self.pause_policy = create_pause_policy(self, self.table, self.key)
        for name, sentence in unreachable(config):
            Annotations.of(self).add_warning_v2(f"serverless-otp:{name}", sentence)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal invoke the functions' aliases directly."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["lambda:InvokeFunction"],
            resource_arns=self._alias_arns(),
        )

    def grant_invoke_api(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a principal call the API."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=list(self.api.method_arns),
        )

    def _alias_arns(self) -> list[str]:
        return [function.alias.function_arn for function in (self.send, self.verify)]

    def _add_alarms(self, alarms: Alarms, deployment: Deployment) -> None:
        config = deployment.config
        functions: tuple[tuple[OtpFunction[FailureTarget], FunctionMetrics], ...] = (
            (self.send, self._send_metrics),
            (self.verify, self._verify_metrics),
        )
        check = (
            ReleaseCheck(
                self,
                "ReleaseCheck",
                deployment=deployment,
                functions=[function.function for function, _ in functions],
            )
            if config.canary
            else None
        )
        for function, metrics in functions:
            rollback = add_function_alarms(
                alarms, function.node.id, metrics, function.failures, config
            )
            if check:
                deploy_by_canary(
                    function,
                    alias=function.alias,
                    function=function.function,
                    alarms=rollback,
                    check=check,
                )
        alarms.add(
            "Store",
            self._send_metrics.store_failures,
            above=0,
            meaning="Calls of DynamoDB fail. Callers may get no text at the first try.",
            section="store",
        )
        alarms.add(
            "StoreThrottles",
            store_throttles(self.table),
            above=0,
            meaning="DynamoDB throttles writes. Callers may get no text at the first try.",
            section="store",
        )
        alarms.add(
            "ApiErrors",
            self.api.metric("5XXError", "Average"),
            above=config.alarm_server_error_percent / 100,
            meaning="Many of the API's answers are 5xx, the functions' own included.",
            section="api-errors",
        )
        add_abuse_alarms(alarms, deployment.name, config)
        add_guard_alarms(alarms, deployment.name, self._verify_metrics, config)

    def _application_arn(self, resource: str) -> str:
        """Return the ARN of one of the application's OTP resources.

        Source: AWS Service Authorization Reference, Amazon Pinpoint, resource types otp and
        verify-otp.
        """
        return Stack.of(self).format_arn(
            service="mobiletargeting",
            resource="apps",
            resource_name=f"{self.application_id}/{resource}",
        )

    def _create_application(self, deployment: Deployment) -> str:
        application = pinpoint.CfnApp(self, "Application", name=deployment.label)
        application.apply_removal_policy(deployment.removal_policy)
        # Without the channel, an application sends no texts:
        # https://docs.aws.amazon.com/pinpoint/latest/apireference/apps-application-id-channels-sms.html
        pinpoint.CfnSMSChannel(self, "SmsChannel", application_id=application.ref, enabled=True)
        return application.ref

    def _check_region(self, config: Config) -> None:
        region = Stack.of(self).region
        if config.region and region != config.region:
            known = "no region of its own" if Token.is_unresolved(region) else region
            raise ConfigError(
                f"region={config.region}, and the stack has {known}: give the stack the same "
                f"(env=cdk.Environment(region={config.region!r}))."
            )
