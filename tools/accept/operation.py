"""Steps about the operator's tools: alarms, the release, the log, the metrics."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lambda_src.otp.runtime.masking import mask

from .trial import Skipped, Step, Trial, Wrong, listed, wait_for

_VERSION = (Path(__file__).parents[2] / "VERSION").read_text().strip()
# CloudWatch shows log lines, and the metrics in them, within a minute or two.
_METRIC_SECONDS = 150
LOG_SECONDS = 90
# A filter pattern has at most 1,024 characters.
_IDS_OF_A_FILTER = 5


def _alarms(trial: Trial) -> str:
    deployment = trial.deployment
    pages = deployment.client("cloudwatch").get_paginator("describe_alarms")
    alarms: list[dict[str, Any]] = [
        alarm
        for page in pages.paginate(AlarmNamePrefix=f"{deployment.stack}-")
        for alarm in page["MetricAlarms"]
    ]
    if red := [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM"]:
        raise Wrong("no alarm in ALARM", listed(red))
    if not alarms:
        raise Skipped("the deployment has no alarms (alarms=false).")
    for alarm in alarms:
        periods = {
            it["MetricStat"]["Period"] for it in alarm.get("Metrics", []) if "MetricStat" in it
        }
        if len(periods) > 1:
            raise Wrong(f"one period for all metrics of {alarm['AlarmName']}", periods)
    unknown = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] != "OK"]
    return f"{len(alarms)} alarms, none in ALARM; without data: {listed(unknown)}"


def _release(trial: Trial) -> str:
    seen = []
    if f" {_VERSION}:" not in trial.deployment.description:
        raise Wrong(f"this checkout's version, {_VERSION}", trial.deployment.description)
    for name, function in trial.deployment.functions.items():
        under_way = " (canary in progress)" if len(function.versions) > 1 else ""
        versions = " and ".join(function.versions)
        seen.append(f"{name} {versions}{under_way}, {function.runtime}")
    return f"{_VERSION}; {'; '.join(seen)}"


def _log(trial: Trial) -> str:
    """Find the log lines of these requests, and check them for the number and the codes."""
    if not trial.request_ids:
        raise Skipped("no request was made.")
    ids = {mask(request_id) for request_id in trial.request_ids}
    answered: set[str] = set()
    missing: list[str] = []

    def all_answered() -> bool:
        """Find each request's answer line, which has the Lambda request ID of its other lines."""
        found = [line for line in _lines(trial, "correlation_id", ids) if "status" in line]
        answered.update(line["function_request_id"] for line in found)
        missing[:] = sorted(ids - {line["correlation_id"] for line in found})
        return not missing

    if not wait_for(all_answered, LOG_SECONDS):
        raise Wrong("a line for each request", f"none for {listed(missing)}")
    lines = list(_lines(trial, "function_request_id", answered))
    text = "\n".join(map(json.dumps, lines))
    if trial.person and trial.person.number[1:] in text:
        raise Wrong("no number in the log", "the texted number in it")
    if any(re.search(rf"(?<![\w.-]){code}(?![\w.-])", text) for code in trial.codes):
        raise Wrong("no code in the log", "the texted code in it")
    return f"{len(lines)} lines of {len(ids)} requests, without the number and the code"


def _lines(trial: Trial, member: str, values: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines of both logs in which a member has one of these values."""
    logs, ordered = trial.deployment.client("logs"), sorted(values)
    for function in trial.deployment.functions.values():
        for start in range(0, len(ordered), _IDS_OF_A_FILTER):
            some = ordered[start : start + _IDS_OF_A_FILTER]
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=function.log_group,
                startTime=int(trial.started * 1000),
                # In a filter, * matches any text, so masked IDs are found.
                filterPattern="{ " + " || ".join(f'($.{member} = "{it}")' for it in some) + " }",
            )
            for page in pages:
                lines = [_read(event["message"]) for event in page["events"]]
                yield from (line for line in lines if line.get(member) in some)


def _read(message: str) -> dict[str, Any]:
    try:
        line = json.loads(message)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}


def _metrics(trial: Trial) -> str:
    deployment = trial.deployment
    if deployment.endpoint:
        counted = _counted_in_the_log(trial)
        where = "in log lines (the sandbox extracts no metrics)"
    else:
        counted = Counter()
        wait_for(lambda: _counted(trial, counted) >= len(trial.request_ids), _METRIC_SECONDS, 10)
        where = "in CloudWatch"
    if counted.total() < len(trial.request_ids):
        raise Wrong(f"at least {len(trial.request_ids)} requests counted", dict(counted))
    return f"{dict(counted)} requests counted, {where}"


def _counted(trial: Trial, counted: Counter[str]) -> int:
    """Count each function's requests in CloudWatch, from the minute in which the trial started."""
    cloudwatch = trial.deployment.client("cloudwatch")
    for name in trial.deployment.functions:
        answer = cloudwatch.get_metric_statistics(
            Namespace="ServerlessOtp",
            MetricName="Requests",
            Dimensions=[
                {"Name": "Deployment", "Value": trial.deployment.settings.deployment},
                {"Name": "Function", "Value": name},
            ],
            StartTime=int(trial.started) // 60 * 60,
            EndTime=int(trial.started) + 3600,
            Period=60,
            Statistics=["Sum"],
        )
        counted[name] = int(sum(point["Sum"] for point in answer["Datapoints"]))
    return counted.total()


def _counted_in_the_log(trial: Trial) -> Counter[str]:
    counted: Counter[str] = Counter()
    for name, function in trial.deployment.functions.items():
        pages = trial.deployment.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(
            logGroupName=function.log_group, startTime=int(trial.started * 1000)
        ):
            lines = [_read(event["message"]) for event in page["events"]]
            counted[name] += sum("_aws" in line and "Requests" in line for line in lines)
    return counted


BEFORE = (
    Step("No alarm is in ALARM", "runbook.md", _alarms),
    Step("The release is this checkout's", "getting-started.md", _release),
)
AFTER = (
    Step("The log has every request, without number or code", "security.md", _log),
    Step("The metrics count these requests", "runbook.md", _metrics),
)
