"""The alarms, the topic that they notify, and the dashboard."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from infra.config import Config
from infra.watch.abuse import watched_countries
from lambda_src.otp.once.records import MOST_MISMATCHES, SECONDS_BETWEEN_ANSWERS
from tests.support import cfn
from tests.support.clock import stopped
from tests.support.failures import NO_ANSWER
from tests.support.metric_math import goes_off
from tests.support.service import GUARD, NO_LIMITS, Journey, deployed, started
from tests.support.templates import FUNCTIONS, REGION, RenderedTemplate, Resource, context

# Metrics are written as `Statistic Namespace/Name Dimension=Value,… Seconds`; `live(Send)` are the
# dimensions of a function's alias, and `our(all)` and `our(send)` those of our own metrics.
#: The operands of expressions by their IDs, which mean the same metric everywhere.
OPERANDS = {
    **{
        f"{name.lower()}_{id_}": metric
        for name in FUNCTIONS
        for id_, metric in {
            "errors": f"Sum AWS/Lambda/Errors live({name}) 60",
            "invocations": f"Sum AWS/Lambda/Invocations live({name}) 60",
            "reported": f"Sum ServerlessOtp/ReportedErrors our({name.lower()}) 60",
        }.items()
    },
    **{
        f"{id_}{suffix}": f"Sum ServerlessOtp/{metric} {country}our(all) 3600"
        for suffix, country in (("", ""), ("_ca", "Country=CA,"), ("_us", "Country=US,"))
        for id_, metric in (
            *(("texts", "Texts"), ("verified", "Verified")),
            *(("refused", "RefusedByLimit"), ("wrong", "WrongCodes")),
        )
    },
}
OPERANDS |= {"untold": "Sum ServerlessOtp/StoreFailures our(verify) 3600"} | {
    f"guard_{id_}": f"Sum ServerlessOtp/Guard{metric} our(all) 3600"
    for id_, metric in (("refused", "Refused"), ("would_refuse", "WouldRefuse"))
}
# 100 in quiet hours. Refused requests count as volume: otherwise a limit would silence the alarm.
VERIFIED = "IF(texts{0} + refused{0} >= {1} AND texts{0} > 0, 100 * verified{0} / texts{0}, 100)"
#: The expressions by their names below.
CALCULATED = {
    **{f"verified{of}": VERIFIED.format(of, 100) for of in ("", "_ca", "_us")},
    **{f"verified{of} of 7": VERIFIED.format(of, 7) for of in ("", "_ca", "_us")},
    **{
        f"crashes({of})": (
            f"100 * ({of}_errors - SUM([FILL({of}_reported, 0), TIME_SERIES(0)])) "
            f"/ {of}_invocations"
        )
        for of in ("send", "verify")
    },
    # Five are enough, so that a small deployment is warned, too.
    "untold": "IF(untold >= 5, 100 * untold / verified, 0)",
    "guarded": "guard_refused + guard_would_refuse",
    "wrong": "IF(wrong >= 20, 100 * wrong / (wrong + verified), 0)",
}
SEARCH = re.compile(
    r"SEARCH\('\{ServerlessOtp,Deployment,([\w,]+)\} MetricName=\"(\w+)\" "
    r"Deployment=\"Otp/Otp\"', 'Sum', (\d+)\)"
)

#: Every alarm: metric, threshold, bad periods of how many, and section of the runbook. Lambda's
#: Errors is not used alone: a direct caller's typo would count, and roll a release back.
ALARMS = """
SendServerErrors: Average ServerlessOtp/ServerErrors our(send) 60 > 0.02, 2 of 15: server-errors
SendCrashes: crashes(send) > 1, 3 of 15: crashes
SendLatency: p99 AWS/Lambda/Duration live(Send) 60 > 5000, 2 of 5: latency
SendOutcomeUnknown: Average ServerlessOtp/OutcomeUnknown our(send) 60 > 0.05, 2 of 15: outcome-unknown
SendThrottles: Sum AWS/Lambda/Throttles live(Send) 60 > 0, 2 of 15: throttles
SendFailureQueue: Maximum AWS/SQS/ApproximateNumberOfMessagesVisible QueueName=failures 300 > 0, 1 of 1: failure-queue
VerifyServerErrors: Average ServerlessOtp/ServerErrors our(verify) 60 > 0.02, 2 of 15: server-errors
VerifyCrashes: crashes(verify) > 1, 3 of 15: crashes
VerifyLatency: p99 AWS/Lambda/Duration live(Verify) 60 > 5000, 2 of 5: latency
VerifyOutcomeUnknown: Average ServerlessOtp/OutcomeUnknown our(verify) 60 > 0.05, 2 of 15: outcome-unknown
VerifyThrottles: Sum AWS/Lambda/Throttles live(Verify) 60 > 0, 2 of 15: throttles
VerifyAsynchronous: Sum AWS/SNS/NumberOfMessagesPublished TopicName=failures 300 > 0, 1 of 1: asynchronous-verification
Store: Sum ServerlessOtp/StoreFailures our(send) 60 > 0, 2 of 15: store
StoreThrottles: Sum AWS/DynamoDB/WriteThrottleEvents TableName=table 60 > 0, 2 of 15: store
ApiErrors: Average AWS/ApiGateway/5XXError ApiName=Otp-Otp,Stage=v1 60 > 0.02, 2 of 15: api-errors
TextsPerHour: Sum ServerlessOtp/Texts our(all) 3600 > 800, 1 of 1: texts-per-hour
RefusedByLimit: Sum ServerlessOtp/RefusedByLimit our(all) 3600 > 100, 1 of 1: refused-by-limit
Verified: verified < 30, 1 of 1: verified
VerifiedCA: verified_ca < 30, 1 of 1: verified
VerifiedUS: verified_us < 30, 1 of 1: verified
WrongCodes: wrong > 50, 1 of 1: wrong-codes
ReferenceIdReused: Sum ServerlessOtp/Refused Code=ReferenceIdReused,our(send) 3600 > 20, 1 of 1: referenceid-reused
Guard: guarded > 50, 1 of 1: guard
GuardManyRanges: Sum ServerlessOtp/GuardManyRanges our(all) 3600 > 0, 1 of 1: guard
GuardUntold: untold > 10, 1 of 1: guard
"""  # noqa: E501 - a table

#: Production's dashboard from top to bottom: its questions, and the visible lines of each graph.
DASHBOARD = """
## Is it working?
Requests a minute: Sum ServerlessOtp/Requests our(send) 60; Sum ServerlessOtp/Requests our(verify) 60
Texts a minute: Sum ServerlessOtp/Texts our(all) 60
Share of requests with a server error or an unknown outcome: Average ServerlessOtp/ServerErrors our(send) 60; Average ServerlessOtp/OutcomeUnknown our(send) 60; Average ServerlessOtp/ServerErrors our(verify) 60; Average ServerlessOtp/OutcomeUnknown our(verify) 60
## Is someone abusing it?
Texts an hour by country: each Country: Texts 3600
Verified of an hour's texts (%): verified; verified_ca; verified_us
Verified an hour by country: each Country: Verified 3600
Wrong codes an hour by country: each Country: WrongCodes 3600
Refused by a limit, by limit: each Limit: RefusedByLimit 60
Refused by a limit, by country: each Country: RefusedByLimit 60
Refused, by code: each Function,Code: Refused 60
Blocked by API Gateway or the firewall: Sum AWS/ApiGateway/4XXError ApiName=Otp-Otp,Stage=v1 60; Sum AWS/WAFV2/BlockedRequests Region=here,Rule=ALL,WebACL=Otp-Otp 60
Refused by the guard, by country: each Country: GuardRefused 60
Recorded by the guard only, by country: each Country: GuardWouldRefuse 60
Probes of ranges that are cut off, by country: each Country: GuardProbes 60
## What is slow?
Duration of send (ms): p50 AWS/Lambda/Duration live(Send) 60; p99 AWS/Lambda/Duration live(Send) 60
Duration of verify (ms): p50 AWS/Lambda/Duration live(Verify) 60; p99 AWS/Lambda/Duration live(Verify) 60
Latency of the API (ms): p50 AWS/ApiGateway/Latency ApiName=Otp-Otp,Stage=v1 60; p99 AWS/ApiGateway/Latency ApiName=Otp-Otp,Stage=v1 60
Concurrent executions: Maximum AWS/Lambda/ConcurrentExecutions FunctionName=Send 60; Maximum AWS/Lambda/ConcurrentExecutions FunctionName=Verify 60
## What is failing?
Ended without an answer (%), throttled: Sum AWS/Lambda/Throttles live(Send) 60; Sum AWS/Lambda/Throttles live(Verify) 60; crashes(send); crashes(verify)
DynamoDB: calls that failed or were throttled: Sum ServerlessOtp/StoreFailures our(send) 60; Sum ServerlessOtp/StoreFailures our(verify) 60; Sum AWS/DynamoDB/WriteThrottleEvents TableName=table 60
Asynchronous requests that failed for good: Maximum AWS/SQS/ApproximateNumberOfMessagesVisible QueueName=failures 300; Sum AWS/SNS/NumberOfMessagesPublished TopicName=failures 300
"""  # noqa: E501 - a table


def alarms(template: RenderedTemplate) -> dict[str, Resource]:
    """Return the alarms by their names in the code."""
    return {one.logical_id.removeprefix("OtpAlarms")[:-8]: one for one in template.all(cfn.ALARM)}


def written(template: RenderedTemplate, metric: str, dimensions: Mapping[str, str]) -> str:
    """Write a metric's name and dimensions, with short names for resources."""
    short = {
        template.only(cfn.QUEUE).attribute("QueueName"): "failures",
        template.named(cfn.TOPIC, "VerifyFailures").attribute("TopicName"): "failures",
        template.only(cfn.TABLE).ref: "table",
        "Deployment=Otp/Otp,Function=send": "our(send)",
        "Deployment=Otp/Otp,Function=verify": "our(verify)",
        "Deployment=Otp/Otp": "our(all)",
        f"Region={template.region}": "Region=here",
    }
    for name in FUNCTIONS:
        function = template.named(cfn.FUNCTION, name).ref
        short[f"FunctionName={function},Resource={function}:live"] = f"live({name})"
        short[function] = name
    text = ",".join(f"{name}={value}" for name, value in sorted(dimensions.items()))
    for long, name in short.items():
        text = text.replace(long, name)
    return f"{metric} {text}"


