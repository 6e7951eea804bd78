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
    FUNCTIONS,
    QUEUE,
    TABLE,
    TOPIC,
    TOPIC_POLICY,
    WEB_ACL,
    RenderedTemplate,
    Resource,
    synthesize,
)

OF_EACH_FUNCTION = ("ServerErrors", "Crashes", "Latency", "OutcomeUnknown", "Throttles")
OF_FAILED_EVENTS = ("SendFailureQueue", "VerifyAsynchronous")
OF_THE_SERVICE = ("Store", "StoreThrottles", "ApiErrors")
#: In all, and in each of the two countries that are allowed.
OF_ABUSE = (
    *("TextsPerHour", "RefusedByLimit", "Verified", "VerifiedCA", "VerifiedUS"),
    *("WrongCodes", "ReferenceIdReused"),
)

each_function = pytest.mark.parametrize("function", FUNCTIONS)


def ours(function: str) -> dict[str, str]:
    """Give the dimensions of our own metrics of a function."""
    return {"Deployment": "Otp/Otp", "Function": function.lower()}


def name_of(found: Resource) -> str:
    """Give an alarm's name in the code."""
    named = re.fullmatch(r"OtpAlarms(\w+)[0-9A-F]{8}", found.logical_id)
    assert named
    return named[1]


def alarm(template: RenderedTemplate, name: str) -> Resource:
    """Give an alarm by its name in the code."""
    [found] = [one for one in template.all(ALARM) if name_of(one) == name]
    return found


def of_functions(*names: str) -> list[str]:
    """Name the alarms of each function."""
    return [f"{function}{name}" for function in FUNCTIONS for name in names]


def test_alarms_are_these(template: RenderedTemplate) -> None:
    """Every function has the same five, and its own; the others are of the service."""
    names = [name_of(found) for found in template.all(ALARM)]
    assert sorted(names) == sorted(
        [*of_functions(*OF_EACH_FUNCTION), *OF_FAILED_EVENTS, *OF_THE_SERVICE, *OF_ABUSE]
    )


def dimensions(metric: Mapping[str, Any]) -> dict[str, str]:
    """Give a metric's dimensions by name."""
    return {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}


def test_every_alarm_notifies_the_topic_both_ways_and_links_to_the_runbook(
    template: RenderedTemplate,
) -> None:
    """Whoever is woken up reads what it means, and later that it is over."""
    topic = template.named(TOPIC, "Alarms").ref
    for found in template.all(ALARM):
        assert found.properties["AlarmActions"] == [topic]
        assert found.properties["OKActions"] == [topic]
        assert found.properties["TreatMissingData"] == "notBreaching"
        description = found.properties["AlarmDescription"]
        assert re.fullmatch(r".+\. What to do: docs/runbook\.md#[a-z-]+", description)


@each_function
@pytest.mark.parametrize(
    ("metric", "threshold"), [("ServerErrors", 0.02), ("OutcomeUnknown", 0.05)]
)
def test_share_of_failing_requests_is_from_our_own_metric(
    production: RenderedTemplate, metric: str, threshold: float, function: str
) -> None:
    """Lambda's Errors would count a direct caller's typo: a release must not go back for that."""
    properties = alarm(production, f"{function}{metric}").properties
    assert (properties["Namespace"], properties["MetricName"]) == ("ServerlessOtp", metric)
    assert dimensions(properties) == ours(function)
    assert (properties["Statistic"], properties["Threshold"]) == ("Average", threshold)
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (2, 15)


@each_function
def test_crash_is_an_error_of_lambdas_that_we_did_not_report(
    function: str, production: RenderedTemplate
) -> None:
    """Errors, minus the problems that direct callers were told, in percent of the invocations."""
    properties = alarm(production, f"{function}Crashes").properties
    [expression] = [metric for metric in properties["Metrics"] if metric["ReturnData"]]
    stats = [metric for metric in properties["Metrics"] if "MetricStat" in metric]
    ids = {metric["MetricStat"]["Metric"]["MetricName"]: metric["Id"] for metric in stats}
    assert len(properties["Metrics"]) == 4
    # The names are the function's own: on the dashboard, the functions share a graph.
    assert expression["Expression"] == (
        f"100 * ({ids['Errors']} - SUM([FILL({ids['ReportedErrors']}, 0), TIME_SERIES(0)])) "
        f"/ {ids['Invocations']}"
    )
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (3, 15)
    name = production.named(FUNCTION, function).ref
    of_the_alias = {"FunctionName": name, "Resource": f"{name}:live"}
    assert {
        metric["MetricStat"]["Metric"]["MetricName"]: (
            metric["MetricStat"]["Stat"],
            dimensions(metric["MetricStat"]["Metric"]),
        )
        for metric in stats
    } == {
        "Errors": ("Sum", of_the_alias),
        "Invocations": ("Sum", of_the_alias),
        "ReportedErrors": ("Sum", ours(function)),
    }


