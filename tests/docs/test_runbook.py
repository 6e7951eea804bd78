"""The runbook: whoever was just woken relies on every alarm's section, query and command."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from docs.generate.templates import template
from infra.config import PROFILES, PYTHON_VERSIONS
from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.rules.limits import MEANINGS
from tests.support.service import TABLE, Service

from .functions import running
from .pages import read_sections

RUNBOOK = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text()
SECTIONS = {section.anchor: section for section in read_sections(RUNBOOK)}

#: What an alarm's section consists of, in this order.
PARTS = ["What it means.", "How to confirm.", "What to do.", "When it is over."]

#: Of platform.report and of the errors that the Python runtime logs, in Lambda's JSON log format,
#: and Logs Insights' own: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
NOT_OURS = {
    *("type", "errorType", "errorMessage", "@timestamp", "@logStream"),
    *("record.requestId", "record.status", "record.errorType", "record.metrics.durationMs"),
    *("record.metrics.initDurationMs", "record.metrics.maxMemoryUsedMB"),
}
INSIGHTS_WORDS = {
    *("and", "by", "desc", "fields", "filter", "in", "like", "limit", "not", "or", "parse"),
    *("sort", "stats"),
}
#: Metrics that nothing of the stack asks for.
METRICS_OF_AWS_ONLY = {
    *("AsyncEventsReceived", "SuccessfulRequestLatency", "SystemErrors", "ThrottledRequests"),
}

CLI_SERVICES = {"deploy": "codedeploy"}
CLI_OPTIONS = {"output", "query"}

#: Which the limits count: the sandbox's own are not.
NUMBER = "+12062010123"


def blocks(language: str, text: str = RUNBOOK) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)


def rows(anchor: str) -> list[list[str]]:
    """The cells of the first table of a section, without its heading."""
    _, table = SECTIONS[anchor].text.split("|---|", 1)
    lines = table.split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def of_profile(profile: str) -> dict[str, Any]:
    """The template, which other tests have synthesized, too."""
    region = {"region": "us-east-1"} if profile == "production" else {}
    return template(profile=profile, pythonVersion=PYTHON_VERSIONS[-1], **region)


def alarms(profile: str) -> dict[str, dict[str, Any]]:
    """The alarms of a profile, as the runbook names them."""
    return {
        re.sub("^Verified[A-Z]{2}$", "VerifiedXX", name.removeprefix("OtpAlarms")[:-8]): resource
        for name, resource in of_profile(profile)["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


# --- The sections and the tables ---


@pytest.mark.parametrize("profile", PROFILES)
def test_every_alarm_has_a_section_and_every_section_an_alarm(profile: str) -> None:
    """Its description ends in the section's address; the table at the beginning leads there."""
    links = {
        name: alarm["Properties"]["AlarmDescription"].split()[-1]
        for name, alarm in alarms(profile).items()
    }
    whole = {
        f"docs/runbook.md#{section.anchor}"
        for section in SECTIONS.values()
        if re.findall(r"^\*\*([^*]+\.)\*\*", section.text, re.MULTILINE) == PARTS
    }
    table = {
        alarm.partition(",")[0]: re.sub(r".*\((#.+)\)", r"docs/runbook.md\1", link)
        for alarm, _, link in rows("where-to-look-first")
    }

    assert links
    assert table == links
    assert whole == {*links.values()}
    assert not [alarm for alarm in alarms(profile).values() if "AlarmName" in alarm["Properties"]]


def test_every_metric_that_is_watched_is_explained_and_every_one_asked_for_is_watched() -> None:
    """The first by the table, the second by the stack's alarms and dashboard."""
    written = json.dumps(of_profile("production")["Resources"])
    asked = {
        *re.findall(r"--metric-name (\w+)", RUNBOOK),
        *re.findall(r"for metric in (\w+) (\w+);", RUNBOOK)[0],
    } - METRICS_OF_AWS_ONLY
    watched = re.findall(r'"MetricName": "(\w+)", "Namespace": "ServerlessOtp"', written)

    assert watched
    assert {*watched} <= {name for name, *_ in rows("the-metrics")}
    assert asked
    assert [name for name in asked if not re.search(rf"\b{name}\b", written)] == []


