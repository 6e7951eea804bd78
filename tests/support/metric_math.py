"""CloudWatch's alarms, judged as CloudWatch would: on metrics that were really written."""

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.support.emf import Metric, read

_OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}


def goes_off(alarm: Mapping[str, Any], lines: Iterable[str]) -> bool:
    """Say whether an alarm goes off on one period whose metrics are these lines.

    Args:
        alarm: the properties of an `AWS::CloudWatch::Alarm`, with all references resolved.
        lines: in the embedded metric format, all of the one period.

    """
    value = _value(alarm, read(lines))
    if value is None:
        assert alarm["TreatMissingData"] == "notBreaching"
        return False
    return _COMPARISONS[alarm["ComparisonOperator"]](value, float(alarm["Threshold"]))


def evaluate(expression: str, values: Mapping[str, float]) -> float:
    """Compute an expression of CloudWatch's metric math: arithmetic, comparisons, AND, IF.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html

    Raises:
        NotImplementedError: there is something else in it.

    """
    tree = ast.parse(expression.replace(" AND ", " and "), mode="eval")
    return float(_evaluate(tree.body, values))


def _value(alarm: Mapping[str, Any], metrics: Mapping[Metric, list[float]]) -> float | None:
    if "MetricName" in alarm:
        return _statistic(alarm, alarm["Statistic"], metrics)
    values: dict[str, float] = {}
    [expression] = [query for query in alarm["Metrics"] if "Expression" in query]
    for query in alarm["Metrics"]:
        if "MetricStat" in query:
            statistic = query["MetricStat"]
            value = _statistic(statistic["Metric"], statistic["Stat"], metrics)
            if value is None:
                return None  # arithmetic with what is not there gives nothing
            values[query["Id"]] = value
    return evaluate(expression["Expression"], values)


def _statistic(
    metric: Mapping[str, Any], statistic: str, metrics: Mapping[Metric, list[float]]
) -> float | None:
    dimensions = tuple(
        sorted((dimension["Name"], dimension["Value"]) for dimension in metric["Dimensions"])
    )
    values = metrics.get((metric["Namespace"], dimensions, metric["MetricName"]))
    if not values:
        return None
    total = sum(values)
    return {"Sum": total, "Average": total / len(values)}[statistic]


def _evaluate(node: ast.AST, values: Mapping[str, float]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _OPERATORS[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_evaluate(part, values) for part in parts)
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            return _evaluate(then if _evaluate(condition, values) else otherwise, values)
        case _:
            raise NotImplementedError(ast.unparse(node))
