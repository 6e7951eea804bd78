"""What is counted: CloudWatch metrics of the namespace ServerlessOtp, all in the unit Count.

| metric         | counts                                                 | dimensions            |
|----------------|--------------------------------------------------------|-----------------------|
| Requests       | every request, over HTTP or direct                     | Deployment, Function  |
| ServerErrors   | 5xx that are failures of the service (`Problem.ours`)  | Deployment, Function  |
| OutcomeUnknown | 504 OutcomeUnknown, not the 409s that follow it        | Deployment, Function  |
| Replayed       | answers that were recorded earlier                     | Deployment, Function  |
| ReportedErrors | function errors that are the answer to a direct call;  | Deployment, Function  |
|                | the others in Lambda's own Errors died without one     |                       |
| StoreFailures  | calls of the table that failed: for the lock, the      | Deployment, Function  |
|                | answer, a count, a switch; readings of a switch that   |                       |
|                | make no sense; of verify, codes that the guard was not |                       |
|                | told of                                                |                       |
| Texts          | messages that Pinpoint took                            | Deployment, and again |
|                |                                                        | with Country          |
| Verified       | codes that were right                                  | as Texts              |
| WrongCodes     | codes that were not valid: wrong, used or too late, or | as Texts              |
|                | after too many attempts: Pinpoint does not say which   |                       |
| RefusedByLimit | messages that a limit has refused                      | as Texts, and again   |
|                |                                                        | with Limit            |
| GuardRefused,  | messages beyond the allowance of a range: refused,     | as Texts              |
| GuardWould     | only told, and let through as a probe                  |                       |
| Refuse,        |                                                        |                       |
| GuardProbes    |                                                        |                       |
| GuardManyRanges| those of these, while too many ranges are cut off      | as Texts              |
| Refused        | answers that are problems                              | Deployment, Function, |
|                |                                                        | Code                  |

The first five are written with every request, a zero too: the statistic Average is then the share
of requests, and an alarm on a rate needs no arithmetic. Texts, Verified, WrongCodes and
RefusedByLimit are written together, three of them zero: arithmetic on them then has a number for
each. So are the guard's four, where it had something to do.

They are lines of the log in CloudWatch's embedded metric format, one to four a request: no call,
and nothing to wait for. CloudWatch asks $0.30 a month for a metric, which is a name with one value
of each dimension, by the hour in which it is written. So a dimension must have few values: Code is
the problems of the contract, Limit the limits, and Country the countries that are texted, never a
number or an ID.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from typing import TYPE_CHECKING, Literal, get_args

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from .contract.answer import Answer
from .contract.problems import OutcomeUnknown

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

_NAMESPACE = "ServerlessOtp"

CountryMetric = Literal["Texts", "Verified", "WrongCodes", "RefusedByLimit"]


class RequestMetrics:
    """Counts the requests of one function, and what became of them.

    Args:
        deployment: the dimension Deployment, such as `ServerlessOtp/Otp`.
        function: the dimension Function, such as `send`.
        logger: told of requests that could not be counted.

    """

    def __init__(self, deployment: str, function: str, logger: "Logger") -> None:
        self._deployment = deployment
        self._function = function
        self._logger = logger

    def count(self, answer: Answer, *, started: float, reported_error: bool) -> None:
        """Count one request.

        Never raises: the text may have gone out, and a metric must not change the answer.

        Args:
            answer: what became of the request.
            started: when the invocation started, in seconds since 1970.
            reported_error: True where the answer is a function error.

        """
        try:
            self._count_request(answer, started, reported_error=reported_error)
            if answer.code:
                self._count_refusal(answer.code, started)
        except Exception:
            self._logger.exception("The request could not be counted")

    def count_by_country(
        self, metric: CountryMetric, country: str, *, limit: str | None = None
    ) -> None:
        """Count a text, a code, or a message that a limit has refused. Never raises.

        Args:
            metric: a message that certainly went out just now, a code that was right or wrong, or
                a message that a limit has refused.
            country: of the destination, as `destination.country` says.
            limit: the configuration key of the limit that refused.

        """
        try:
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
        except Exception:
            self._logger.exception("The message could not be counted by country")

    def count_guarded(
        self, country: str, *, refused: bool = False, would_refuse: bool = False, many: bool
    ) -> None:
        """Count a message beyond the allowance of a range. Never raises.

        Args:
            country: of the destination.
            refused: whether the guard refuses it ...
            would_refuse: ... or only tells; neither of them: it is a probe.
            many: whether too many ranges are cut off at once.

        """
        try:
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
        except Exception:
            self._logger.exception("The message could not be counted for the guard")

    def count_store_failure(self) -> None:
        """Count a call of the table that failed, noticed by the caller or not. Never raises."""
        try:
            line = self._line(time.time())
            line.add_dimension("Function", self._function)
            line.add_metric("StoreFailures", MetricUnit.Count, 1)
            self._write(line)
        except Exception:
            self._logger.exception("The failure could not be counted")

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
        """Begin a line: an object of its own, so that nothing of one line can get into another."""
        line = EphemeralMetrics(
            namespace=_NAMESPACE,
            # Not None: POWERTOOLS_SERVICE_NAME would then be one more dimension, and so another
            # metric than the one that the alarms watch.
            service="",
            default_dimensions={"Deployment": self._deployment},
        )
        # Lambda's own metrics bear the time at which the function was invoked. Errors and
        # ReportedErrors are subtracted, and so must fall into the same period.
        line.set_timestamp(int(started * 1000))
        return line

    def _write(self, line: EphemeralMetrics) -> None:
        # In one piece, which `flush_metrics` does not: calls of the table are made side by side,
        # and each may have something to say.
        sys.stdout.write(json.dumps(line.serialize_metric_set(), separators=(",", ":")) + "\n")