def kinds(problem: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """Every class of problem."""
    for kind in problem.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_every_code_of_a_server_error_is_explained() -> None:
    """The functions' problems that are 5xx, except for those that count as nobody's failure."""
    codes = {
        kind.code
        for kind in kinds()
        if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR and kind.__module__ == problems.__name__
    }
    nobodys = {kind.code for kind in kinds() if not kind.ours}

    assert {code for code, *_ in rows("server-errors")} == codes - nobodys


# --- The queries ---


@pytest.fixture(scope="module")
def log() -> list[dict[str, Any]]:
    """What the functions log about all that the queries look for."""
    no_connection = EndpointConnectionError(endpoint_url="https://example.com")
    no_answer = ReadTimeoutError(endpoint_url="https://example.com")
    put, update, delete, get = (
        f"before-call.dynamodb.{name}Item" for name in ("Put", "Update", "Delete", "Get")
    )
    send = "before-send.pinpoint.SendOTPMessage"
    faults: list[dict[str, BotoCoreError]] = [
        {put: no_connection, delete: no_connection},
        {update: no_answer},
        {send: no_connection},
        {send: NoCredentialsError()},
    ]
    with running("send") as service:
        # Sent; a failure of the carrier; an answer that comes too late; a 500.
        for ending in ("0100", "0105", "0108", "0109"):
            service.send(DestinationIdentity=f"+1206555{ending}")
        for fault in faults:
            for event, error in fault.items():
                service.fail(event, error)
            service.send()
            service.mend()
        # A ReferenceId for different requests, until it is told about no more.
        for length in (5, *[6] * 6):
            service.send(ReferenceId="one", CodeLength=length)
        # One message too many to a number; then everything is paused.
        for _ in range(6):
            service.send(DestinationIdentity=NUMBER)
        paused = {"id": {"S": "paused"}, "countries": {"S": "all"}}
        service.table.put_item(TableName=TABLE, Item=paused)
        service.start()
        service.send(DestinationIdentity=NUMBER)
        # The switch and a count, out of reach.
        service.start()
        service.fail(get, no_connection)
        service.fail(update, no_connection)
        service.send(DestinationIdentity=NUMBER)
        lines = service.log_lines()
    with running("verify") as service:
        service.send(Otp="918263")
        return [*lines, *service.log_lines()]


QUERIES = [
    *blocks("insights"),
    *re.findall(r"<<'QUERY'\n(.*?)^QUERY$", RUNBOOK, re.MULTILINE | re.DOTALL),
]


@pytest.mark.parametrize("query", QUERIES)
def test_what_a_query_looks_for_is_logged(query: str, log: list[dict[str, Any]]) -> None:
    """Its fields, by the functions and Lambda or by API Gateway; its messages, codes and levels."""
    [stage] = [
        resource["Properties"]
        for resource in of_profile("production")["Resources"].values()
        if resource["Type"] == "AWS::ApiGateway::Stage"
    ]
    bare = re.sub(r'"[^"]*"', "", query)
    aliases = {name for pair in re.findall(r"\bas (\w+)|\?<(\w+)>", bare) for name in pair}
    bare = re.sub(r"\bas \w+|/[^/]*/", "", bare)
    # What is followed by a parenthesis is a function.
    names = {*re.findall(r"(?<![\w.@])@?[A-Za-z_][\w.]*\b(?!\()", bare)}
    used = names - INSIGHTS_WORDS - aliases
    of_the_functions = {field for line in log for field in line} | NOT_OURS

    assert used
    assert used <= of_the_functions or used <= {*json.loads(stage["AccessLogSetting"]["Format"])}
    for field in ("message", "code", "level"):
        logged = {line[field] for line in log if field in line}
        wanted = re.findall(rf'\b{field} = "([^"]*)"', query)
        for several in re.findall(rf"\b{field} in \[([^\]]*)\]", query):
            wanted += re.findall(r'"([^"]*)"', several)
        patterns = re.findall(rf"\b{field} like /([^/]*)/", query)
        assert {*wanted} <= logged
        assert [of for of in patterns if not any(re.search(of, text) for text in logged)] == []


# --- The commands ---

SHELL = "\n".join(blocks("sh"))


def test_there_is_something_to_test() -> None:
    """All blocks are one script, which the shell understands."""
    checked = subprocess.run(
        ["/bin/sh", "-n"], input=SHELL, capture_output=True, text=True, check=False
    )

    assert len(QUERIES) > 10
    assert len(COMMANDS) > 30
    assert (checked.returncode, checked.stderr) == (0, "")


def commands() -> Iterator[tuple[str, str, set[str]]]:
    """Service, operation and options of every command of the AWS CLI."""
    text = "\n".join([SHELL, *re.findall(r"`(aws [^`\n]+)`", RUNBOOK)]).replace("\\\n", " ")
    found = re.findall(r"\baws ([a-z]+) ([a-z-]+)((?:(?!\baws ).)*)", text)
    for service, operation, rest in found:
        yield service, operation, {*re.findall(r"(?<=\s)--([a-z-]+)", rest)}


COMMANDS = [pytest.param(*command, id=" ".join(command[:2])) for command in commands()]


@pytest.mark.parametrize(("service", "operation", "options"), COMMANDS)
def test_every_aws_command_exists(service: str, operation: str, options: set[str]) -> None:
    """With each of its options, in AWS's own description of the service."""
    model = botocore.session.get_session().get_service_model(CLI_SERVICES.get(service, service))
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in operations
    shape = model.operation_model(operations[operation]).input_shape
    members = {xform_name(name, "-") for name in shape.members} if shape else set()
    required = {xform_name(name, "-") for name in shape.required_members} if shape else set()

    assert options <= members | CLI_OPTIONS
    assert required <= options or not options  # a command that is only mentioned has none


def test_what_the_commands_ask_the_stack_for_is_there() -> None:
    """Outputs, and resources: as many of a type as the commands expect; and every limit."""
    production = of_profile("production")
    counted = Counter(resource["Type"] for resource in production["Resources"].values())
    outputs = {*re.findall(r"\$\(output (\w+)\)", RUNBOOK)}
    types = {*re.findall(r"\bresource (AWS::[\w:]+)", RUNBOOK)}
    several = {"AWS::Logs::LogGroup": 5, "AWS::CodeDeploy::Application": 2}
    [limits] = re.findall(r"for limit in ((?:\w+[ \\\n]+)+\w+); do", RUNBOOK)

    assert outputs
    assert outputs <= production["Outputs"].keys()
    assert types > several.keys()
    assert {type_: counted[type_] for type_ in types} == dict.fromkeys(types, 1) | several
    assert {*limits.replace("\\", " ").split()} == {*MEANINGS}


#: Writes down how it is called, in place of the AWS CLI.
FAKE_AWS = """
aws() { for argument; do printf '%s\\0' "$argument"; done; printf '\\n'; }
"""


def run(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a block of the runbook, with these variables set."""
    assigned = "".join(f"{name}='{value}'\n" for name, value in variables.items())
    return subprocess.run(
        ["/bin/sh", "-ec", FAKE_AWS + assigned + script],
        capture_output=True,
        text=True,
        check=False,
    )


def call_of(script: str, **variables: str) -> tuple[str, dict[str, str]]:
    """The operation and the options of the one call of the CLI that a block makes."""
    done = run(f"set -u\n{script}", **variables)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    _, operation, *options = line.split("\0")[:-1]
    return operation, dict(zip(options[::2], options[1::2], strict=True))


def do(service: Service, operation: str, options: Mapping[str, str]) -> dict[str, Any]:
    """Make a call of DynamoDB as the CLI would."""
    names = {"--table-name": "TableName", "--item": "Item", "--key": "Key"}
    given = {
        names[option]: json.loads(value) if value.startswith("{") else value
        for option, value in options.items()
        if option in names
    }
    answer: dict[str, Any] = getattr(service.table, operation.replace("-", "_"))(**given)
    return answer


def test_the_commands_of_the_switch_are_heeded() -> None:
    """Everything is paused, then some countries, then nothing; and the switch can be read."""
    pausing = blocks("sh", SECTIONS["pausing"].text)
    every, some, now, resume = [
        call_of(block, TABLE=TABLE) for block in pausing if "attach-role-policy" not in block
    ]
    with running("send") as service:

        def statuses_after(operation: str, options: Mapping[str, str]) -> list[int]:
            do(service, operation, options)
            service.start()
            return [service.send(DestinationIdentity=to).status for to in (NUMBER, "+14165550111")]

        assert statuses_after(*every) == [503, 503]
        assert statuses_after(*some) == [200, 503]
        assert do(service, *now)["Item"]["countries"] == {"S": "JM,CA"}
        assert statuses_after(*resume) == [200, 200]
        assert "nonsense" not in service.log()


@pytest.mark.parametrize(
    ("per_hour", "block"), [(20, "${NUMBER%????}"), (None, "$NUMBER")], ids=["block", "number"]
)
def test_the_command_lets_a_number_in_again(per_hour: int | None, block: str) -> None:
    """It computes the key as the function does, and deletes that one item."""
    [script] = blocks("sh", SECTIONS["let-a-number-in-again"].text)
    assert "# with blockPerHour=off: BLOCK=$NUMBER" in script
    script = script.replace("+12065550123", NUMBER).replace("${NUMBER%????}", block)
    with running("send") as service:
        service.limit(destination_per_10_minutes=5, destination_per_day=10, block_per_hour=per_hour)
        answers = [service.send(DestinationIdentity=NUMBER).status for _ in range(6)]
        assert answers == [200] * 5 + [429]
        before = {item["id"]["S"] for item in service.items()}

        do(service, *call_of(script, TABLE=TABLE))

        [gone] = before - {item["id"]["S"] for item in service.items()}
        assert gone.startswith("limit#number#")
        assert service.send(DestinationIdentity=NUMBER).status == 200


def test_no_version_is_gone_back_to_that_nobody_chose() -> None:
    """Without one the command stops and changes nothing; with one it is that."""
    [block] = [block for block in blocks("sh") if "lambda update-alias" in block]

    pasted = run(block)
    operation, options = call_of(block, FUNCTION="send", OLD="41")

    assert (pasted.returncode != 0, pasted.stdout) == (True, "")
    assert "OLD: set it to a version of the list" in pasted.stderr
    assert (operation, options["--function-version"]) == ("update-alias", "41")
