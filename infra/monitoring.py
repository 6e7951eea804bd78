"""What is measured, and which of it wakes somebody up.

Alarms judge minutes and not requests: at 2 bad minutes among 15, a busy service is heard of after
two minutes, and one that texts every few minutes is heard of at all. No data is good news: at
night, nobody texts.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from .acknowledge import acknowledge
from .config import Config

# The functions' own metrics, in embedded metric format: lambda_src/otp/metrics.py.
NAMESPACE = "ServerlessOtp"

_MINUTE = Duration.minutes(1)
_BAD_MINUTES, _OF_MINUTES = 2, 15


class FunctionMetrics:
    """The metrics of one function.

    Args:
        alias: what callers invoke.
        deployment: the dimension Deployment of our own metrics.
        function: the dimension Function of our own metrics.

    """

    def __init__(self, alias: lambda_.Alias, *, deployment: str, function: str) -> None:
        self._dimensions = {"Deployment": deployment, "Function": function}
        self.requests = self._own("Requests", "Sum")
        self.replayed = self._own("Replayed", "Sum")
        # 0 or 1 for every request, so that the average is the share of them.
        self.server_error_rate = self._own("ServerErrors", "Average")
        self.outcome_unknown_rate = self._own("OutcomeUnknown", "Average")
        self.store_failures = self._own("StoreFailures", "Sum")
        self.throttles = alias.metric_throttles(period=_MINUTE, statistic="Sum")
        self.duration_p50 = alias.metric_duration(period=_MINUTE, statistic="p50")
        self.duration_p99 = alias.metric_duration(period=_MINUTE, statistic="p99")
        # Lambda counts a function that answers a direct caller's typo as an error, as it does one
        # that died. We count the former, so the rest are the latter.
        self.crash_percent = cloudwatch.MathExpression(
            # A function that never starts reports nothing at all, not even a series to be filled.
            expression=(
                f"100 * ({function}_errors - SUM([FILL({function}_reported, 0), TIME_SERIES(0)])) "
                f"/ {function}_invocations"
            ),
            # The functions share a graph, in which an id stands for one metric.
            using_metrics={
                f"{function}_errors": alias.metric_errors(period=_MINUTE, statistic="Sum"),
                f"{function}_reported": self._own("ReportedErrors", "Sum"),
                f"{function}_invocations": alias.metric_invocations(
                    period=_MINUTE, statistic="Sum"
                ),
            },
            label="Died without an answer (%)",
            period=_MINUTE,
        )

    def _own(self, name: str, statistic: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map=self._dimensions,
            statistic=statistic,
            period=_MINUTE,
        )


def by_country(
    name: str, deployment: str, period: Duration, country: str | None = None
) -> cloudwatch.Metric:
    """Count texts, right or wrong codes, or refused messages: of a deployment, or to one country.

    Args:
        name: `Texts`, `Verified`, `WrongCodes` or `RefusedByLimit`.
        deployment: the dimension Deployment.
        period: over which it is summed up.
        country: an ISO 3166-1 alpha-2 code; None for all.

    """
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"Deployment": deployment, **({"Country": country} if country else {})},
        statistic="Sum",
        period=period,
    )


def store_throttles(table: dynamodb.TableV2) -> cloudwatch.Metric:
    """Count the writes that DynamoDB throttled; but for the switch, the functions only write."""
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name="WriteThrottleEvents",
        dimensions_map={"TableName": table.table_name},
        statistic="Sum",
        period=_MINUTE,
    )


class Alarms(Construct):
    """The alarms of a deployment, and the topic that they notify.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        config: the thresholds and the topic.
        key: encrypts the topic.

    Attributes:
        topic: what alarms notify, when they go off and when all is well again.
        all: the alarms, in the order in which they were added.

    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: Config, key: kms.IKey | None
    ) -> None:
        super().__init__(scope, construct_id)
        self._runbook = config.runbook_url
        self.all: list[cloudwatch.Alarm] = []
        self.topic = (
            sns.Topic.from_topic_arn(self, "Topic", config.alarm_topic_arn)
            if config.alarm_topic_arn
            else self._create_topic(key)
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
            meaning: a sentence; no threshold in it, or changing one would change two things.
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

    def _create_topic(self, key: kms.IKey | None) -> sns.Topic:
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        stack = Stack.of(self)
        # A topic with a policy of its own has lost the one that let the account publish.
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
        if not key:
            acknowledge(
                topic,
                "It carries the names of alarms, over TLS only; the operator has asked for no key "
                "of their own (customerKey=false).",
                "NIST.800.53.R5-SNSEncryptedKMS",
                "HIPAA.Security-SNSEncryptedKMS",
                "PCI.DSS.321-SNSEncryptedKMS",
                "CKV_AWS_26",
            )
        return topic
