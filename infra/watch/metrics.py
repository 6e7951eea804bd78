"""The metrics: the functions' own, and some of AWS's."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from infra.function.failures import FailureTarget
from infra.function.otp_function import OtpFunction

# The functions' own metrics, in embedded metric format: lambda_src/otp/metrics.py.
NAMESPACE = "ServerlessOtp"

_MINUTE = Duration.minutes(1)


class FunctionMetrics:
    """The metrics of one function.

    Args:
        function: the function.
        deployment: the dimension Deployment of our own metrics.
        name: the dimension Function of our own metrics, such as `send`.

    """

    def __init__(self, function: OtpFunction[FailureTarget], *, deployment: str, name: str) -> None:
        alias = function.alias
        self._dimensions = {"Deployment": deployment, "Function": name}
        self.failures = function.failures.metric
        self.concurrent = function.function.metric(
            "ConcurrentExecutions", statistic="Maximum", period=_MINUTE
        )
        self.requests = self._own("Requests", "Sum")
        # 0 or 1 for every request, so that the average is the share of them.
        self.server_error_rate = self._own("ServerErrors", "Average")
        self.outcome_unknown_rate = self._own("OutcomeUnknown", "Average")
        self.store_failures = self._own("StoreFailures", "Sum")
        self.throttles = alias.metric_throttles(period=_MINUTE, statistic="Sum")
        self.duration_p50 = alias.metric_duration(period=_MINUTE, statistic="p50")
        self.duration_p99 = alias.metric_duration(period=_MINUTE, statistic="p99")
        # Lambda's Errors counts problems that direct callers got as function errors, and crashes.
        # ReportedErrors counts the former, so the rest are crashes.
        self.crash_percent = cloudwatch.MathExpression(
            # A function that never starts writes no ReportedErrors, and FILL needs a series.
            expression=(
                f"100 * ({name}_errors - SUM([FILL({name}_reported, 0), TIME_SERIES(0)])) "
                f"/ {name}_invocations"
            ),
            # The functions share a graph, and an ID must stand for one metric in it.
            using_metrics={
                f"{name}_errors": alias.metric_errors(period=_MINUTE, statistic="Sum"),
                f"{name}_reported": self._own("ReportedErrors", "Sum"),
                f"{name}_invocations": alias.metric_invocations(period=_MINUTE, statistic="Sum"),
            },
            label="Ended without an answer (%)",
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
    """Return the number of texts, codes or refused texts, of a deployment or of one country.

    Args:
        name: `Texts`, `Verified`, `WrongCodes`, `RefusedByLimit`, or one of the guard's.
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
    """Return the number of writes that DynamoDB throttled; reads are few."""
    return cloudwatch.Metric(
        namespace="AWS/DynamoDB",
        metric_name="WriteThrottleEvents",
        dimensions_map={"TableName": table.table_name},
        statistic="Sum",
        period=_MINUTE,
    )
