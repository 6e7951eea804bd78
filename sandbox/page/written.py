"""What a function has written for a request: its log lines and its metrics."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3

from sandbox.client import aws_options
from sandbox.state import State

if TYPE_CHECKING:
    from mypy_boto3_logs.client import CloudWatchLogsClient

# One page of MiniStack's, which gives the first ones only.
_MOST_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that was written.

    Attributes:
        name: such as Requests.
        value: a count.
        dimensions: by name, of the set that tells most.

    """

    name: str
    value: float
    dimensions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What one invocation wrote.

    Attributes:
        lines: of its log, in Lambda's JSON format, as they are; without the metrics.
        metrics: which CloudWatch finds in the other lines.

    """

    lines: list[str] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)


class Log:
    """The logs of the functions.

    Args:
        state: the sandbox, whose emulator has a log stream for every invocation.

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
        """Find what was written for a request.

        Args:
            request_id: what the answer's `X-Request-Id` says.
            since: seconds since 1970, when it had not yet been made.

        Returns:
            None while nothing is there: a log comes a little later than the answer, and none
            comes where the API has answered without its function.

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
    """Read a line; Lambda's own START, END and REPORT are empty."""
    try:
        content = json.loads(message)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
