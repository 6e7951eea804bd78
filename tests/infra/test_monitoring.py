"""Alarms, the topic that they notify, and the dashboard."""

import itertools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .helpers import (
    ALARM,
    ALIAS,
    CANARY,
    DASHBOARD,
    FUNCTION,
    QUEUE,
    TABLE,
    TOPIC,
    TOPIC_POLICY,
    WEB_ACL,
    RenderedTemplate,
    Resource,
    synthesize,
)

OURS = {"Deployment": "Otp/Otp", "Function": "send"}


def alarm(template: RenderedTemplate, name: str) -> Resource:
    """Give an alarm by its name in the code."""
    [found] = [
        one
        for one in template.all(ALARM)
        if re.fullmatch(rf"OtpAlarms(Send)?{name}[0-9A-F]{{8}}", one.logical_id)
    ]
    return found


def dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    """Give a metric's dimensions by name."""
    return {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}


def test_every_alarm_notifies_the_topic_both_ways_and_links_to_the_runbook(
    template: RenderedTemplate,
) -> None:
    """Whoever is woken up reads what it means, and later that it is over."""
    topic = template.only(TOPIC).ref
    for found in template.all(ALARM):
        assert found.properties["AlarmActions"] == [topic]
        assert found.properties["OKActions"] == [topic]
        assert found.properties["TreatMissingData"] == "notBreaching"
        description = found.properties["AlarmDescription"]
        assert re.fullmatch(r".+\. What to do: docs/runbook\.md#[a-z-]+", description)


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [("ServerErrors", "ServerErrors", 0.02), ("OutcomeUnknown", "OutcomeUnknown", 0.05)],
)
def test_share_of_failing_requests_is_from_our_own_metric(
    production: RenderedTemplate, name: str, metric: str, threshold: float
) -> None:
    """Lambda's Errors would count a direct caller's typo: a release must not go back for that."""
    properties = alarm(production, name).properties
    assert (properties["Namespace"], properties["MetricName"]) == ("ServerlessOtp", metric)
    assert dimensions(properties) == OURS
    assert (properties["Statistic"], properties["Threshold"]) == ("Average", threshold)
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (2, 15)


def test_crash_is_an_error_of_lambdas_that_we_did_not_report(production: RenderedTemplate) -> None:
    """Errors, minus the problems that direct callers were told, in percent of the invocations."""
    properties = alarm(production, "Crashes").properties
    metrics = {metric["Id"]: metric for metric in properties["Metrics"]}
    [expression] = [metric for metric in metrics.values() if metric["ReturnData"]]
    assert expression["Expression"] == (
        "100 * (errors - SUM([FILL(reported, 0), TIME_SERIES(0)])) / invocations"
    )
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (3, 15)
    function = production.only(FUNCTION).ref
    of_the_alias = {"FunctionName": function, "Resource": f"{function}:live"}
    for name, metric, where in (
        ("errors", "Errors", of_the_alias),
        ("invocations", "Invocations", of_the_alias),
        ("reported", "ReportedErrors", OURS),
    ):
        stat = metrics[name]["MetricStat"]
        assert (stat["Metric"]["MetricName"], stat["Stat"]) == (metric, "Sum")
        assert dimensions(stat["Metric"]) == where