@each_function
def test_slow_and_throttled_are_measured_where_they_happen(
    function: str, production: RenderedTemplate
) -> None:
    """Latency and throttles of the alias."""
    name = production.named(FUNCTION, function).ref
    latency = alarm(production, f"{function}Latency").properties
    assert (latency["MetricName"], latency["ExtendedStatistic"]) == ("Duration", "p99")
    assert latency["Threshold"] == 5000
    throttles = alarm(production, f"{function}Throttles").properties
    assert (throttles["MetricName"], throttles["Threshold"]) == ("Throttles", 0)
    for properties in (latency, throttles):
        assert dimensions(properties) == {"FunctionName": name, "Resource": f"{name}:live"}


@pytest.mark.parametrize(
    ("name", "metric", "statistic"),
    [
        ("SendFailureQueue", "ApproximateNumberOfMessagesVisible", "Maximum"),
        ("VerifyAsynchronous", "NumberOfMessagesPublished", "Sum"),
    ],
)
def test_first_event_that_finally_failed_is_heard_of(
    name: str, metric: str, statistic: str, production: RenderedTemplate
) -> None:
    """What waits in send's queue, and what went by at verify's topic."""
    properties = alarm(production, name).properties
    assert (properties["MetricName"], properties["Statistic"]) == (metric, statistic)
    assert (
        dimensions(properties)
        == {
            "SendFailureQueue": {"QueueName": production.only(QUEUE).attribute("QueueName")},
            "VerifyAsynchronous": {
                "TopicName": production.named(TOPIC, "VerifyFailures").attribute("TopicName")
            },
        }[name]
    )
    assert (properties["Threshold"], properties["EvaluationPeriods"]) == (0, 1)


def test_ids_of_metrics_are_of_one_function(template: RenderedTemplate) -> None:
    """In the graph that the functions share, and in all alarms: an id stands for one metric."""
    metrics = [
        (metric["Id"], json.dumps(metric["MetricStat"], sort_keys=True))
        for function in FUNCTIONS
        for metric in alarm(template, f"{function}Crashes").properties["Metrics"]
        if "MetricStat" in metric
    ]
    ids = [id_ for id_, _ in metrics]
    assert len(set(metrics)) == len(set(ids)) == len(ids) == 3 * len(FUNCTIONS)
    [crashes] = [
        widget["properties"]["metrics"]
        for widget in widgets(template)
        if widget["properties"].get("title", "").startswith("Died")
    ]
    drawn = [metric[-1]["id"] for metric in crashes if "id" in metric[-1]]
    assert sorted(set(drawn) & set(ids)) == sorted(ids)
    assert len(drawn) == len(set(drawn))


def test_store_is_watched_by_what_the_function_notices_and_by_its_throttles(
    production: RenderedTemplate,
) -> None:
    """Each by one metric: what AWS writes only at a failure is no number to calculate with."""
    failures = alarm(production, "Store").properties
    assert (failures["Namespace"], failures["MetricName"]) == ("ServerlessOtp", "StoreFailures")
    assert dimensions(failures) == ours("Send")  # which alone writes
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
    assert (properties["Statistic"], properties["Threshold"]) == ("Sum", 800)
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (1, 1)


