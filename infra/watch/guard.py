"""The alarms on the guard."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import Config

from .alarms import Alarms
from .metrics import FunctionMetrics, by_country

_HOUR = Duration.hours(1)
_SECTION = "guard"

_LEAST_UNTOLD, _MOST_UNTOLD_PERCENT = 5, 10


def guarded(deployment: str) -> cloudwatch.MathExpression:
    """Return the number of texts of an hour that the guard refused, or would have refused."""
    return cloudwatch.MathExpression(
        expression="guard_refused + guard_would_refuse",
        using_metrics={
            "guard_refused": by_country("GuardRefused", deployment, _HOUR),
            "guard_would_refuse": by_country("GuardWouldRefuse", deployment, _HOUR),
        },
        label="refused, or would be",
        period=_HOUR,
    )


def untold_percent(deployment: str, verify: FunctionMetrics) -> cloudwatch.MathExpression:
    """Return the share of an hour's right codes whose credit was lost, in percent.

    0 if hardly any was lost: a single one does no harm.
    """
    return cloudwatch.MathExpression(
        expression=f"IF(untold >= {_LEAST_UNTOLD}, 100 * untold / verified, 0)",
        using_metrics={
            "untold": verify.store_failures.with_(period=_HOUR),
            "verified": by_country("Verified", deployment, _HOUR),
        },
        label="untold (%)",
        period=_HOUR,
    )


def add_guard_alarms(
    alarms: Alarms, deployment: str, verify: FunctionMetrics, config: Config
) -> None:
    """Add the alarms on the guard, if there is one."""
    if config.guard == "off":
        return
    alarms.add(
        "Guard",
        guarded(deployment),
        above=config.alarm_guarded_per_hour,
        meaning="Ranges of numbers get many texts whose codes are not verified.",
        section=_SECTION,
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "GuardManyRanges",
        by_country("GuardManyRanges", deployment, _HOUR),
        above=0,
        meaning="So many ranges are cut off at once that the guard refuses nothing.",
        section=_SECTION,
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "GuardUntold",
        untold_percent(deployment, verify),
        above=_MOST_UNTOLD_PERCENT,
        meaning="The guard does not learn of verified codes, and may cut off people's ranges.",
        section=_SECTION,
        bad_periods=1,
        of_periods=1,
    )
