"""Steps about what the operator relies on: alarms, the release, the log, the metrics."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lambda_src.otp.runtime.masking import mask

from .trial import Skipped, Step, Trial, Wrong, listed, wait_for

_VERSION = (Path(__file__).parents[2] / "VERSION").read_text().strip()
# CloudWatch makes metrics of log lines, and shows both, within a minute or two.
_METRIC_SECONDS = 150
LOG_SECONDS = 90
# A filter has at most 1,024 characters.
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
        raise Wrong("no alarm is red", listed(red))
    if not alarms:
        raise Skipped("the deployment has none (alarms=false).")
    for alarm in alarms:
        periods = {
            it["MetricStat"]["Period"] for it in alarm.get("Metrics", []) if "MetricStat" in it
        }
        if len(periods) > 1:
            raise Wrong(f"one period for all metrics of {alarm['AlarmName']}", periods)
    unknown = [alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] != "OK"]
    return f"{len(alarms)} alarms, none of them red; without data: {listed(unknown)}"


def _release(trial: Trial) -> str:
    seen = []
    if f" {_VERSION}:" not in trial.deployment.description:
        raise Wrong(f"version {_VERSION}, as this checkout", trial.deployment.description)
    for name, function in trial.deployment.functions.items():
        under_way = " (a canary is under way)" if len(function.versions) > 1 else ""
        versions = " and ".join(function.versions)
        seen.append(f"{name} {versions}{under_way}, {function.runtime}")
    return f"{_VERSION}; {'; '.join(seen)}"


def _log(trial: Trial) -> str:
    """Look at what the functions logged of these requests, by their IDs."""
    if not trial.request_ids:
        raise Skipped("no request was made.")
    ids = {mask(request_id) for request_id in trial.request_ids}
    lines: list[dict[str, Any]] = []

    answered: set[str] = set()

    def all_answered() -> bool:
        """Look for the line of each request. It has Lambda's own ID, which all its lines have."""
        found = [line for line in _lines(trial, "correlation_id", ids) if "status" in line]
        answered.update(line["function_request_id"] for line in found)
        missing[:] = sorted(ids - {line["correlation_id"] for line in found})
        return not missing

    missing: list[str] = []
    if not wait_for(all_answered, LOG_SECONDS):
        raise Wrong("a line for each request", f"none for {listed(missing)}")
    lines = list(_lines(trial, "function_request_id", answered))
    text = "\n".join(map(json.dumps, lines))
    if trial.person and trial.person.number[1:] in text:
        raise Wrong("no number in the log", "the number that was texted is there")
    if any(re.search(rf"(?<![\w.-]){code}(?![\w.-])", text) for code in trial.codes):
        raise Wrong("no code in the log", "the code that was texted is there")
    return f"{len(lines)} lines of {len(ids)} requests, without the number and the code"


def _lines(trial: Trial, member: str, values: set[str]) -> Iterator[dict[str, Any]]:
    """Find the lines of both functions' logs in which a member has one of some values."""
    logs, ordered = trial.deployment.client("logs"), sorted(values)
    for function in trial.deployment.functions.values():
        for start in range(0, len(ordered), _IDS_OF_A_FILTER):
            some = ordered[start : start + _IDS_OF_A_FILTER]
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=function.log_group,
                startTime=int(trial.started * 1000),
                # In a filter, * is any text: what is masked is found all the same.
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
        where = "in lines of the log, of which the sandbox makes no metrics"
    else:
        counted = Counter()
        wait_for(lambda: _counted(trial, counted) >= len(trial.request_ids), _METRIC_SECONDS, 10)
        where = "in CloudWatch"
    if counted.total() < len(trial.request_ids):
        raise Wrong(f"{len(trial.request_ids)} requests or more counted", dict(counted))
    return f"{dict(counted)} requests counted, {where}"


def _counted(trial: Trial, counted: Counter[str]) -> int:
    """Count the requests of each function since the start, or a minute earlier, in CloudWatch."""
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
    Step("No alarm is red", "runbook.md", _alarms),
    Step("The release is the one of this checkout", "getting-started.md", _release),
)
AFTER = (
    Step("The log tells of every request, without number and code", "security.md", _log),
    Step("The metrics count these requests", "runbook.md", _metrics),
)
