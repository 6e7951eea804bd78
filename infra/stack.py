"""The stack: a thin shell around the service, with what a caller needs as outputs."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from .config import Config
from .service import OtpService

_VERSION_FILE = Path(__file__).resolve().parent.parent / "VERSION"

_KEPT = "The table, the KMS key, the failure queue and the log groups stay when the stack goes"


class OtpStack(Stack):
    """One deployment.

    Args:
        scope: the app.
        construct_id: the stack's name.
        config: what the operator decided, the region included.
        code: the folder to deploy; None builds it for the configuration's Python and processor.
        options: what any CDK stack takes.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: Config,
        code: Path | None = None,
        **options: Any,  # noqa: ANN401 - aws_cdk.Stack's own
    ) -> None:
        if config.region:
            options.setdefault("env", Environment(region=config.region))
        # Whoever looks at the stack in the account sees what was deployed.
        version = _VERSION_FILE.read_text().strip()
        options.setdefault("description", f"Serverless OTP {version}: one-time passwords by text")
        super().__init__(scope, construct_id, **options)
        self.service = OtpService(self, "Otp", config=config, code=code)
        for name, (value, description) in self._outputs(config).items():
            CfnOutput(self, name, value=value, description=description)

    def _outputs(self, config: Config) -> dict[str, tuple[str, str]]:
        service = self.service
        outputs = {
            "ApiUrl": (service.api.url, "POST /otp and /otp/verify below this address"),
            "SendFunctionArn": (
                service.send.alias.function_arn,
                "Invoke this to send from another Lambda function",
            ),
            "VerifyFunctionArn": (
                service.verify.alias.function_arn,
                "Invoke this to verify from another Lambda function",
            ),
            "CallerPolicyArn": (
                service.caller_policy.managed_policy_arn,
                "Attach this policy to a role that may call",
            ),
            "SendFailureQueueUrl": (
                service.send.failure_queue.queue_url,
                "Asynchronous requests that finally failed, with the problem",
            ),
            "ApplicationId": (service.application_id, "The Pinpoint application that sends"),
            "PausePolicyArn": (
                service.pause_policy.managed_policy_arn,
                "Attach this policy to whoever may pause sending",
            ),
            "TableName": (
                service.table.table_name,
                "Remembers ReferenceIds, counts messages, and holds the switch that pauses",
            ),
        }
        if service.alarms:
            outputs["AlarmTopicArn"] = (
                service.alarms.topic.topic_arn,
                "Subscribe whoever is on call",
            )
        if service.dashboard:
            outputs["DashboardName"] = (service.dashboard.name, "Look here first")
        if service.api.domain:
            outputs["DomainTarget"] = (
                service.api.domain.domain_name_alias_domain_name,
                "Point the domain name to this, as an alias or a CNAME record",
            )
        if config.keep_data:
            outputs["KeptOnDestroy"] = (
                _KEPT,
                "They hold data; docs/security.md says how to delete them",
            )
        return outputs
