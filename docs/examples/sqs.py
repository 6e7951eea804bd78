"""A queue with a function that texts a code for each message.

npx cdk deploy --app ".venv/bin/python -m docs.examples.sqs" \
    -c sendFunctionArn=… (the service's output SendFunctionArn)
"""

import os
import shutil
from pathlib import Path

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

_ROOT = Path(__file__).resolve().parent.parent.parent

_TIMEOUT = cdk.Duration.minutes(1)
# Six times the timeout: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
_HIDDEN = cdk.Duration.minutes(6)
# The last delivery ends half an hour after the first one began. The service forgets a ReferenceId
# after 65 minutes, so a later delivery could be a second text.
_DELIVERIES = 5
# Messages older than this are not texted.
_KEPT = cdk.Duration.hours(1)


def build() -> Path:
    """Assemble the function's code and the client. Lambda's runtime includes boto3."""
    folder = _ROOT / "build" / "sqs"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(
        _ROOT / "clients" / "python" / "src" / "serverless_otp",
        folder / "serverless_otp",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(_ROOT / "docs" / "examples" / "sqs_function.py", folder)
    return folder


class QueueStack(cdk.Stack):
    """A queue, its function, and a queue for messages that could not be texted."""

    def __init__(
        self, scope: Construct, construct_id: str, *, send_function: str, code: lambda_.Code
    ) -> None:
        super().__init__(scope, construct_id)
        undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=_HIDDEN,
            retention_period=_KEPT,
            dead_letter_queue=sqs.DeadLetterQueue(queue=undelivered, max_receive_count=_DELIVERIES),
        )
        function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="sqs_function.handler",
            code=code,
            environment={"SEND_FUNCTION_ARN": send_function},
            timeout=_TIMEOUT,
        )
        function.add_event_source(
            sources.SqsEventSource(queue, batch_size=5, report_batch_item_failures=True)
        )
        function.add_to_role_policy(
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[send_function])
        )
        cdk.CfnOutput(self, "QueueUrl", value=queue.queue_url)
        cdk.CfnOutput(self, "UndeliveredQueueUrl", value=undelivered.queue_url)


def main() -> None:
    """Synthesize the stack."""
    app = cdk.App()
    send_function = app.node.get_context("sendFunctionArn")
    code = lambda_.Code.from_asset(str(build()))
    QueueStack(app, "CodeQueue", send_function=send_function, code=code)
    app.synth()


if __name__ == "__main__":
    main()