def calculated(expression: str, operands: Mapping[str, str]) -> str:
    """Return the name of an expression, whose operands must be exactly those of OPERANDS."""
    words = re.findall(r"\w+", expression)
    assert operands == {id_: metric for id_, metric in OPERANDS.items() if id_ in words}
    [name] = [name for name, known in CALCULATED.items() if known == expression]
    return name


def of_alarm(template: RenderedTemplate, metric: Mapping[str, Any]) -> str:
    """Write an alarm's metric without statistic and period."""
    dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    return written(template, f"{metric['Namespace']}/{metric['MetricName']}", dimensions)


def measured(template: RenderedTemplate, properties: Mapping[str, Any]) -> str:
    """Write the metric or expression of an alarm."""
    if "MetricName" in properties:
        statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
        return f"{statistic} {of_alarm(template, properties)} {properties['Period']}"
    [expression] = [one["Expression"] for one in properties["Metrics"] if one["ReturnData"]]
    operands = {
        one["Id"]: f"{stat['Stat']} {of_alarm(template, stat['Metric'])} {stat['Period']}"
        for one in properties["Metrics"]
        if (stat := one.get("MetricStat"))
    }
    assert len(operands) + 1 == len(properties["Metrics"])
    return calculated(expression, operands)


def test_alarms_are_exactly_these(production: RenderedTemplate) -> None:
    """Each with its metric, its threshold and its section of the runbook."""
    signs = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}
    lines = []
    for name, alarm in alarms(production).items():
        of = alarm.properties
        lines.append(
            f"{name}: {measured(production, of)} {signs[of['ComparisonOperator']]} "
            f"{of['Threshold']}, {of['DatapointsToAlarm']} of {of['EvaluationPeriods']}: "
            f"{of['AlarmDescription'].rpartition('#')[2]}"
        )
    assert sorted(lines) == sorted(ALARMS.strip().splitlines())


