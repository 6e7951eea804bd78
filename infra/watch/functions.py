"""The alarms on one function."""

from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import Config
from infra.function.failures import FailureTarget

from .alarms import Alarms
from .metrics import FunctionMetrics


def add_function_alarms(
    alarms: Alarms,
    construct_id: str,
    metrics: FunctionMetrics,
    failures: FailureTarget,
    config: Config,
) -> list[cloudwatch.IAlarm]:
    """Add a function's alarms; return those that roll back a release.

    The others also go off if Pinpoint is slow or fails, and would roll back a good release.
    """
    rollback: list[cloudwatch.IAlarm] = [
        alarms.add(
            f"{construct_id}ServerErrors",
            metrics.server_error_rate,
            above=config.alarm_server_error_percent / 100,
            meaning=f"{construct_id}: requests fail with server errors. Callers know.",
            section="server-errors",
        ),
        alarms.add(
            f"{construct_id}Crashes",
            metrics.crash_percent,
            above=config.alarm_crash_percent,
            meaning=f"{construct_id}: the function ends without an answer. Callers do not know the "
            "outcome.",
            section="crashes",
            # ReportedErrors of the newest minute may arrive a little later.
            bad_periods=3,
        ),
    ]
    alarms.add(
        f"{construct_id}Latency",
        metrics.duration_p99,
        above=config.alarm_latency_ms,
        meaning=f"{construct_id}: the slowest 1 % of the requests take too long. People wait.",
        section="latency",
        bad_periods=2,
        of_periods=5,
    )
    alarms.add(
        f"{construct_id}OutcomeUnknown",
        metrics.outcome_unknown_rate,
        above=config.alarm_outcome_unknown_percent / 100,
        meaning=f"{construct_id}: Pinpoint's answers are lost or late. Callers do not know the "
        "outcome.",
        section="outcome-unknown",
    )
    alarms.add(
        f"{construct_id}Throttles",
        metrics.throttles,
        above=0,
        meaning=f"{construct_id}: Lambda throttles the function. Callers are refused.",
        section="throttles",
    )
    alarms.add(
        f"{construct_id}{failures.alarm}",
        metrics.failures,
        above=0,
        meaning=f"{construct_id}: {failures.meaning}",
        section=failures.section,
        bad_periods=1,
        of_periods=1,
    )
    return rollback
