"""What tells what the guard does, and whether it still can."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import Config

from .alarms import Alarms
from .metrics import FunctionMetrics, by_country

_HOUR = Duration.hours(1)
_SECTION = "guard"


def guarded(deployment: str) -> cloudwatch.MathExpression:
    """Count the messages of an hour that the guard refuses, or would refuse."""
    return cloudwatch.MathExpression(
        expression="guard_refused + guard_would_refuse",
        using_metrics={
            "guard_refused": by_country("GuardRefused", deployment, _HOUR),
            "guard_would_refuse": by_country("GuardWouldRefuse", deployment, _HOUR),
        },
        label="refused, or would be",
        period=_HOUR,
    )


def add_guard_alarms(
    alarms: Alarms, deployment: str, verify: FunctionMetrics, config: Config
) -> None:
    """Add the alarms on the guard, where there is one."""
    if config.guard == "off":
        return
    alarms.add(
        "Guard",
        guarded(deployment),
        above=config.alarm_guarded_per_hour,
        meaning="Ranges of numbers get many texts that nobody verifies.",
        section=_SECTION,
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "GuardManyRanges",
        by_country("GuardManyRanges", deployment, _HOUR),
        above=0,
        meaning="So many ranges are cut off at once that the guard only records.",
        section=_SECTION,
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "GuardUntold",
        verify.store_failures,
        above=0,
        meaning="The guard is not told of codes that are verified.",
        section=_SECTION,
    )