def test_every_alarm_notifies_the_topic_both_ways_and_links_to_the_runbook(
    template: RenderedTemplate, everything: RenderedTemplate
) -> None:
    """The operator's topic replaces ours. It also learns when an alarm is over."""
    assert len(alarms(template)) == len(ALARMS.strip().splitlines())
    theirs = f"arn:aws:sns:{REGION}:123456789012:on-call"
    ours = template.named(cfn.TOPIC, "Alarms").ref
    for of, topic in ((template, ours), (everything, theirs)):
        assert of.outputs["AlarmTopicArn"]["Value"] == topic
        for name, alarm in alarms(of).items():
            assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == [topic]
            assert alarm.properties["TreatMissingData"] == "notBreaching"
            description = alarm.properties["AlarmDescription"]
            assert re.fullmatch(r".+\. What to do: docs/runbook\.md#[a-z-]+", description)
            country = re.fullmatch("Verified([A-Z]{2})", name)
            assert not country or f" to {country[1]} " in description
    assert len(everything.all(cfn.TOPIC)) == len(everything.all(cfn.TOPIC_POLICY)) == 1


def test_a_threshold_changes_nothing_else(
    dev: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """A reviewer of `cdk diff` sees one property of one alarm, or of one for each function."""
    before, after = (
        {name: dict(alarm.properties) for name, alarm in alarms(template).items()}
        for template in (dev, creating)
    )
    unchanged = {name: alarm.pop("Threshold") for name, alarm in before.items()}
    changed = {
        **dict.fromkeys(("SendServerErrors", "VerifyServerErrors", "ApiErrors"), 0.11),
        **dict.fromkeys(("SendCrashes", "VerifyCrashes"), 12),
        **dict.fromkeys(("SendOutcomeUnknown", "VerifyOutcomeUnknown"), 0.13),
        **dict.fromkeys(("SendLatency", "VerifyLatency"), 14),
        **dict.fromkeys(("Verified", "VerifiedCA", "VerifiedUS"), 16),
        **dict(zip(("TextsPerHour", "WrongCodes", "RefusedByLimit"), (15, 17, 18), strict=True)),
        "Guard": 19,
    }
    thresholds = {name: alarm.pop("Threshold") for name, alarm in after.items()}
    assert thresholds == pytest.approx({**unchanged, **changed})
    assert before == after
    assert widgets(dev) == widgets(creating)


def test_the_operators_volume_is_in_alarms_and_graphs(everything: RenderedTemplate) -> None:
    """A graph with another volume would contradict the alarms."""
    found = alarms(everything)
    for name, expected in (("Verified", "verified of 7"), ("VerifiedCA", "verified_ca of 7")):
        assert measured(everything, found[name].properties) == expected
        assert f"{expected};" in "\n".join(drawn(everything))


def test_guesses_at_one_reference_id_set_off_an_alarm() -> None:
    """In an hour, guesses get five answers, and then one a minute."""
    [most] = re.findall(r"ReferenceIdReused: .*> (\d+),", ALARMS)
    assert int(most) < MOST_MISMATCHES + 3600 / SECONDS_BETWEEN_ANSWERS


@pytest.fixture
def journey(monkeypatch: pytest.MonkeyPatch) -> Iterator[Journey]:
    """Start both functions, in the middle of an hour."""
    stopped(monkeypatch)
    with deployed("send") as sending, started("verify") as verifying:
        yield Journey(sending, verifying)


def text_to(journey: Journey, ranges: int, texts: int, *, untold: int | None = None) -> None:
    """Text so many numbers of each range in two countries; verify all of them if `untold` is set.

    The guard does not learn of the first `untold` right codes.
    """
    numbers = [
        f"+1{code}{digit}010{number:03}"
        for code in (206, 604)
        for digit in range(2, 2 + ranges // 2)
        for number in range(texts)
    ]
    for place, number in enumerate(numbers):
        if untold is None:
            journey.sending.send(DestinationIdentity=number)
        else:
            about, code = journey.send(DestinationIdentity=number)
            if place < untold:
                journey.verifying.fail("before-send.dynamodb.BatchGetItem", NO_ANSWER)
            assert journey.valid(about, code)
            journey.verifying.mend()


@pytest.mark.parametrize(
    ("rules", "texts", "off"),
    [
        ({"refuses": True}, {"ranges": 2, "texts": 1 + 25}, set()),
        ({"refuses": True}, {"ranges": 2, "texts": 1 + 26}, {"Guard"}),
        ({"refuses": False}, {"ranges": 2, "texts": 1 + 26}, {"Guard"}),
        ({}, {"ranges": 2, "texts": 1 + 26, "untold": 0}, set()),
        ({}, {"ranges": 8, "texts": 2}, set()),
        ({}, {"ranges": 10, "texts": 2}, {"GuardManyRanges"}),
        ({}, {"ranges": 8, "texts": 1, "untold": 5}, {"GuardUntold"}),
        ({}, {"ranges": 8, "texts": 1, "untold": 4}, set()),
    ],
)
def test_the_guards_alarms_go_off_on_the_functions_metrics(
    dev: RenderedTemplate,
    journey: Journey,
    rules: dict[str, Any],
    texts: dict[str, int],
    off: set[str],
) -> None:
    """A pump sets them off, refused or only recorded, over all countries; people do not."""
    guard = replace(GUARD, allowance=1, **rules)
    journey.sending.start(deployment="Otp/Otp", limits=NO_LIMITS, guard=guard)
    journey.verifying.start(deployment="Otp/Otp", guard=guard)
    text_to(journey, **texts)
    lines = [*journey.sending.metric_lines(), *journey.verifying.metric_lines()]
    found = {name: alarm.properties for name, alarm in alarms(dev).items() if "Guard" in name}
    assert {name for name, alarm in found.items() if goes_off(alarm, lines)} == off


SIX = "CA,DE,ES,FR,GB,US"


@pytest.mark.parametrize(
    ("allowed", "named", "watched"),
    [
        ("US", None, ""),  # the same as the total
        ("US,CA,DE,FR,GB", None, "CA,DE,FR,GB,US"),
        (SIX, None, ""),
        (SIX, "US,DE", "DE,US"),
        ("US,CA", [], ""),
        ("US", "US", "US"),
    ],
)
def test_countries_with_alarms(allowed: str, named: str | list[str] | None, watched: str) -> None:
    """All of them while they are few; otherwise those that the operator names."""
    given = context(allowedCountries=allowed, alarmVerifiedCountries=named)
    assert ",".join(watched_countries(Config.from_context(given))) == watched


def test_topic_takes_alarms_of_this_account_only(template: RenderedTemplate) -> None:
    """A topic policy replaces the default one, so it must name CloudWatch."""
    document = template.named(cfn.TOPIC_POLICY, "Alarms").properties["PolicyDocument"]
    assert [one for one in document["Statement"] if one["Effect"] == "Allow"] == [
        {
            "Sid": "AlarmsOfThisAccount",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": template.named(cfn.TOPIC, "Alarms").ref,
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Condition": {
                "ArnLike": {"aws:SourceArn": template.arn("cloudwatch", "alarm:*")},
                "StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"},
            },
        }
    ]


