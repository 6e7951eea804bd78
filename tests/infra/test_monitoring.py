"""Alarms, the topic that they notify, and the dashboard."""

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from infra.config import Config
from infra.watch.abuse import watched_countries
from lambda_src.otp.once.records import MOST_MISMATCHES, SECONDS_BETWEEN_ANSWERS
from tests.support import cfn
from tests.support.templates import FUNCTIONS, REGION, RenderedTemplate, Resource, context

# Metrics are written as `Statistic Namespace/Name Dimension=Value,… Seconds`.
DEPLOYMENT = "Deployment=Otp/Otp"
#: What calculates, by the ID that it has in an expression: one for one metric, in all graphs.
OPERANDS = {
    **{
        f"{name}_{id_}": metric
        for name, function in (("send", "Send"), ("verify", "Verify"))
        for id_, metric in {
            "errors": f"Sum AWS/Lambda/Errors live({function}) 60",
            "invocations": f"Sum AWS/Lambda/Invocations live({function}) 60",
            "reported": f"Sum ServerlessOtp/ReportedErrors {DEPLOYMENT},Function={name} 60",
        }.items()
    },
    **{
        f"{id_}{suffix}": f"Sum ServerlessOtp/{metric} {country}{DEPLOYMENT} 3600"
        for suffix, country in (("", ""), ("_ca", "Country=CA,"), ("_us", "Country=US,"))
        for id_, metric in (
            *(("texts", "Texts"), ("verified", "Verified")),
            *(("refused", "RefusedByLimit"), ("wrong", "WrongCodes")),
        )
    },
}
CRASHES = (
    "100 * ({0}_errors - SUM([FILL({0}_reported, 0), TIME_SERIES(0)])) / {0}_invocations"  # percent
)
# 100 in quiet hours; refused messages count as volume, or a limit would silence the alarm.
VERIFIED = "IF(texts{0} + refused{0} >= 100 AND texts{0} > 0, 100 * verified{0} / texts{0}, 100)"

#: Every alarm: what it measures, when it goes off, how many bad periods of how many, and where the
#: runbook is about it. Of each function, then of the service, then of abuse.
ALARMS: dict[str, tuple[str, ...]] = {
    **{
        f"{function}{alarm}": (measured.format(function.lower(), function), *row)
        for function in FUNCTIONS
        for alarm, measured, *row in (
            (
                # Lambda's Errors would count a direct caller's typo, and a release go back for it.
                *(
                    "ServerErrors",
                    f"Average ServerlessOtp/ServerErrors {DEPLOYMENT},Function={{0}} 60",
                ),
                *("> 0.02", "2 of 15", "server-errors"),
            ),
            ("Crashes", CRASHES, "> 1", "3 of 15", "crashes"),
            ("Latency", "p99 AWS/Lambda/Duration live({1}) 60", "> 5000", "2 of 5", "latency"),
            (
                *(
                    "OutcomeUnknown",
                    f"Average ServerlessOtp/OutcomeUnknown {DEPLOYMENT},Function={{0}} 60",
                ),
                *("> 0.05", "2 of 15", "outcome-unknown"),
            ),
            ("Throttles", "Sum AWS/Lambda/Throttles live({1}) 60", "> 0", "2 of 15", "throttles"),
        )
    },
    "SendFailureQueue": (
        "Maximum AWS/SQS/ApproximateNumberOfMessagesVisible QueueName=failures 300",
        *("> 0", "1 of 1", "failure-queue"),
    ),
    "VerifyAsynchronous": (
        "Sum AWS/SNS/NumberOfMessagesPublished TopicName=failures 300",
        *("> 0", "1 of 1", "asynchronous-verification"),
    ),
    "Store": (  # send alone writes
        f"Sum ServerlessOtp/StoreFailures {DEPLOYMENT},Function=send 60",
        *("> 0", "2 of 15", "store"),
    ),
    "StoreThrottles": (
        "Sum AWS/DynamoDB/WriteThrottleEvents TableName=table 60",
        *("> 0", "2 of 15", "store"),
    ),
    "ApiErrors": (
        "Average AWS/ApiGateway/5XXError ApiName=Otp-Otp,Stage=v1 60",
        *("> 0.02", "2 of 15", "api-errors"),
    ),
    "TextsPerHour": (
        f"Sum ServerlessOtp/Texts {DEPLOYMENT} 3600",
        *("> 800", "1 of 1", "texts-per-hour"),
    ),
    "RefusedByLimit": (
        f"Sum ServerlessOtp/RefusedByLimit {DEPLOYMENT} 3600",
        *("> 100", "1 of 1", "refused-by-limit"),
    ),
    "Verified": (VERIFIED.format(""), "< 30", "1 of 1", "verified"),
    "VerifiedCA": (VERIFIED.format("_ca"), "< 30", "1 of 1", "verified"),
    "VerifiedUS": (VERIFIED.format("_us"), "< 30", "1 of 1", "verified"),
    # Twenty are enough: a deployment with ten verifications an hour hears of it, too.
    "WrongCodes": (
        "IF(wrong >= 20, 100 * wrong / (wrong + verified), 0)",
        *("> 50", "1 of 1", "wrong-codes"),
    ),
    "ReferenceIdReused": (
        f"Sum ServerlessOtp/Refused Code=ReferenceIdReused,{DEPLOYMENT},Function=send 3600",
        *("> 20", "1 of 1", "referenceid-reused"),
    ),
}

