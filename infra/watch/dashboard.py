"""The dashboard, which is read from top to bottom.

Is it working? Is someone abusing it? What is slow? What is failing?
"""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.api.firewall import Firewall
from infra.api.rest_api import OtpApi
from infra.deployment import Deployment

from .abuse import verified_percent, watched_countries
from .alarms import Alarms
from .metrics import NAMESPACE, FunctionMetrics, by_country, store_throttles

_WIDTH = 24
_HEIGHT = 6

Functions = Mapping[str, FunctionMetrics]


class Dashboard(Construct):
    """The dashboard of a deployment.

    Args:
        scope: the construct it belongs to.
        construct_id: its name there.
        deployment: which it shows.
        alarms: of the deployment, if there are any.
        functions: the metrics of each function, by name, such as `send`.
        api: the API.
        table: the table of ReferenceIds.
        firewall: the web ACL, if there is one.

    Attributes:
        name: of the dashboard.

    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        alarms: Alarms | None,
        functions: Functions,
        api: OtpApi,
        table: dynamodb.TableV2,
        firewall: Firewall | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._region = Stack.of(self).region
        self._deployment = deployment.name
        self._config = deployment.config
        self._dashboard = cloudwatch.Dashboard(
            self, "Dashboard", default_interval=Duration.hours(3)
        )
        self.name = self._dashboard.dashboard_name
        self._heading(
            f"# {deployment.name}\nRead from top to bottom. The runbook explains each alarm: "
            f"{deployment.config.runbook_url}"
        )
        if alarms:
            self._dashboard.add_widgets(
                cloudwatch.AlarmStatusWidget(
                    title="Alarms", alarms=list(alarms.all), width=_WIDTH, height=4
                )
            )
        self._is_it_working(functions)
        self._is_someone_abusing_it(api, firewall)
        self._what_is_slow(functions, api)
        self._what_is_failing(functions, table)

    def _is_it_working(self, functions: Functions) -> None:
        self._heading("## Is it working?\nRequests arrive, texts go out, and few requests fail.")
        self._row(
            (
                "Requests a minute",
                [metrics.requests.with_(label=name) for name, metrics in functions.items()],
            ),
            (
                "Texts a minute",
                [by_country("Texts", self._deployment, Duration.minutes(1)).with_(label="texts")],
            ),
            (
                "Share of requests with a server error or an unknown outcome",
                [
                    metric.with_(label=f"{name}: {label}")
                    for name, metrics in functions.items()
                    for metric, label in (
                        (metrics.server_error_rate, "server error"),
                        (metrics.outcome_unknown_rate, "outcome unknown"),
                    )
                ],
            ),
        )

    def _is_someone_abusing_it(self, api: OtpApi, firewall: Firewall | None) -> None:
        self._heading(
            "## Is someone abusing it?\nSigns: texts to unexpected countries, codes that are not "
            "verified, many refused texts, many requests that API Gateway or the firewall blocks."
        )
        blocked = [api.metric("4XXError", "Sum").with_(label="4xx, the functions' own included")]
        if firewall:
            blocked.append(
                cloudwatch.Metric(
                    namespace="AWS/WAFV2",
                    metric_name="BlockedRequests",
                    dimensions_map={
                        "WebACL": firewall.metric_name,
                        "Region": self._region,
                        "Rule": "ALL",
                    },
                    statistic="Sum",
                    label="blocked by the firewall",
                    period=Duration.minutes(1),
                )
            )
        self._row(
            ("Texts an hour by country", [self._by("Country", "Texts", hours=1)]),
            (
                "Verified of an hour's texts (%)",
                [
                    verified_percent(self._deployment, self._config, country)
                    for country in (None, *watched_countries(self._config))
                ],
            ),
            ("Verified an hour by country", [self._by("Country", "Verified", hours=1)]),
            ("Wrong codes an hour by country", [self._by("Country", "WrongCodes", hours=1)]),
        )
        self._row(
            ("Refused by a limit, by limit", [self._by("Limit", "RefusedByLimit")]),
            ("Refused by a limit, by country", [self._by("Country", "RefusedByLimit")]),
            ("Refused, by code", [self._by("Function,Code", "Refused")]),
            ("Blocked by API Gateway or the firewall", blocked),
        )
        if self._config.guard != "off":
            self._row(
                ("Refused by the guard, by country", [self._by("Country", "GuardRefused")]),
                (
                    "Recorded by the guard only, by country",
                    [self._by("Country", "GuardWouldRefuse")],
                ),
                (
                    "Probes of ranges that are cut off, by country",
                    [self._by("Country", "GuardProbes")],
                ),
            )

    def _what_is_slow(self, functions: Functions, api: OtpApi) -> None:
        self._heading(
            "## What is slow?\nSending waits for the lock, the counts and the record in DynamoDB, "
            "and for Pinpoint. Verifying waits for Pinpoint."
        )
        self._row(
            *(
                (
                    f"Duration of {name} (ms)",
                    [
                        metrics.duration_p50.with_(label="half of the requests"),
                        metrics.duration_p99.with_(label="99 of 100"),
                    ],
                )
                for name, metrics in functions.items()
            ),
            (
                "Latency of the API (ms)",
                [
                    api.metric("Latency", "p50").with_(label="half of the requests"),
                    api.metric("Latency", "p99").with_(label="99 of 100"),
                ],
            ),
            (
                "Concurrent executions",
                [metrics.concurrent.with_(label=name) for name, metrics in functions.items()],
            ),
        )

    def _what_is_failing(self, functions: Functions, table: dynamodb.TableV2) -> None:
        self._heading("## What is failing?")
        self._row(
            (
                "Ended without an answer (%), throttled",
                [
                    metric
                    for name, metrics in functions.items()
                    for metric in (
                        metrics.crash_percent.with_(label=f"{name}: no answer"),
                        metrics.throttles.with_(label=f"{name}: throttled"),
                    )
                ],
            ),
            (
                "DynamoDB: calls that failed or were throttled",
                [
                    *(
                        metrics.store_failures.with_(label=f"{name}: failed")
                        for name, metrics in functions.items()
                    ),
                    store_throttles(table).with_(label="throttled"),
                ],
            ),
            (
                "Asynchronous requests that failed for good",
                [metrics.failures.with_(label=name) for name, metrics in functions.items()],
            ),
        )

    def _by(self, dimension: str, metric: str, hours: int = 0) -> cloudwatch.MathExpression:
        """Return one of our metrics for every value of a dimension."""
        period = Duration.hours(hours) if hours else Duration.minutes(1)
        return cloudwatch.MathExpression(
            expression=(
                f"SEARCH('{{{NAMESPACE},Deployment,{dimension}}} "
                f'MetricName="{metric}" Deployment="{self._deployment}"\', \'Sum\', '
                f"{period.to_seconds()})"
            ),
            using_metrics={},
            label="",
            period=period,
        )

    def _row(self, *graphs: tuple[str, Sequence[cloudwatch.IMetric]]) -> None:
        self._dashboard.add_widgets(
            *(
                cloudwatch.GraphWidget(
                    title=title,
                    left=list(metrics),
                    left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
                    width=_WIDTH // len(graphs),
                    height=_HEIGHT,
                )
                for title, metrics in graphs
            )
        )

    def _heading(self, markdown: str) -> None:
        self._dashboard.add_widgets(
            cloudwatch.TextWidget(markdown=markdown, width=_WIDTH, height=2)
        )