# --- The dashboard ---


def widgets(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Decode the dashboard, from top to bottom."""
    body = json.loads(template.only(cfn.DASHBOARD).properties["DashboardBody"])
    found: list[dict[str, Any]] = sorted(body["widgets"], key=lambda one: (one["y"], one["x"]))
    return found


def lines_of(template: RenderedTemplate, graph: dict[str, Any]) -> Iterator[str]:
    """Write the visible lines of a graph."""
    operands = {}
    for *names, options in graph["properties"]["metrics"]:
        if names:
            namespace, name, *dimensions = names
            pairs = dict(zip(dimensions[::2], dimensions[1::2], strict=True))
            metric = written(template, f"{namespace}/{name}", pairs)
            text = f"{options.get('stat', 'Average')} {metric} {options.get('period', 300)}"
            operands[options.get("id")] = text
            if options.get("visible", True):
                yield text
    for *_, options in graph["properties"]["metrics"]:
        expression = options.get("expression", "")
        if each := SEARCH.fullmatch(expression):
            yield f"each {each[1]}: {each[2]} {each[3]}"
        elif expression:
            words = re.findall(r"\w+", expression)
            yield calculated(expression, {id_: operands[id_] for id_ in words if id_ in operands})


def drawn(template: RenderedTemplate) -> list[str]:
    """Write the questions and the graphs."""
    lines = []
    for widget in widgets(template):
        of = widget["properties"]
        if widget["type"] == "metric":
            lines.append(f"{of['title']}: {'; '.join(lines_of(template, widget))}")
        elif "markdown" in of:
            lines.append(of["markdown"].splitlines()[0])
    return [line for line in lines if not line.startswith("# ")]


def test_dashboard_has_these_questions_and_graphs_in_order(
    production: RenderedTemplate, dev: RenderedTemplate, quiet: RenderedTemplate
) -> None:
    """The state of all alarms comes first."""
    first, alarm_row, *_ = widgets(production)
    assert (first["type"], alarm_row["type"]) == ("text", "alarm")
    assert alarm_row["properties"]["alarms"] == [
        alarm.attribute("Arn") for alarm in production.all(cfn.ALARM)
    ]
    expected = DASHBOARD.strip().splitlines()
    assert drawn(production) == expected
    assert drawn(dev) == [line.partition("; Sum AWS/WAF")[0] for line in expected]
    assert drawn(quiet) == expected
