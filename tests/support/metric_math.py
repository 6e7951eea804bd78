"""Evaluates CloudWatch alarms on the metrics that the functions wrote."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.emf import Metric, read


def goes_off(alarm: Mapping[str, Any], lines: Iterable[str]) -> bool:
    """Tell whether an alarm, given its resolved properties, goes off on one period's metrics."""
    value, threshold = _value(alarm, read(lines)), float(alarm["Threshold"])
    if value is None:
        assert alarm["TreatMissingData"] == "notBreaching"
        return False
    above = {"GreaterThanThreshold": True, "LessThanThreshold": False}[alarm["ComparisonOperator"]]
    return value > threshold if above else value < threshold


def _value(alarm: Mapping[str, Any], metrics: Mapping[Metric, list[float]]) -> float | None:
    if "MetricName" in alarm:
        return _statistic(alarm, alarm["Statistic"], metrics)
    [expression] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    values = {
        query["Id"]: _statistic(query["MetricStat"]["Metric"], query["MetricStat"]["Stat"], metrics)
        for query in alarm["Metrics"]
        if "MetricStat" in query
    }
    if None in values.values():
        return None  # metric math on missing data yields no data
    return evaluate(expression, values)


def evaluate(expression: str, values: Mapping[str, float | None]) -> float:
    """Evaluate a CloudWatch metric math expression."""
    # The rest of the syntax is Python's.
    python = re.sub(r"^IF\((.*), (.*), (.*)\)$", r"(\2) if (\1) else (\3)", expression)
    python = python.replace(" AND ", " and ")
    return float(eval(python, {"__builtins__": {}}, dict(values)))  # noqa: S307 - of our own template


def _statistic(
    metric: Mapping[str, Any], statistic: str, metrics: Mapping[Metric, list[float]]
) -> float | None:
    dimensions = tuple(sorted((one["Name"], one["Value"]) for one in metric["Dimensions"]))
    values = metrics.get((metric["Namespace"], dimensions, metric["MetricName"]))
    if not values:
        return None
    total = sum(values)
    return {"Sum": total, "Average": total / len(values)}[statistic]
