"""Finds the log lines and metrics that a function wrote for a request."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from sandbox.client import aws_options
from sandbox.state import State

if TYPE_CHECKING:
    from mypy_boto3_logs.client import CloudWatchLogsClient

# MiniStack returns one page of events, with no token for the next.
_MOST_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric.

    Attributes:
        name: such as Requests.
        value: a count.
        dimensions: by name, of the largest set.

    """

    name: str
    value: float
    dimensions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """The output of one invocation.

    Attributes:
        lines: its log lines in Lambda's JSON format, without the metrics.
        metrics: those that CloudWatch extracts from the log.

    """

    lines: list[str] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)


class Log:
    """The logs of the functions.

    Args:
        state: the sandbox; its emulator has a log stream for each invocation.

    """

    def __init__(self, state: State) -> None:
        options = aws_options(state)
        self._logs: CloudWatchLogsClient = boto3.client("logs", **options)
        functions = boto3.client("lambda", **options)
        self._groups = [
            functions.get_function_configuration(FunctionName=name)["LoggingConfig"]["LogGroup"]
            for name in (state.sendFunction, state.verifyFunction)
        ]

    def of(self, request_id: str, since: float) -> Written | None:
        """Find the log lines and metrics of a request.

        Args:
            request_id: the answer's `X-Request-Id`.
            since: a time before the request, in seconds since 1970.

        Returns:
            None if the log has nothing of it yet. It appears a little later than the answer, and
            never if the API answered without invoking the function.

        """
        for group in self._groups:
            streams: dict[str, list[str]] = {}
            events = self._logs.filter_log_events(
                logGroupName=group, startTime=int(since * 1000), limit=_MOST_EVENTS
            )["events"]
            for event in events:
                streams.setdefault(event["logStreamName"], []).append(event["message"])
            for messages in streams.values():
                if any(_is_about(message, request_id) for message in messages):
                    return _read(messages)
        return None


def _is_about(message: str, request_id: str) -> bool:
    return request_id in message and _decode(message).get("correlation_id") == request_id


def _read(messages: list[str]) -> Written:
    written = Written()
    for message in messages:
        content = _decode(message)
        if "_aws" in content:
            written.metrics.extend(_metrics(content))
        elif content:
            written.lines.append(message)
    return written


def _metrics(content: Mapping[str, Any]) -> Iterator[Metric]:
    """Read a line in CloudWatch's embedded metric format."""
    for directive in content["_aws"]["CloudWatchMetrics"]:
        names = max(directive["Dimensions"], key=len)
        for metric in directive["Metrics"]:
            [value] = content[metric["Name"]]
            yield Metric(metric["Name"], value, {name: content[name] for name in names})


def _decode(message: str) -> dict[str, Any]:
    """Decode a line; returns an empty object for Lambda's START, END and REPORT lines."""
    try:
        content = json.loads(message)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