@pytest.mark.parametrize(
    ("key", "names", "threshold"),
    [
        ("alarmOutcomeUnknownPercent", of_functions("OutcomeUnknown"), 0.07),
        ("alarmCrashPercent", of_functions("Crashes"), 7),
        ("alarmLatencyMs", of_functions("Latency"), 7),
        ("alarmTextsPerHour", ["TextsPerHour"], 7),
        ("alarmRefusedPerHour", ["RefusedByLimit"], 7),
        ("alarmVerifiedPercent", ["Verified", "VerifiedCA", "VerifiedUS"], 7),
        ("alarmWrongCodesPercent", ["WrongCodes"], 7),
    ],
)
def test_changed_threshold_is_the_one_change(
    key: str, names: list[str], threshold: float, minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """One property of one alarm, or of each function's: what a reviewer of `cdk diff` is shown."""
    changed = synthesize(tmp_path, **{key: "7"})

    before = {resource.logical_id: resource.whole for resource in minimal.resources}
    after = {resource.logical_id: resource.whole for resource in changed.resources}
    assert before.keys() == after.keys()
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {alarm(minimal, name).logical_id for name in names}
    for name in differing:
        properties = dict(after[name]["Properties"])
        assert properties.pop("Threshold") == pytest.approx(threshold)
        assert properties == {
            key: value for key, value in before[name]["Properties"].items() if key != "Threshold"
        }


def test_threshold_of_failures_is_that_of_all_alarms_on_them(
    minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """From the inside and from the outside."""
    changed = synthesize(tmp_path, alarmServerErrorPercent="7")
    differing = {
        after.logical_id
        for before, after in zip(minimal.resources, changed.resources, strict=True)
        if before.whole != after.whole
    }
    names = [*of_functions("ServerErrors"), "ApiErrors"]
    assert differing == {alarm(minimal, name).logical_id for name in names}


# --- The topic ---


def test_topic_takes_tls_only_and_alarms_of_this_account_only(template: RenderedTemplate) -> None:
    """A topic with a policy of its own has lost the default one, so CloudWatch is named."""
    topic = template.named(TOPIC, "Alarms").ref
    tls, alarms = template.named(TOPIC_POLICY, "Alarms").properties["PolicyDocument"]["Statement"]
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
    assert ["VerifyFailures" in topic.logical_id for topic in template.all(TOPIC)] == [True]
    assert len(template.all(TOPIC_POLICY)) == 1
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
    """Every graph is of this deployment's functions, table, queue, API and firewall."""
    text = json.dumps(widgets(production))
    assert production.only(TABLE).ref in text
    for function in FUNCTIONS:
        assert production.named(FUNCTION, function).ref in text
        assert f'"Deployment", "Otp/Otp", "Function", "{function.lower()}"' in text
    assert all(mark in text for mark in failures(production).values())
    assert '"ApiName", "Otp-Otp"' in text
    [acl] = [resource.properties for resource in production.all(WEB_ACL)]
    assert f'"WebACL", "{acl["VisibilityConfig"]["MetricName"]}"' in text
    searches = [
        metric[0]["expression"]
        for widget in widgets(production)
        for metric in widget["properties"].get("metrics", [])
        if isinstance(metric[0], dict) and "SEARCH" in metric[0]["expression"]
    ]
    searched = [
        re.fullmatch(
            r"SEARCH\('\{ServerlessOtp,Deployment,([A-Z][\w,]+)\} "
            r"MetricName=\"(\w+)\" Deployment=\"Otp/Otp\"', 'Sum', (\d+)\)",
            search,
        )
        for search in searches
    ]
    assert [found and found.groups() for found in searched] == [
        ("Country", "Texts", "3600"),
        ("Country", "Verified", "3600"),
        ("Country", "WrongCodes", "3600"),
        ("Limit", "RefusedByLimit", "60"),
        ("Country", "RefusedByLimit", "60"),
        ("Function,Code", "Refused", "60"),
    ]


def test_dashboard_names_only_metrics_that_there_are(
    production: RenderedTemplate, minimal: RenderedTemplate
) -> None:
    """What dev has not, its dashboard does not show; both profiles have an alias."""
    assert "BlockedRequests" in json.dumps(widgets(production))
    assert "BlockedRequests" not in json.dumps(widgets(minimal))
    assert minimal.all(CANARY) == []
    assert len(minimal.all(ALIAS)) == len(FUNCTIONS)


def failures(template: RenderedTemplate) -> dict[str, str]:
    """Give the dimension of what counts the events that finally failed, by function."""
    return {
        "Send": template.only(QUEUE).attribute("QueueName"),
        "Verify": template.named(TOPIC, "VerifyFailures").attribute("TopicName"),
    }


def test_dashboard_shows_failing_writes_of_what_writes(production: RenderedTemplate) -> None:
    """Verifying never writes, so its line would be empty for ever."""
    [graph] = [
        widget["properties"]["metrics"]
        for widget in widgets(production)
        if widget["properties"].get("title", "").startswith("DynamoDB")
    ]
    labels = [metric[-1]["label"] for metric in graph]
    assert labels == ["send: failed", "throttled"]
    assert "StoreFailures" not in json.dumps(
        [widget for widget in widgets(production) if '"verify"' in json.dumps(widget)]
    )


def test_dashboard_shows_the_same_of_both_functions(production: RenderedTemplate) -> None:
    """Whatever is shown of sending is shown of verifying, in as many lines; but for the table."""
    shown = [
        json.dumps(metric)
        for widget in widgets(production)
        for metric in widget["properties"].get("metrics", [])
    ]
    lines = []
    for function in FUNCTIONS:
        marks = (
            production.named(FUNCTION, function).ref,
            failures(production)[function],
            f'"Function", "{function.lower()}"',
        )
        lines.append(
            sum(
                any(mark in line for mark in marks) and "StoreFailures" not in line
                for line in shown
            )
        )
    assert lines[0] == lines[1] > 0
