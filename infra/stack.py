"""The stack: the service, and outputs for callers and operators."""

from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Environment, Stack
from constructs import Construct

from .config import Config
from .service import OtpService

_VERSION_FILE = Path(__file__).resolve().parent.parent / "VERSION"

_KEPT = "The table, the KMS key, the failure queue and the log groups outlive the stack"


class OtpStack(Stack):
    """One deployment.

    Args:
        scope: the app.
        construct_id: the stack's name.
        config: the operator's configuration, with the region.
        code: the folder to deploy; None builds it for the configuration's Python and processor.
        options: the options of any CDK stack.

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
        # Shows the deployed version in the account.
        version = _VERSION_FILE.read_text().strip()
        options.setdefault("description", f"Serverless OTP {version}: one-time passwords by text")
        super().__init__(scope, construct_id, **options)
        self.service = OtpService(self, "Otp", config=config, code=code)
        for name, (value, description) in self._outputs(config).items():
            CfnOutput(self, name, value=value, description=description)

    def _outputs(self, config: Config) -> dict[str, tuple[str, str]]:
        service = self.service
        outputs = {
            "ApiUrl": (service.api.url, "Base URL of the API: POST /otp, POST /otp/verify"),
            "SendFunctionArn": (
                service.send.alias.function_arn,
                "Invoke this ARN to send without the API",
            ),
            "VerifyFunctionArn": (
                service.verify.alias.function_arn,
                "Invoke this ARN to verify without the API",
            ),
            "CallerPolicyArn": (
                service.caller_policy.managed_policy_arn,
                "Attach this policy to roles that call the API or the functions",
            ),
            "SendFailureQueueUrl": (
                service.send.failure_queue.queue_url,
                "Asynchronous send requests that failed for good, each with its problem",
            ),
            "ApplicationId": (
                service.application_id,
                "The Pinpoint application that sends and verifies",
            ),
            "PausePolicyArn": (
                service.pause_policy.managed_policy_arn,
                "Attach this policy to roles that may pause sending",
            ),
            "TableName": (
                service.table.table_name,
                "Holds the ReferenceIds, the counts and the switches",
            ),
        }
        if service.alarms:
            outputs["AlarmTopicArn"] = (
                service.alarms.topic.topic_arn,
                "Subscribe the people on call to this topic",
            )
        if service.dashboard:
            outputs["DashboardName"] = (service.dashboard.name, "The CloudWatch dashboard")
        if service.api.domain:
            outputs["DomainTarget"] = (
                service.api.domain.domain_name_alias_domain_name,
                "Target of the domain name's alias or CNAME record",
            )
        if config.keep_data:
            outputs["KeptOnDestroy"] = (
                _KEPT,
                "To delete them, see docs/security.md#after-cdk-destroy",
            )
        return outputs