#: The thresholds of the template `creating`, by the alarm that has one of its own there.
CHANGED = {
    **dict.fromkeys(("SendServerErrors", "VerifyServerErrors", "ApiErrors"), 0.11),
    **dict.fromkeys(("SendCrashes", "VerifyCrashes"), 12),
    **dict.fromkeys(("SendOutcomeUnknown", "VerifyOutcomeUnknown"), 0.13),
    **dict.fromkeys(("SendLatency", "VerifyLatency"), 14),
    "TextsPerHour": 15,
    **dict.fromkeys(("Verified", "VerifiedCA", "VerifiedUS"), 16),
    "WrongCodes": 17,
    "RefusedByLimit": 18,
}


def alarms(template: RenderedTemplate) -> dict[str, Resource]:
    """Give the alarms by their names in the code."""
    found = {}
    for alarm in template.all(cfn.ALARM):
        named = re.fullmatch(r"OtpAlarms(\w+)[0-9A-F]{8}", alarm.logical_id)
        assert named
        found[named[1]] = alarm
    return found


def written(template: RenderedTemplate, metric: str, dimensions: Mapping[str, str]) -> str:
    """Write a metric's name and dimensions, with what refers to a resource by a short name."""
    values = {
        template.only(cfn.QUEUE).attribute("QueueName"): "failures",
        template.named(cfn.TOPIC, "VerifyFailures").attribute("TopicName"): "failures",
        template.only(cfn.TABLE).ref: "table",
        **{template.named(cfn.FUNCTION, name).ref: name for name in FUNCTIONS},
    }
    text = ",".join(
        f"{name}={values.get(value, value)}" for name, value in sorted(dimensions.items())
    )
    for name in FUNCTIONS:
        live = f"FunctionName={name},Resource={template.named(cfn.FUNCTION, name).ref}:live"
        text = text.replace(live, f"live({name})")
    return f"{metric} {text}"


def of_alarm(template: RenderedTemplate, metric: Mapping[str, Any]) -> str:
    """Write a metric as an alarm has it, without statistic and period."""
    dimensions = {one["Name"]: one["Value"] for one in metric["Dimensions"]}
    return written(template, f"{metric['Namespace']}/{metric['MetricName']}", dimensions)


def measured(template: RenderedTemplate, properties: Mapping[str, Any]) -> str:
    """Write what an alarm measures: a metric, or an expression of known operands."""
    if "MetricName" in properties:
        statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
        return f"{statistic} {of_alarm(template, properties)} {properties['Period']}"
    [expression] = [one for one in properties["Metrics"] if one["ReturnData"]]
    operands = {
        one["Id"]: f"{stat['Stat']} {of_alarm(template, stat['Metric'])} {stat['Period']}"
        for one in properties["Metrics"]
        if (stat := one.get("MetricStat"))
    }
    assert len(operands) + 1 == len(properties["Metrics"])
    assert operands == {id_: OPERANDS[id_] for id_ in operands}
    assert operands.keys() == OPERANDS.keys() & set(re.findall(r"\w+", expression["Expression"]))
    text: str = expression["Expression"]
    return text


