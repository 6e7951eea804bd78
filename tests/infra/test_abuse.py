"""What tells of abuse, and who may pause sending."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Annotations, Match

from infra.config import Config
from infra.stack import OtpStack
from lambda_src.otp.once.records import MOST_MISMATCHES, SECONDS_BETWEEN_ANSWERS
from lambda_src.otp.rules.pause import ITEM

from .helpers import (
    ALARM,
    KEY,
    MANAGED_POLICY,
    REGION,
    TABLE,
    RenderedTemplate,
    allowed,
    context,
    create_app,
    synthesize,
)
from .test_monitoring import alarm, dimensions, name_of, widgets

SIX = "CA,DE,ES,FR,GB,US"
TEN = "AT,BE,CA,CH,DE,ES,FR,GB,IT,US"

#: In every deployment that has alarms.
ALWAYS = ["ReferenceIdReused", "RefusedByLimit", "TextsPerHour", "Verified", "WrongCodes"]


def of_abuse(template: RenderedTemplate) -> list[str]:
    """Name the alarms on abuse."""
    names = [name_of(found) for found in template.all(ALARM)]
    return sorted(
        name
        for name in names
        if name in ALWAYS
        # VerifyLatency and the like are of the function.
        or name.startswith("Verified")
    )


def math(metrics: list[dict[str, Any]]) -> tuple[str, dict[str, dict[str, str]]]:
    """Give an alarm's expression, and its metrics by ID: name, dimensions, statistic, period."""
    [expression] = [metric for metric in metrics if "Expression" in metric]
    assert expression["ReturnData"] is True
    stats = [metric for metric in metrics if metric is not expression]
    assert not any(metric["ReturnData"] for metric in stats)
    return expression["Expression"], {
        metric["Id"]: {
            **dimensions(metric["MetricStat"]["Metric"]),
            "name": metric["MetricStat"]["Metric"]["MetricName"],
            "namespace": metric["MetricStat"]["Metric"]["Namespace"],
            "statistic": metric["MetricStat"]["Stat"],
            "period": metric["MetricStat"]["Period"],
        }
        for metric in stats
    }


def counted(name: str, country: str | None = None) -> dict[str, Any]:
    """Write down one of our own metrics, of an hour."""
    return {
        "Deployment": "Otp/Otp",
        **({"Country": country} if country else {}),
        "name": name,
        "namespace": "ServerlessOtp",
        "statistic": "Sum",
        "period": 3600,
    }


# --- Alarms ---


@pytest.mark.parametrize(
    ("given", "watched"),
    [
        pytest.param({"allowedCountries": "US"}, "", id="one country is all"),
        pytest.param({"allowedCountries": "US,CA"}, "CA,US", id="two"),
        pytest.param({"allowedCountries": "US,CA,DE,FR,GB"}, "CA,DE,FR,GB,US", id="five"),
        pytest.param({"allowedCountries": SIX}, "", id="six"),
        pytest.param(
            {"allowedCountries": SIX, "alarmVerifiedCountries": "US,DE"}, "DE,US", id="two of six"
        ),
        pytest.param({"allowedCountries": TEN, "alarmVerifiedCountries": TEN}, TEN, id="ten"),
        pytest.param({"alarmVerifiedCountries": "CA"}, "CA", id="one of two"),
        pytest.param({"alarmVerifiedCountries": []}, "", id="none of two"),
        pytest.param(
            {"allowedCountries": "US", "alarmVerifiedCountries": "US"}, "US", id="the only one"
        ),
    ],
)
def test_alarms_of_countries_are_these(given: dict[str, Any], watched: str, tmp_path: Path) -> None:
    """Each country by itself while they are few, and otherwise those that the operator names."""
    names = [f"Verified{country}" for country in watched.split(",") if country]
    assert of_abuse(synthesize(tmp_path, **given)) == sorted([*ALWAYS, *names])


def test_no_alarm_on_abuse_where_there_are_none(tmp_path: Path) -> None:
    """They are alarms as the others."""
    assert of_abuse(synthesize(tmp_path, alarms="false")) == []


@pytest.mark.parametrize(("name", "country"), [("Verified", None), ("VerifiedCA", "CA")])
def test_codes_that_nobody_types_in_are_a_share_of_the_texts_of_an_hour(
    name: str, country: str | None, production: RenderedTemplate
) -> None:
    """100 in quiet hours; refused messages count as volume, or a limit would silence the alarm."""
    properties = alarm(production, name).properties
    suffix = "_ca" if country else ""
    texts, verified, refused = (f"{each}{suffix}" for each in ("texts", "verified", "refused"))

    expression, metrics = math(properties["Metrics"])

    assert expression == (
        f"IF({texts} + {refused} >= 100 AND {texts} > 0, 100 * {verified} / {texts}, 100)"
    )
    assert metrics == {
        texts: counted("Texts", country),
        verified: counted("Verified", country),
        refused: counted("RefusedByLimit", country),
    }
    assert (properties["Threshold"], properties["ComparisonOperator"]) == (30, "LessThanThreshold")
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (1, 1)
    assert (f" to {country} " in properties["AlarmDescription"]) == bool(country)


