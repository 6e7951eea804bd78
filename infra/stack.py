"""The stack: a thin shell around the service, with what a caller needs as outputs."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from .config import Config
from .service import OtpService


class OtpStack(Stack):
    """One deployment.

    Args:
        scope: the app.
        construct_id: the stack's name.
        config: what the operator decided.
        options: what any CDK stack takes.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: Config,
        **options: Any,  # noqa: ANN401 - aws_cdk.Stack's own
    ) -> None:
        super().__init__(scope, construct_id, **options)
        self.service = OtpService(self, "Otp", config=config)
        for name, value, description in (
            ("ApiUrl", self.service.api.url, "POST otp below this address"),
            (
                "SendFunctionArn",
                self.service.send.alias.function_arn,
                "Invoke this to send from another Lambda function",
            ),
            (
                "CallerPolicyArn",
                self.service.caller_policy.managed_policy_arn,
                "Attach this policy to a role that may call",
            ),
            (
                "SendFailureQueueUrl",
                self.service.send.failure_queue.queue_url,
                "Asynchronous requests that finally failed, with the problem",
            ),
            ("ApplicationId", self.service.application_id, "The Pinpoint application that sends"),
            ("TableName", self.service.table.table_name, "Remembers ReferenceIds"),
        ):
            CfnOutput(self, name, value=value, description=description)
