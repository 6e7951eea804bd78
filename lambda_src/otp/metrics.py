"""Writes CloudWatch metrics: namespace ServerlessOtp, unit Count.

| metric         | counts                                                 | dimensions            |
|----------------|--------------------------------------------------------|-----------------------|
| Requests       | every request, over HTTP or direct                     | Deployment, Function  |
| ServerErrors   | 5xx that are failures of the service (`Problem.ours`)  | Deployment, Function  |
| OutcomeUnknown | 504 OutcomeUnknown, not the 409s that follow it        | Deployment, Function  |
| Replayed       | answers that were recorded earlier                     | Deployment, Function  |
| ReportedErrors | function errors that are the answer to a direct call;  | Deployment, Function  |
|                | Lambda's own Errors minus these ended without one      |                       |
| StoreFailures  | failed calls of the table: for the lock, the answer, a | Deployment, Function  |
|                | count, a switch; invalid switches; in verify, credits  |                       |
|                | that a failure lost                                    |                       |
| Texts          | texts that Pinpoint accepted                           | Deployment, and again |
|                |                                                        | with Country          |
| Verified       | right codes                                            | as Texts              |
| WrongCodes     | invalid codes: wrong, used, expired, or too many       | as Texts              |
|                | attempts; Pinpoint does not say which                  |                       |
| RefusedByLimit | texts that a limit refused                             | as Texts, and again   |
|                |                                                        | with Limit            |
| GuardRefused,  | texts beyond a range's allowance: refused, only        | as Texts              |
| GuardWould     | recorded, or sent as a probe                           |                       |
| Refuse,        |                                                        |                       |
| GuardProbes    |                                                        |                       |
| GuardManyRanges| those of them while too many ranges are cut off        | as Texts              |
| Refused        | answers that are problems                              | Deployment, Function, |
|                |                                                        | Code                  |

The first five are written with every request, as 0 or 1: their Average is then the share of
requests. Texts, Verified, WrongCodes and RefusedByLimit are written together, three of them as 0,
so that an expression has a value for each. So are the guard's four.

Metrics are log lines in CloudWatch's embedded metric format, one to four per request: no call, and
nothing to wait for. CloudWatch bills each combination of a name and its dimensions' values, $0.30 a
month, by the hour in which it is written. So a dimension has few values: never a number or an ID.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, get_args

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from .contract.answer import Answer
from .contract.problems import OutcomeUnknown

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_NAMESPACE = "ServerlessOtp"

CountryMetric = Literal["Texts", "Verified", "WrongCodes", "RefusedByLimit"]


class RequestMetrics:
    """Counts the requests of one function, and their outcomes.

    Args:
        deployment: the dimension Deployment, such as `ServerlessOtp/Otp`.
        function: the dimension Function, such as `send`.
        logger: for metrics that could not be written.

    """

    def __init__(self, deployment: str, function: str, logger: "Logger") -> None:
        self._deployment = deployment
        self._function = function
        self._logger = logger

    def count(self, answer: Answer, *, started: float, reported_error: bool) -> None:
        """Count one request. Never raises.

        Args:
            answer: to the request.
            started: when the invocation started, in seconds since 1970.
            reported_error: True if the answer is a function error.

        """
        with self._never_raising():
            self._count_request(answer, started, reported_error=reported_error)
            if answer.code:
                self._count_refusal(answer.code, started)

    def count_by_country(
        self, metric: CountryMetric, country: str, *, limit: str | None = None
    ) -> None:
        """Count a text, a code, or a text that a limit refused. Never raises.

        Args:
            metric: what to count, just now.
            country: of the destination, as `destination.country` names it.
            limit: the configuration key of the limit that refused.

        """
        with self._never_raising():
            line = self._line(time.time())
            line.add_dimensions(Country=country)
            for name in get_args(CountryMetric):
                line.add_metric(name, MetricUnit.Count, name == metric)
            self._write(line)
            if limit:
                line = self._line(time.time())
                line.add_dimension("Limit", limit)
                line.add_metric("RefusedByLimit", MetricUnit.Count, 1)
                self._write(line)

    def count_guarded(
        self, country: str, *, refused: bool = False, would_refuse: bool = False, many: bool
    ) -> None:
        """Count a text beyond the allowance of a range. Never raises.

        Args:
            country: of the destination.
            refused: whether the guard refused it ...
            would_refuse: ... or only recorded it; if neither, it is a probe.
            many: whether too many ranges are cut off at once.

        """
        with self._never_raising():
            line = self._line(time.time())
            line.add_dimensions(Country=country)
            for name, value in (
                ("GuardRefused", refused),
                ("GuardWouldRefuse", would_refuse),
                ("GuardProbes", not (refused or would_refuse)),
                ("GuardManyRanges", many),
            ):
                line.add_metric(name, MetricUnit.Count, value)
            self._write(line)

    def count_store_failure(self) -> None:
        """Count a failed call of the table, whether it changed the answer or not. Never raises."""
        with self._never_raising():
            line = self._line(time.time())
            line.add_dimension("Function", self._function)
            line.add_metric("StoreFailures", MetricUnit.Count, 1)
            self._write(line)

    @contextmanager
    def _never_raising(self) -> Iterator[None]:
        """Log a failure: the text may have gone out, and a metric must not change the answer."""
        try:
            yield
        except Exception:
            self._logger.exception("Could not write a metric")

    def _count_request(self, answer: Answer, started: float, *, reported_error: bool) -> None:
        first_unknown = (OutcomeUnknown.status, OutcomeUnknown.code)
        line = self._line(started)
        line.add_dimension("Function", self._function)
        for name, value in (
            ("Requests", True),
            ("ServerErrors", answer.server_error),
            ("OutcomeUnknown", (answer.status, answer.code) == first_unknown),
            ("Replayed", answer.replayed),
            ("ReportedErrors", reported_error),
        ):
            line.add_metric(name, MetricUnit.Count, value)
        self._write(line)

    def _count_refusal(self, code: str, started: float) -> None:
        line = self._line(started)
        line.add_dimension("Function", self._function)
        line.add_dimension("Code", code)
        line.add_metric("Refused", MetricUnit.Count, 1)
        self._write(line)

    def _line(self, started: float) -> EphemeralMetrics:
        """Begin a line, in an object of its own: nothing of one line can get into another."""
        line = EphemeralMetrics(
            namespace=_NAMESPACE,
            # Not None: POWERTOOLS_SERVICE_NAME would become a dimension, and the alarms watch
            # metrics without it.
            service="",
            default_dimensions={"Deployment": self._deployment},
        )
        # Lambda's own metrics have the time of the invocation. ReportedErrors is subtracted from
        # Errors, so both must fall into the same period.
        line.set_timestamp(int(started * 1000))
        return line

    def _write(self, line: EphemeralMetrics) -> None:
        # In one piece: `flush_metrics` prints, which writes the line break separately.
        sys.stdout.write(json.dumps(line.serialize_metric_set(), separators=(",", ":")) + "\n")
