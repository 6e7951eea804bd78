"""The runbook: whoever was just woken relies on every alarm's section, query and command."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from docs.generate.markdown import rows
from docs.generate.templates import template
from infra.config import PROFILES, PYTHON_VERSIONS
from lambda_src.otp.rules import counters, guard, limits, switch
from lambda_src.otp.rules.limits import MEANINGS
from tests.support.clock import Clock
from tests.support.service import TABLE, Service, deployed

from .pages import read_sections
from .problems import CLASSES_OF_THE_FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
SECTIONS = {section.anchor: section for section in read_sections(RUNBOOK)}

#: Fields of platform.report, of the Python runtime's lines, of Powertools, and of Logs Insights:
#: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
NOT_OURS = {
    *("type", "errorType", "errorMessage", "@timestamp", "@logStream", "level", "message"),
    *("record.requestId", "record.status", "record.errorType", "record.metrics.durationMs"),
    *("record.metrics.initDurationMs", "record.metrics.maxMemoryUsedMB"),
    *("exception", "exception_name", "correlation_id"),
}
INSIGHTS_WORDS = {
    *("and", "by", "desc", "fields", "filter", "in", "like", "limit", "not", "or", "parse"),
    *("sort", "stats"),
}
#: Metrics that nothing of the stack asks for.
OF_AWS_ONLY = {
    *("AsyncEventsReceived", "SuccessfulRequestLatency", "SystemErrors", "ThrottledRequests"),
}

#: Which the limits count: the sandbox's own are not.
NUMBER = "+12062010123"


def blocks(language: str, text: str = RUNBOOK) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def table_of(heading: str) -> list[list[str]]:
    """The rows of a section's table, without the lines of its queries."""
    return [row for row in rows(RUNBOOK, heading) if len(row) > 1]


def of_profile(profile: str) -> dict[str, Any]:
    """The template, which other tests have synthesized, too."""
    region = {"region": "us-east-1"} if profile == "production" else {}
    return template(profile=profile, pythonVersion=PYTHON_VERSIONS[-1], **region)


# --- The sections and the tables ---


