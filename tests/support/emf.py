"""Reads metrics in the embedded metric format, as CloudWatch does."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

# Namespace, dimensions sorted by name, name: one metric on the bill.
Metric = tuple[str, tuple[tuple[str, str], ...], str]


def read(lines: Iterable[str]) -> dict[Metric, list[float]]:
    """Collect the values of every metric; fails on a line that CloudWatch would drop in part."""
    metrics: dict[Metric, list[float]] = defaultdict(list)
    for line in lines:
        document = json.loads(line)
        assert isinstance(timestamp(line), int)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            assert len(directive["Metrics"]) <= 100
            for names in directive["Dimensions"]:
                assert 1 <= len(names) <= 30
                dimensions = tuple((name, document[name]) for name in sorted(names))
                for _, text in dimensions:
                    assert isinstance(text, str)
                    assert 1 <= len(text) <= 1024
                for definition in directive["Metrics"]:
                    assert definition["Unit"] == "Count"
                    key = (directive["Namespace"], dimensions, definition["Name"])
                    metrics[key] += _numbers(document[definition["Name"]])
    return dict(metrics)


def timestamp(line: str) -> Any:
    """Return the time of a line in milliseconds since 1970."""
    return json.loads(line)["_aws"]["Timestamp"]


def _numbers(value: Any) -> list[float]:
    values = value if isinstance(value, list) else [value]
    assert 1 <= len(values) <= 100
    assert all(type(number) in (int, float) for number in values)
    return values