def test_alarms_are_exactly_these(production: RenderedTemplate) -> None:
    """Each with what it measures, when it goes off, and the runbook's section."""
    signs = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}
    assert {
        name: (
            measured(production, alarm.properties),
            f"{signs[alarm.properties['ComparisonOperator']]} {alarm.properties['Threshold']}",
            f"{alarm.properties['DatapointsToAlarm']} of {alarm.properties['EvaluationPeriods']}",
            alarm.properties["AlarmDescription"].rpartition("#")[2],
        )
        for name, alarm in alarms(production).items()
    } == ALARMS


def test_every_alarm_notifies_the_topic_both_ways_and_links_to_the_runbook(
    template: RenderedTemplate,
) -> None:
    """Whoever is woken up reads what it means, and later that it is over."""
    topic = template.named(cfn.TOPIC, "Alarms").ref
    assert alarms(template).keys() == ALARMS.keys()
    for name, alarm in alarms(template).items():
        assert alarm.properties["AlarmActions"] == [topic]
        assert alarm.properties["OKActions"] == [topic]
        assert alarm.properties["TreatMissingData"] == "notBreaching"
        description = alarm.properties["AlarmDescription"]
        assert re.fullmatch(r".+\. What to do: docs/runbook\.md#[a-z-]+", description)
        country = re.fullmatch("Verified([A-Z]{2})", name)
        assert not country or f" to {country[1]} " in description


