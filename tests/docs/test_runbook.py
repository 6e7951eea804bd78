"""The runbook: each alarm has a section, and its queries look for fields that are logged."""

import ast
import json
import re

import pytest

from infra.config import PROFILES
from tests.support.service import deployed

from .runbook import ROOT, SCRIPT, SECTIONS, items, of_profile

#: Fields that Powertools or the runtime adds to some lines only.
SOMETIMES = {"exception", "exception_name", "stack_trace", "xray_trace_id"}
#: Fields of platform.report, of the Python runtime's lines, of Powertools, and of Logs Insights:
#: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
NOT_OURS = {
    *("type", "errorType", "errorMessage", "@timestamp", "@logStream", "level", "message"),
    *("record.requestId", "record.status", "record.errorType", "record.metrics.durationMs"),
    *("record.metrics.initDurationMs", "record.metrics.maxMemoryUsedMB"),
    *("correlation_id", *SOMETIMES),
}
INSIGHTS_WORDS = {
    *("and", "by", "desc", "fields", "filter", "in", "like", "limit", "not", "or", "parse"),
    *("sort", "stats"),
}

# --- The sections and the lists ---


@pytest.mark.parametrize("profile", PROFILES)
def test_every_alarm_has_a_section_and_every_section_an_alarm(profile: str) -> None:
    """The alarm's description links its section, and so does the list at the top."""
    links = {
        re.sub("^Verified[A-Z]{2}$", "VerifiedXX", name.removeprefix("OtpAlarms")[:-8]): resource[
            "Properties"
        ]["AlarmDescription"].split()[-1]
        for name, resource in of_profile(profile)["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    parts = ["What it means.", "Confirm.", "Act.", "Afterwards."]
    whole = {
        f"docs/runbook.md#{section.anchor}"
        for section in SECTIONS.values()
        if re.findall(r"^\*\*([^*]+\.)\*\*", section.text, re.MULTILINE) == parts
    }
    listed = {
        alarm: f"docs/runbook.md{anchor}"
        for item in items("where-to-look-first")
        for alarms, anchor in re.findall(r"^\[(.*?)\]\((#.*?)\)", item)
        for alarm in alarms.split(", ")
    }

    assert listed == links
    assert whole == {*links.values()}


def test_every_metric_that_is_watched_is_explained() -> None:
    """These are the functions' own metrics in alarms and on the dashboard."""
    written = json.dumps(of_profile("production")["Resources"])
    watched = {*re.findall(r'"MetricName": "(\w+)", "Namespace": "ServerlessOtp"', written)}

    assert watched
    assert watched <= {
        name for item in items("the-metrics") for name in item.partition(" (")[0].split(", ")
    }


# --- The queries ---

SOURCE = "\n".join(file.read_text() for file in (ROOT / "lambda_src" / "otp").rglob("*.py"))
QUERIES = re.findall(r"<<'?QUERY'?\n(.*?)^QUERY$", SCRIPT, re.MULTILINE | re.DOTALL)


def test_every_field_of_a_log_line_is_listed() -> None:
    """Those that the code names, and those that every line has."""
    named = {
        keyword.arg
        for call in ast.walk(ast.parse(SOURCE))
        if isinstance(call, ast.Call)
        and re.search(
            r"logger\.(info|warning|error|exception|append_keys)$", ast.unparse(call.func)
        )
        for keyword in call.keywords
    } - {"exc_info"}
    with deployed("send") as service:
        service.send()
    [always] = service.log_lines()
    listed = " ".join(item.partition(":")[2] for item in items("the-fields-of-a-log-line"))

    assert {*re.findall(r"`([a-z_]+)`", listed)} == {*named, *always, *SOMETIMES}


@pytest.mark.parametrize("query", QUERIES)
def test_every_field_and_message_of_a_query_is_logged(query: str) -> None:
    """Its fields by the functions, Lambda or API Gateway; its messages and codes by the code."""
    [stage] = [
        resource["Properties"]
        for resource in of_profile("production")["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    bare = re.sub(r'"[^"]*"', "", query)
    aliases = {*re.findall(r"(?:\bas |\?<)(\w+)", bare)}
    bare = re.sub(r"\bas \w+|/[^/]*/", "", bare)
    # A name before a parenthesis is a function.
    names = {*re.findall(r"(?<![\w.@])@?[A-Za-z_][\w.]*\b(?!\()", bare)}
    used = names - INSIGHTS_WORDS - aliases
    logged = {name for name in used if re.search(rf'\b{name}=|"{name}"', SOURCE)}
    wanted = re.findall(r'\b(?:message|code) = "([^"$]*)"', query)

    assert used
    assert used <= logged | NOT_OURS or used <= {*json.loads(stage["AccessLogSetting"]["Format"])}
    assert [text for text in wanted if f'"{text}"' not in SOURCE] == []