def test_slow_throttled_and_failed_are_measured_where_they_happen(
    production: RenderedTemplate,
) -> None:
    """Latency and throttles of the alias, and the queue of what finally failed."""
    function = production.only(FUNCTION).ref
    latency = alarm(production, "Latency").properties
    assert (latency["MetricName"], latency["ExtendedStatistic"]) == ("Duration", "p99")
    assert latency["Threshold"] == 5000
    throttles = alarm(production, "Throttles").properties
    assert (throttles["MetricName"], throttles["Threshold"]) == ("Throttles", 0)
    for properties in (latency, throttles):
        assert dimensions(properties)["Resource"] == f"{function}:live"
    queue = alarm(production, "FailureQueue").properties
    assert queue["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert dimensions(queue) == {"QueueName": production.only(QUEUE).attribute("QueueName")}
    assert (queue["Threshold"], queue["EvaluationPeriods"]) == (0, 1)


def test_store_is_watched_by_what_the_function_notices_and_by_its_throttles(
    production: RenderedTemplate,
) -> None:
    """Each by one metric: what AWS writes only at a failure is no number to calculate with."""
    failures = alarm(production, "Store").properties
    assert (failures["Namespace"], failures["MetricName"]) == ("ServerlessOtp", "StoreFailures")
    assert dimensions(failures) == OURS
    throttles = alarm(production, "StoreThrottles").properties
    assert throttles["MetricName"] == "WriteThrottleEvents"
    assert dimensions(throttles) == {"TableName": production.only(TABLE).ref}
    for properties in (failures, throttles):
        assert (properties["Statistic"], properties["Threshold"]) == ("Sum", 0)


def test_api_is_watched_from_the_outside(production: RenderedTemplate) -> None:
    """What never reaches the function is in no metric of the function's."""
    properties = alarm(production, "ApiErrors").properties
    assert (properties["Namespace"], properties["MetricName"]) == ("AWS/ApiGateway", "5XXError")
    assert dimensions(properties) == {"ApiName": "Otp-Otp", "Stage": "v1"}
    assert (properties["Statistic"], properties["Threshold"]) == ("Average", 0.02)


def test_texts_of_an_hour_are_counted_before_the_bill_does(production: RenderedTemplate) -> None:
    """Of the whole deployment, whatever the function or the country."""
    properties = alarm(production, "TextsPerHour").properties
    assert dimensions(properties) == {"Deployment": "Otp/Otp"}
    assert (properties["MetricName"], properties["Period"]) == ("Texts", 3600)
    assert (properties["Statistic"], properties["Threshold"]) == ("Sum", 1000)


@pytest.mark.parametrize(
    ("key", "name", "threshold"),
    [
        ("alarmOutcomeUnknownPercent", "OutcomeUnknown", 0.07),
        ("alarmCrashPercent", "Crashes", 7),
        ("alarmLatencyMs", "Latency", 7),
        ("alarmTextsPerHour", "TextsPerHour", 7),
    ],
)
def test_changed_threshold_is_the_one_change(
    key: str, name: str, threshold: float, minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """One property of one resource: what a reviewer of `cdk diff` is shown."""
    changed = synthesize(tmp_path, **{key: "7"})

    before = {resource.logical_id: resource.whole for resource in minimal.resources}
    after = {resource.logical_id: resource.whole for resource in changed.resources}
    assert before.keys() == after.keys()
    [differing] = [name for name in before if before[name] != after[name]]
    assert differing == alarm(minimal, name).logical_id
    properties = dict(after[differing]["Properties"])
    assert properties.pop("Threshold") == pytest.approx(threshold)
    assert properties == {
        key: value for key, value in before[differing]["Properties"].items() if key != "Threshold"
    }


def test_threshold_of_failures_is_that_of_both_alarms_on_them(
    minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """From the inside and from the outside."""
    changed = synthesize(tmp_path, alarmServerErrorPercent="7")
    differing = {
        after.logical_id
        for before, after in zip(minimal.resources, changed.resources, strict=True)
        if before.whole != after.whole
    }
    assert differing == {alarm(minimal, name).logical_id for name in ("ServerErrors", "ApiErrors")}


# --- The topic ---


def test_topic_takes_tls_only_and_alarms_of_this_account_only(template: RenderedTemplate) -> None:
    """A topic with a policy of its own has lost the default one, so CloudWatch is named."""
    topic = template.only(TOPIC).ref
    tls, alarms = template.only(TOPIC_POLICY).properties["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    assert alarms == {
        "Sid": "AlarmsOfThisAccount",
        "Effect": "Allow",
        "Action": "sns:Publish",
        "Resource": topic,
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {
            "ArnLike": {"aws:SourceArn": template.arn("cloudwatch", "alarm:*")},
            "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
        },
    }


def test_topic_of_the_operators_own_is_notified_instead(tmp_path: Path) -> None:
    """There is no second topic then, and the output names theirs."""
    arn = "arn:aws:sns:eu-west-1:123456789012:on-call"
    template = synthesize(tmp_path, alarmTopicArn=arn)
    assert template.all(TOPIC) == template.all(TOPIC_POLICY) == []
    assert all(found.properties["AlarmActions"] == [arn] for found in template.all(ALARM))
    assert template.outputs["AlarmTopicArn"]["Value"] == arn


# --- The dashboard ---


def widgets(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Decode the dashboard, top to bottom; what refers to a resource is its rendered name."""
    body = json.loads(template.only(DASHBOARD).properties["DashboardBody"])
    found: list[dict[str, Any]] = sorted(body["widgets"], key=lambda one: (one["y"], one["x"]))
    return found


def test_dashboard_asks_a_tired_persons_questions_in_order(template: RenderedTemplate) -> None:
    """First what is on fire, then the four questions, each with graphs below it."""
    first, *rest = widgets(template)
    assert first["type"] == "text"
    assert rest[0]["type"] == "alarm"
    questions = [
        widget["properties"]["markdown"].splitlines()[0]
        for widget in rest
        if widget["type"] == "text"
    ]
    assert questions == [
        "## Is it working?",
        "## Is someone abusing it?",
        "## What is slow?",
        "## What is failing?",
    ]
    for before, after in itertools.pairwise(rest):
        assert (before["type"], after["type"]) != ("text", "text")


def test_dashboard_shows_every_alarm(template: RenderedTemplate) -> None:
    """The first row is the state of all of them."""
    [row] = [widget for widget in widgets(template) if widget["type"] == "alarm"]
    assert row["properties"]["alarms"] == [found.attribute("Arn") for found in template.all(ALARM)]


def test_dashboard_shows_this_deployments_own_metrics(production: RenderedTemplate) -> None:
    """Every graph is of this deployment's function, table, queue, API and firewall."""
    text = json.dumps(widgets(production))
    assert production.only(FUNCTION).ref in text
    assert production.only(TABLE).ref in text
    assert production.only(QUEUE).attribute("QueueName") in text
    assert '"ApiName", "Otp-Otp"' in text
    [acl] = [resource.properties for resource in production.all(WEB_ACL)]
    assert f'"WebACL", "{acl["VisibilityConfig"]["MetricName"]}"' in text
    searches = [
        metric[0]["expression"]
        for widget in widgets(production)
        for metric in widget["properties"].get("metrics", [])
        if isinstance(metric[0], dict) and "SEARCH" in metric[0]["expression"]
    ]
    assert len(searches) == 2
    assert all('Deployment="Otp/Otp"' in search for search in searches)


def test_dashboard_names_only_metrics_that_there_are(
    production: RenderedTemplate, minimal: RenderedTemplate
) -> None:
    """What dev has not, its dashboard does not show; both profiles have an alias."""
    assert "BlockedRequests" in json.dumps(widgets(production))
    assert "BlockedRequests" not in json.dumps(widgets(minimal))
    assert minimal.all(CANARY) == []
    assert len(minimal.all(ALIAS)) == 1