def test_changed_threshold_is_the_one_change(
    dev: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """One property of one alarm, or of each function's: what a reviewer of `cdk diff` is shown."""
    before, after = (
        {name: dict(alarm.properties) for name, alarm in alarms(template).items()}
        for template in (dev, creating)
    )
    thresholds = {name: alarm.pop("Threshold") for name, alarm in after.items()}
    unchanged = {name: alarm.pop("Threshold") for name, alarm in before.items()}
    assert thresholds == pytest.approx({**unchanged, **CHANGED})
    assert before == after
    assert widgets(dev) == widgets(creating)


def test_volume_is_the_operators(everything: RenderedTemplate) -> None:
    """Of every such alarm, and of the graph, which would show something else otherwise."""
    expressions = [
        one["Expression"]
        for name, alarm in alarms(everything).items()
        if re.fullmatch("Verified([A-Z]{2})?", name)
        for one in alarm.properties["Metrics"]
        if "Expression" in one
    ]
    [drawn] = [lines for title, lines in graphs(everything) if title.startswith("Verified of")]
    drawn = [line.partition(": ")[2] for line in drawn if "IF(" in line]
    assert (
        expressions
        == drawn
        == [VERIFIED.replace(">= 100", ">= 7").format(suffix) for suffix in ("", "_ca", "_us")]
    )


def test_guesses_at_one_reference_id_are_not_enough_for_no_alarm() -> None:
    """Five answers, and one a minute: whoever guesses at one is heard of."""
    most = float(ALARMS["ReferenceIdReused"][1].removeprefix("> "))
    assert most < MOST_MISMATCHES + 3600 / SECONDS_BETWEEN_ANSWERS


SIX, TEN = "CA,DE,ES,FR,GB,US", "AT,BE,CA,CH,DE,ES,FR,GB,IT,US"


@pytest.mark.parametrize(
    ("allowed", "named", "watched"),
    [
        pytest.param("US", None, "", id="one country is all"),
        pytest.param("US,CA", None, "CA,US", id="two"),
        pytest.param("US,CA,DE,FR,GB", None, "CA,DE,FR,GB,US", id="five"),
        pytest.param(SIX, None, "", id="six"),
        pytest.param(SIX, "US,DE", "DE,US", id="two of six"),
        pytest.param(TEN, TEN, TEN, id="ten"),
        pytest.param("US,CA", "CA", "CA", id="one of two"),
        pytest.param("US,CA", [], "", id="none of two"),
        pytest.param("US", "US", "US", id="the only one"),
    ],
)
def test_countries_that_are_watched_apart_are_these(
    allowed: str, named: str | list[str] | None, watched: str
) -> None:
    """Each while they are few, and otherwise those that the operator names."""
    given = {} if named is None else {"alarmVerifiedCountries": named}
    config = Config.from_context(context(allowedCountries=allowed) | given)
    assert ",".join(watched_countries(config)) == watched


# --- The topic ---


def test_topic_takes_tls_only_and_alarms_of_this_account_only(template: RenderedTemplate) -> None:
    """A topic with a policy of its own has lost the default one, so CloudWatch is named."""
    topic = template.named(cfn.TOPIC, "Alarms").ref
    tls, of_alarms = template.named(cfn.TOPIC_POLICY, "Alarms").properties["PolicyDocument"][
        "Statement"
    ]
    assert (tls["Effect"], tls["Action"], tls["Principal"]) == ("Deny", "sns:Publish", "*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert of_alarms == {
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


def test_topic_of_the_operators_own_is_notified_instead(everything: RenderedTemplate) -> None:
    """There is no second topic then, and the output names theirs."""
    arn = f"arn:aws:sns:{REGION}:123456789012:on-call"
    assert ["VerifyFailures" in topic.logical_id for topic in everything.all(cfn.TOPIC)] == [True]
    assert len(everything.all(cfn.TOPIC_POLICY)) == 1
    for alarm in everything.all(cfn.ALARM):
        assert alarm.properties["AlarmActions"] == alarm.properties["OKActions"] == [arn]
    assert everything.outputs["AlarmTopicArn"]["Value"] == arn


# --- The dashboard ---

BLOCKED = "blocked by the firewall: Sum AWS/WAFV2/BlockedRequests"
OF_API = "ApiName=Otp-Otp,Stage=v1 60"
SEARCH = (
    "SEARCH('{{ServerlessOtp,Deployment,{}}} MetricName=\"{}\" Deployment=\"Otp/Otp\"', 'Sum', {})"
)
#: Every graph of production, in order, with its lines; those that only calculate are left out.
GRAPHS = [
    (
        "Requests a minute",
        [
            f"{name}: Sum ServerlessOtp/Requests {DEPLOYMENT},Function={name} 60"
            for name in ("send", "verify")
        ],
    ),
    ("Texts a minute", [f"texts: Sum ServerlessOtp/Texts {DEPLOYMENT} 60"]),
    (
        "Share of requests that fail on our side, or without an outcome",
        [
            f"{name}: {label}: Average ServerlessOtp/{metric} {DEPLOYMENT},Function={name} 60"
            for name in ("send", "verify")
            for label, metric in (
                *(("our side", "ServerErrors"), ("outcome unknown", "OutcomeUnknown")),
            )
        ],
    ),
    ("Texts an hour by country", [": " + SEARCH.format("Country", "Texts", 3600)]),
    (
        "Verified of an hour's texts (%)",
        [
            f"verified (%): {VERIFIED.format('')}",
            f"verified in CA (%): {VERIFIED.format('_ca')}",
            f"verified in US (%): {VERIFIED.format('_us')}",
        ],
    ),
    ("Verified an hour by country", [": " + SEARCH.format("Country", "Verified", 3600)]),
    ("Wrong codes an hour by country", [": " + SEARCH.format("Country", "WrongCodes", 3600)]),
    ("Refused by a limit, by limit", [": " + SEARCH.format("Limit", "RefusedByLimit", 60)]),
    ("Refused by a limit, by country", [": " + SEARCH.format("Country", "RefusedByLimit", 60)]),
    ("Refused, by code", [": " + SEARCH.format("Function,Code", "Refused", 60)]),
    (
        "Turned away",
        [
            f"4xx of the API, ours included: Sum AWS/ApiGateway/4XXError {OF_API}",
            f"{BLOCKED} Region={REGION},Rule=ALL,WebACL=Otp-Otp 60",
        ],
    ),
    *(
        (
            f"Duration of {function.lower()} (ms)",
            [
                f"half of the requests: p50 AWS/Lambda/Duration live({function}) 60",
                f"99 of 100: p99 AWS/Lambda/Duration live({function}) 60",
            ],
        )
        for function in FUNCTIONS
    ),
    (
        "Latency of the API (ms)",
        [
            f"half of the requests: p50 AWS/ApiGateway/Latency {OF_API}",
            f"99 of 100: p99 AWS/ApiGateway/Latency {OF_API}",
        ],
    ),
    (
        "Running at once",
        [
            f"{name.lower()}: Maximum AWS/Lambda/ConcurrentExecutions FunctionName={name} 60"
            for name in FUNCTIONS
        ],
    ),
    (
        "Died without an answer (%), refused to run",
        [
            line.format(function.lower(), function)
            for function in FUNCTIONS
            for line in (
                *(
                    f"{{0}}: died: {CRASHES}",
                    "{0}: throttled: Sum AWS/Lambda/Throttles live({1}) 60",
                ),
            )
        ],
    ),
    (
        "DynamoDB: writes that failed or were throttled",  # verifying never writes
        [
            f"send: failed: Sum ServerlessOtp/StoreFailures {DEPLOYMENT},Function=send 60",
            "throttled: Sum AWS/DynamoDB/WriteThrottleEvents TableName=table 60",
        ],
    ),
    (
        "Asynchronous requests that finally failed",
        [
            "send: Maximum AWS/SQS/ApproximateNumberOfMessagesVisible QueueName=failures 300",
            "verify: Sum AWS/SNS/NumberOfMessagesPublished TopicName=failures 300",
        ],
    ),
]


def widgets(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Decode the dashboard, top to bottom."""
    body = json.loads(template.only(cfn.DASHBOARD).properties["DashboardBody"])
    found: list[dict[str, Any]] = sorted(body["widgets"], key=lambda one: (one["y"], one["x"]))
    return found


def graphs(template: RenderedTemplate) -> list[tuple[str, list[str]]]:
    """Write the graphs and their lines; what only calculates must be one of the known operands."""
    found = []
    for widget in widgets(template):
        if widget["type"] != "metric":
            continue
        lines, ids, expressions = [], [], []
        for *names, options in widget["properties"]["metrics"]:
            if "expression" in options:
                lines.append(f"{options.get('label', '')}: {options['expression']}")
                expressions.append(options["expression"])
                continue
            namespace, name, *dimensions = names
            statistic, period = options.get("stat", "Average"), options.get("period", 300)
            pairs = dict(zip(dimensions[::2], dimensions[1::2], strict=True))
            text = f"{statistic} {written(template, f'{namespace}/{name}', pairs)} {period}"
            if "id" in options:
                assert text == OPERANDS[options["id"]]
                assert options["visible"] is False
                ids.append(options["id"])
            else:
                lines.append(f"{options['label']}: {text}")
        assert sorted(ids) == sorted(
            OPERANDS.keys() & set(re.findall(r"\w+", " ".join(expressions)))
        )
        found.append((widget["properties"]["title"], lines))
    return found


def test_dashboard_has_exactly_these_graphs(production: RenderedTemplate) -> None:
    """Of this deployment's functions, table, queue, topic, API and firewall."""
    assert graphs(production) == GRAPHS


def test_dashboard_has_no_graph_of_what_is_not_there(
    quiet: RenderedTemplate, dev: RenderedTemplate
) -> None:
    """Without a firewall, it blocks nothing; without alarms, what they would watch is drawn."""
    without_firewall = [
        (title, [line for line in lines if "firewall" not in line]) for title, lines in GRAPHS
    ]
    assert graphs(dev) == without_firewall
    assert [title for title, _ in graphs(quiet)] == [title for title, _ in GRAPHS]
    assert (
        dict(graphs(quiet))["Verified of an hour's texts (%)"]
        == (dict(GRAPHS)["Verified of an hour's texts (%)"])
    )


def test_dashboard_asks_a_tired_persons_questions_in_order(template: RenderedTemplate) -> None:
    """First what is on fire: all alarms. Then the questions, with graphs below each."""
    first, alarm_row, *rest = widgets(template)
    assert (first["type"], alarm_row["type"]) == ("text", "alarm")
    assert alarm_row["properties"]["alarms"] == [
        alarm.attribute("Arn") for alarm in template.all(cfn.ALARM)
    ]
    asked: dict[str, list[str]] = {}
    for widget in rest:
        if widget["type"] == "text":
            asked[question := widget["properties"]["markdown"].splitlines()[0]] = []
        else:
            asked[question].append(widget["properties"]["title"])
    titles = iter([title for title, _ in GRAPHS])
    assert asked == {
        f"## {question}": list(itertools.islice(titles, graphs))
        for question, graphs in (
            ("Is it working?", 3),
            ("Is someone abusing it?", 8),
            ("What is slow?", 4),
            ("What is failing?", 3),
        )
    }
