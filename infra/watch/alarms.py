"""The alarms and their topic.

Alarms count bad minutes: 2 among 15 set one off after two minutes in a busy service, and also in
one that texts every few minutes. Missing data is good: at night, there are no texts.
"""

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.config import Config

_BAD_MINUTES, _OF_MINUTES = 2, 15


class Alarms(Construct):
    """The alarms of a deployment, and the topic that they notify.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        config: the thresholds and the topic.

    Attributes:
        topic: notified when an alarm goes off, and when it is over.
        all: the alarms, in the order in which they were added.

    """

    def __init__(self, scope: Construct, construct_id: str, *, config: Config) -> None:
        super().__init__(scope, construct_id)
        self._runbook = config.runbook_url
        self.all: list[cloudwatch.Alarm] = []
        self.topic = (
            sns.Topic.from_topic_arn(self, "Topic", config.alarm_topic_arn)
            if config.alarm_topic_arn
            else self._create_topic()
        )

    def add(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        *,
        meaning: str,
        section: str,
        above: float | None = None,
        below: float | None = None,
        bad_periods: int = _BAD_MINUTES,
        of_periods: int = _OF_MINUTES,
    ) -> cloudwatch.Alarm:
        """Add an alarm.

        Args:
            construct_id: its name here.
            metric: what is measured, with its period.
            meaning: what is wrong, and for whom, without the threshold, or changing that would
                change two properties.
            section: of docs/runbook.md.
            above: goes off above this value ...
            below: ... or below this one: one of the two.
            bad_periods: goes off when so many periods are above ...
            of_periods: ... among the last so many.

        """
        threshold, comparison = (
            (above, cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD)
            if above is not None
            else (below, cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD)
        )
        assert threshold is not None  # noqa: S101 - the callers are ours
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=threshold,
            comparison_operator=comparison,
            evaluation_periods=of_periods,
            datapoints_to_alarm=bad_periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{meaning} What to do: {self._runbook}#{section}",
        )
        notify = actions.SnsAction(self.topic)
        alarm.add_alarm_action(notify)
        alarm.add_ok_action(notify)
        self.all.append(alarm)
        return alarm

    def _create_topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Topic", enforce_ssl=True)
        stack = Stack.of(self)
        # A topic with its own policy loses the default one, which let the account publish.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "ArnLike": {
                        "aws:SourceArn": stack.format_arn(service="cloudwatch", resource="alarm:*")
                    },
                    "StringEquals": {"aws:SourceAccount": stack.account},
                },
            )
        )
        acknowledge(
            topic,
            "It carries only alarms, over TLS. Disabling a customer's key would mute them, and "
            "with SNS's own key, CloudWatch cannot publish.",
            "NIST.800.53.R5-SNSEncryptedKMS",
            "HIPAA.Security-SNSEncryptedKMS",
            "PCI.DSS.321-SNSEncryptedKMS",
            "CKV_AWS_26",
        )
        return topic
