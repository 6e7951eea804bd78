"""A rule that texts a code for every event that asks for one.

npx cdk deploy --app ".venv/bin/python -m docs.examples.event_bridge" \
    -c sendFunctionArn=… (the service's output SendFunctionArn)

Put events with the source `com.example.accounts`, the detail type `CodeRequested` and the detail
`{"referenceId": "…", "phone": "+12065550100"}`. EventBridge may deliver an event more than once;
with the same ReferenceId that is one text. The publisher gets no answer.
"""

import os

os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

SOURCE = "com.example.accounts"
DETAIL_TYPE = "CodeRequested"

# By default EventBridge retries for 24 hours. The service forgets a ReferenceId after 65 minutes,
# so a later delivery would be a second text.
MAX_EVENT_AGE = cdk.Duration.minutes(5)


class CodesStack(cdk.Stack):
    """A bus, a rule whose target is the service, and a queue for undeliverable events."""

    def __init__(self, scope: Construct, construct_id: str, *, send_function: str) -> None:
        super().__init__(scope, construct_id)
        bus = events.EventBus(self, "Bus")
        # Events that did not reach the function. Requests that fail in the function go to the
        # service's own queue (its output SendFailureQueueUrl), with the problem.
        undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=cdk.Duration.days(14),
        )
        rule = events.Rule(
            self,
            "CodeRequested",
            event_bus=bus,
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[DETAIL_TYPE],
                detail={
                    "referenceId": events.Match.exists(),
                    "phone": events.Match.exists(),
                },
            ),
        )
        send = lambda_.Function.from_function_attributes(
            self, "Send", function_arn=send_function, same_environment=True
        )
        rule.add_target(
            targets.LambdaFunction(
                send,
                event=events.RuleTargetInput.from_object(
                    {
                        "ReferenceId": events.EventField.from_path("$.detail.referenceId"),
                        "DestinationIdentity": events.EventField.from_path("$.detail.phone"),
                    }
                ),
                dead_letter_queue=undelivered,
                max_event_age=MAX_EVENT_AGE,
            )
        )
        cdk.CfnOutput(self, "BusName", value=bus.event_bus_name)
        cdk.CfnOutput(self, "UndeliveredQueueUrl", value=undelivered.queue_url)


def main() -> None:
    """Synthesize the stack."""
    app = cdk.App()
    CodesStack(app, "Codes", send_function=app.node.get_context("sendFunctionArn"))
    app.synth()


if __name__ == "__main__":
    main()