def test_volume_is_the_operators(tmp_path: Path) -> None:
    """Of every such alarm, and of the graph, which would show something else otherwise."""
    template = synthesize(tmp_path, alarmVerifiedVolume="7")
    for name in ("Verified", "VerifiedCA", "VerifiedUS"):
        assert ">= 7 AND" in math(alarm(template, name).properties["Metrics"])[0]
    assert [
        ">= 7 AND" in metric["expression"] for metric in verified_on_the_dashboard(template)
    ] == [True] * 3


def test_refusals_of_limits_are_counted_by_the_hour(production: RenderedTemplate) -> None:
    """All limits together, in the whole deployment."""
    properties = alarm(production, "RefusedByLimit").properties
    assert dimensions(properties) == {"Deployment": "Otp/Otp"}
    assert (properties["Namespace"], properties["MetricName"], properties["Statistic"]) == (
        *("ServerlessOtp", "RefusedByLimit", "Sum"),
    )
    assert (properties["Period"], properties["Threshold"]) == (3600, 100)
    assert properties["ComparisonOperator"] == "GreaterThanThreshold"
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (1, 1)


def test_wrong_codes_are_a_share_of_all_however_few_they_are(production: RenderedTemplate) -> None:
    """Twenty are enough: a deployment with ten verifications an hour hears of it, too."""
    properties = alarm(production, "WrongCodes").properties
    expression, metrics = math(properties["Metrics"])
    assert expression == "IF(wrong >= 20, 100 * wrong / (wrong + verified), 0)"
    assert metrics == {"wrong": counted("WrongCodes"), "verified": counted("Verified")}
    assert (properties["Threshold"], properties["ComparisonOperator"]) == (
        *(50, "GreaterThanThreshold"),
    )
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (1, 1)


def test_reference_ids_of_other_requests_are_counted_by_the_hour(
    production: RenderedTemplate,
) -> None:
    """Less than one ReferenceId can be guessed at: five answers, and one a minute."""
    properties = alarm(production, "ReferenceIdReused").properties
    assert dimensions(properties) == {
        "Deployment": "Otp/Otp",
        "Function": "send",
        "Code": "ReferenceIdReused",
    }
    assert (properties["Namespace"], properties["MetricName"], properties["Statistic"]) == (
        *("ServerlessOtp", "Refused", "Sum"),
    )
    assert (properties["Period"], properties["Threshold"]) == (3600, 20)
    assert properties["Threshold"] < MOST_MISMATCHES + 3600 / SECONDS_BETWEEN_ANSWERS
    assert (properties["DatapointsToAlarm"], properties["EvaluationPeriods"]) == (1, 1)


# --- The dashboard ---