@pytest.mark.parametrize("profile", PROFILES)
def test_every_alarm_has_a_section_and_every_section_an_alarm(profile: str) -> None:
    """Its description ends in the section's address; the table at the beginning leads there."""
    links = {
        re.sub("^Verified[A-Z]{2}$", "VerifiedXX", name.removeprefix("OtpAlarms")[:-8]): resource[
            "Properties"
        ]["AlarmDescription"].split()[-1]
        for name, resource in of_profile(profile)["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }
    parts = ["What it means.", "How to confirm.", "What to do.", "When it is over."]
    whole = {
        f"docs/runbook.md#{section.anchor}"
        for section in SECTIONS.values()
        if re.findall(r"^\*\*([^*]+\.)\*\*", section.text, re.MULTILINE) == parts
    }
    table = {
        alarm.partition(",")[0]: re.sub(r".*\((#.+)\)", r"docs/runbook.md\1", link)
        for alarm, _, link in table_of("Where to look first")
    }

    assert table == links
    assert whole == {*links.values()}


def test_every_metric_that_is_watched_is_explained_and_every_one_asked_for_is_watched() -> None:
    """The first by the table, the second by the stack's alarms and dashboard."""
    written = json.dumps(of_profile("production")["Resources"])
    asked = {
        *re.findall(r"--metric-name (\w+)", RUNBOOK),
        *re.findall(r"for metric in (\w+) (\w+);", RUNBOOK)[0],
    } - OF_AWS_ONLY
    watched = {*re.findall(r'"MetricName": "(\w+)", "Namespace": "ServerlessOtp"', written)}

    assert watched
    assert watched <= {name for name, *_ in table_of("The metrics")}
    assert [name for name in asked if not re.search(rf"\b{name}\b", written)] == []


def test_every_code_of_a_server_error_is_explained() -> None:
    """The functions' problems that are 5xx, except for those that count as nobody's failure."""
    codes = {kind.code for kind in CLASSES_OF_THE_FUNCTIONS if kind.status >= 500}
    nobodys = {kind.code for kind in CLASSES_OF_THE_FUNCTIONS if not kind.ours}

    assert {code for code, *_ in table_of("Server errors")} == codes - nobodys


# --- The queries ---

SOURCE = "\n".join(file.read_text() for file in (ROOT / "lambda_src" / "otp").rglob("*.py"))
QUERIES = [
    *blocks("insights"),
    *re.findall(r"<<'QUERY'\n(.*?)^QUERY$", RUNBOOK, re.MULTILINE | re.DOTALL),
]


@pytest.mark.parametrize("query", QUERIES)
def test_what_a_query_looks_for_is_logged(query: str) -> None:
    """Its fields, by the functions and Lambda or by API Gateway; its messages, codes and levels."""
    [stage] = [
        resource["Properties"]
        for resource in of_profile("production")["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    bare = re.sub(r'"[^"]*"', "", query)
    aliases = {*re.findall(r"(?:\bas |\?<)(\w+)", bare)}
    bare = re.sub(r"\bas \w+|/[^/]*/", "", bare)
    # What is followed by a parenthesis is a function.
    names = {*re.findall(r"(?<![\w.@])@?[A-Za-z_][\w.]*\b(?!\()", bare)}
    used = names - INSIGHTS_WORDS - aliases
    logged = {name for name in used if re.search(rf'\b{name}=|"{name}"', SOURCE)}
    wanted = re.findall(r'\b(?:message|code) = "([^"]*)"', query)
    for several in re.findall(r"\b(?:message|code) in \[([^\]]*)\]", query):
        wanted += re.findall(r'"([^"]*)"', several)

    assert used
    assert used <= logged | NOT_OURS or used <= {*json.loads(stage["AccessLogSetting"]["Format"])}
    assert [text for text in wanted if f'"{text}"' not in SOURCE] == []
    for pattern in re.findall(r"\bmessage like /([^/]*)/", query):
        parts = re.split(r"\|(?![^(]*\))", pattern)
        assert [part for part in parts if not re.search(part, SOURCE)] == []


# --- The commands ---

SHELL = "\n".join(blocks("sh"))


def test_all_blocks_are_shell() -> None:
    """They are one script, which the shell understands."""
    checked = run(SHELL, "-n")

    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_aws_command_exists() -> None:
    """With each of its options, in AWS's own description of the service."""
    text = "\n".join([SHELL, *re.findall(r"`(aws [^`\n]+)`", RUNBOOK)]).replace("\\\n", " ")
    commands = re.findall(r"\baws ([a-z]+) ([a-z-]+)((?:(?!\baws ).)*)", text)
    assert len(commands) > 30

    for service, operation, rest in commands:
        name = {"deploy": "codedeploy"}.get(service, service)
        model = botocore.session.get_session().get_service_model(name)
        operations = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in operations
        shape = model.operation_model(operations[operation]).input_shape
        members = {xform_name(name, "-") for name in shape.members} if shape else set()
        required = {xform_name(name, "-") for name in shape.required_members} if shape else set()
        options = {*re.findall(r"(?<=\s)--([a-z-]+)", rest)}
        assert options <= members | {"output", "query"}, operation
        # A command that is only mentioned has none.
        assert required <= options or not options, operation


def test_what_the_commands_ask_for_is_there() -> None:
    """Outputs and types of resources of the stack; and every limit."""
    production = of_profile("production")
    types = {resource["Type"] for resource in production["Resources"].values()}
    [of_the_loop] = re.findall(r"for limit in ((?:\w+[ \\\n]+)+\w+); do", RUNBOOK)

    assert {*re.findall(r"\$\(output (\w+)\)", RUNBOOK)} <= production["Outputs"].keys()
    assert {*re.findall(r"\bresource (AWS::[\w:]+)", RUNBOOK)} <= types
    assert {*of_the_loop.replace("\\", " ").split()} == {*MEANINGS}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """Run the send function, on an emulated AWS of its own."""
    # No window ends within a test; the shell's `date` and the function agree on the day. With
    # milliseconds, of which DynamoDB would not store a zero.
    Clock(monkeypatch, limits, counters, guard, switch).now = int(time.time()) + 0.123
    with deployed("send") as service:
        yield service


def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the shell; the AWS CLI only writes down how it is called."""
    fake = f"""TABLE={TABLE}; aws() {{ for given; do printf '%s\\0' "$given"; done; }}\n"""
    command = ["/bin/sh", *options, "-ec", fake + script]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def do(service: Service, script: str) -> dict[str, Any]:
    """Make a block's one call of DynamoDB, as the CLI would."""
    _, operation, *options = run(script).stdout.split("\0")[:-1]
    said = dict(zip(options[::2], options[1::2], strict=True))
    given = {
        name: json.loads(said[f"--{name.lower()}"])
        for name in ("Item", "Key")
        if f"--{name.lower()}" in said
    }
    call = getattr(service.table, operation.replace("-", "_"))
    answer: dict[str, Any] = call(TableName=said["--table-name"], **given)
    return answer


def test_the_commands_of_the_switch_are_heeded(service: Service) -> None:
    """Everything is paused, then some countries, then nothing; and the switch can be read."""
    pausing = blocks("sh", SECTIONS["pausing"].text)
    every, some, now, resume = [block for block in pausing if "attach-role-policy" not in block]

    def statuses_after(block: str) -> list[int]:
        do(service, block)
        service.start()
        return [service.send(DestinationIdentity=to).status for to in (NUMBER, "+14165550111")]

    assert statuses_after(every) == [503, 503]
    assert statuses_after(some) == [200, 503]
    assert do(service, now)["Item"]["countries"] == {"S": "JM,CA"}
    assert statuses_after(resume) == [200, 200]
    assert "nonsense" not in service.log()


@pytest.mark.parametrize(
    ("per_hour", "block"), [(20, "${NUMBER%????}"), (None, "$NUMBER")], ids=["block", "number"]
)
def test_the_command_lets_a_number_in_again(
    service: Service, per_hour: int | None, block: str
) -> None:
    """It computes the key as the function does, and deletes that item."""
    [script] = blocks("sh", SECTIONS["let-a-number-in-again"].text)
    script = script.replace("+12065550123", NUMBER).replace("${NUMBER%????}", block)
    service.limit(destination_per_10_minutes=5, destination_per_day=10, block_per_hour=per_hour)
    answers = [service.send(DestinationIdentity=NUMBER).status for _ in range(6)]
    assert answers == [200] * 5 + [429]

    do(service, script)

    assert service.send(DestinationIdentity=NUMBER).status == 200


def test_the_commands_open_a_range_close_it_and_let_it_begin_at_zero(service: Service) -> None:
    """By its name in the log, from which the key of its balance is computed."""
    opening, zero, closing = blocks("sh", SECTIONS["guard"].text)

    def status() -> int:
        return service.send(DestinationIdentity=NUMBER).status

    service.guarded(allowance=1)
    assert [status() for _ in range(2)] == [200, 429]
    for block, answered in ((opening, 200), (closing, 429)):
        do(service, block)
        service.guarded(allowance=1)
        assert status() == answered
    do(service, zero.replace("49-15123", "1-2062"))
    assert status() == 200


def test_no_version_is_gone_back_to_that_nobody_chose() -> None:
    """The command stops, and changes nothing."""
    [block] = [block for block in blocks("sh") if "lambda update-alias" in block]

    pasted = run(block)

    assert (pasted.returncode != 0, pasted.stdout) == (True, "")
    assert "OLD: set it to a version of the list" in pasted.stderr