def verified_on_the_dashboard(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Give what the graph of verified texts draws."""
    [graph] = [
        widget["properties"]["metrics"]
        for widget in widgets(template)
        if widget["properties"].get("title") == "Verified of an hour's texts (%)"
    ]
    return [metric[0] for metric in graph if isinstance(metric[0], dict)]


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({}, ["verified (%)", "verified in CA (%)", "verified in US (%)"]),
        ({"allowedCountries": "US"}, ["verified (%)"]),
        ({"alarms": "false"}, ["verified (%)", "verified in CA (%)", "verified in US (%)"]),
    ],
)
def test_graph_of_verified_texts_shows_what_is_watched(
    given: dict[str, str], labels: list[str], tmp_path: Path
) -> None:
    """The whole deployment, and each country that has an alarm or would have one."""
    drawn = verified_on_the_dashboard(synthesize(tmp_path, **given))
    assert [metric["label"] for metric in drawn] == labels


def test_graph_of_verified_texts_has_an_id_for_each_metric(minimal: RenderedTemplate) -> None:
    """In a graph, an ID stands for one metric: a country's must not be the deployment's."""
    [graph] = [
        widget["properties"]["metrics"]
        for widget in widgets(minimal)
        if widget["properties"].get("title") == "Verified of an hour's texts (%)"
    ]
    drawn = [metric for metric in graph if "id" in metric[-1]]
    ids = {metric[-1]["id"]: metric[:-1] for metric in drawn}
    assert len(drawn) == len(ids)
    names = {"texts": "Texts", "verified": "Verified", "refused": "RefusedByLimit"}
    assert ids == {
        **{id_: ["ServerlessOtp", name, "Deployment", "Otp/Otp"] for id_, name in names.items()},
        **{
            f"{id_}_{country.lower()}": [
                *("ServerlessOtp", name),
                *("Country", country, "Deployment", "Otp/Otp"),
            ]
            for id_, name in names.items()
            for country in ("CA", "US")
        },
    }


def test_question_of_abuse_has_these_graphs(production: RenderedTemplate) -> None:
    """What goes out, what is verified and what is refused; by country and by limit."""
    found = widgets(production)
    titles = [widget["properties"].get("title", "") for widget in found]
    headings = [
        place
        for place, widget in enumerate(found)
        if widget["properties"].get("markdown", "").startswith("## ")
    ]
    assert titles[headings[1] + 1 : headings[2]] == [
        "Texts an hour by country",
        "Verified of an hour's texts (%)",
        "Verified an hour by country",
        "Wrong codes an hour by country",
        "Refused by a limit, by limit",
        "Refused by a limit, by country",
        "Refused, by code",
        "Turned away",
    ]


# --- Who may pause ---


def test_switch_is_one_item_that_may_be_read_written_and_taken_away(
    minimal: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """Of the one table, and no other item: with another one, a ReferenceId could be freed."""
    for template in (minimal, creating):
        assert template.named(MANAGED_POLICY, "Pause").properties["PolicyDocument"] == {
            "Version": "2012-10-17",
            "Statement": [the_switch(template)],
        }


def the_switch(template: RenderedTemplate) -> dict[str, Any]:
    """Write the statement about the switch."""
    assert ITEM == "paused"
    return {
        **allowed(
            ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
            template.only(TABLE).attribute("Arn"),
        ),
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["paused"]}},
    }


def test_whoever_may_pause_uses_the_customers_key_through_dynamodb_only(
    production: RenderedTemplate,
) -> None:
    """A key that encrypts the table is needed to write to it; for nothing else."""
    assert production.named(MANAGED_POLICY, "Pause").properties["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            the_switch(production),
            {
                **allowed(
                    [
                        "kms:Decrypt",
                        "kms:DescribeKey",
                        "kms:Encrypt",
                        "kms:GenerateDataKey",
                        "kms:ReEncryptFrom",
                        "kms:ReEncryptTo",
                    ],
                    production.only(KEY).attribute("Arn"),
                ),
                "Condition": {
                    "StringEquals": {"kms:ViaService": [f"dynamodb.{REGION}.amazonaws.com"]}
                },
            },
        ],
    }


def test_policy_of_the_switch_is_attached_to_nobody_and_never_replaced(
    template: RenderedTemplate,
) -> None:
    """Its description can only be replaced with it, and whoever is on call would keep the old."""
    policy = template.named(MANAGED_POLICY, "Pause")
    assert policy.properties.keys() == {"Description", "Path", "PolicyDocument"}
    assert policy.properties["Description"] == "May pause sending, and let it go on"
    assert template.mentions(policy.logical_id) == {"PausePolicyArn"}
    assert template.outputs["PausePolicyArn"]["Value"] == policy.ref


# --- What is never reached ---


def warnings(folder: Path, **given: Any) -> list[str]:
    """Give what is said about the service while its stack is synthesized."""
    stack = OtpStack(create_app(folder), "Otp", config=Config.from_context(context(**given)))
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert {message.id for message in found} <= {"/Otp/Otp"}
    return [str(message.entry.data) for message in found]


def test_alarm_that_a_cap_has_silenced_is_told_when_the_stack_is_synthesized(
    tmp_path: Path,
) -> None:
    """With the sentence, and a name by which whoever knows it can acknowledge it."""
    [warning] = warnings(tmp_path, deploymentPerHour="500")
    assert warning == (
        "alarmTextsPerHour=800 never warns: deploymentPerHour=500 stops sending first. Set "
        "alarmTextsPerHour below 500, or raise deploymentPerHour. "
        "[ack: serverless-otp:alarmTextsPerHour]"
    )


def test_everything_that_is_never_reached_is_told(tmp_path: Path) -> None:
    """One warning each."""
    told = warnings(
        tmp_path,
        alarmTextsPerHour="1000",
        destinationPer10Minutes="11",
        callerPerHour="1001",
    )
    assert [warning.partition("=")[0] for warning in told] == [
        *("alarmTextsPerHour", "destinationPer10Minutes", "callerPerHour"),
    ]


def test_nothing_is_told_of_what_is_in_order(tmp_path: Path) -> None:
    """A warning that is always there is read by nobody."""
    assert warnings(tmp_path) == []
    production = tmp_path / "production"
    assert warnings(production, profile="production", region=REGION) == []
