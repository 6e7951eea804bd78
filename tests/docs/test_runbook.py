"""The runbook: whoever was just woken relies on every name in it."""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk.assertions import Template
from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from infra.config import PROFILES, Config, keys
from infra.stack import OtpStack
from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.rules.limits import MEANINGS
from tests.support.templates import CONTEXT, cdk_context, context
from tests.unit.service import TABLE, Service
from tests.unit.test_delivery import respond

from .functions import after_a_cold_start, running
from .pages import Section, read_sections

ROOT = Path(__file__).resolve().parent.parent.parent
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()

STACK = "ServerlessOtp"
PARTS = ("What it means.", "How to confirm.", "What to do.", "When it is over.")

# Of platform.report and of the errors that the Python runtime logs, in Lambda's JSON log format:
# https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
# https://github.com/aws/aws-lambda-python-runtime-interface-client
LAMBDA_FIELDS = {
    "type",
    "record.requestId",
    "record.status",
    "record.errorType",
    "record.metrics.durationMs",
    "record.metrics.initDurationMs",
    "record.metrics.maxMemoryUsedMB",
    "errorType",
    "errorMessage",
}
INSIGHTS_FIELDS = {"@timestamp", "@logStream"}
INSIGHTS_WORDS = {
    *("and", "by", "desc", "fields", "filter", "in", "like"),
    *("limit", "not", "or", "parse", "sort", "stats"),
}

# AWS's, in places where the runbook says so.
OTHER_CAMEL_CASE = {
    *("gatewayResponse", "initDurationMs", "invocationType", "requestPayload", "sourceIp"),
}
METRICS_OF_AWS_ONLY = {
    *("AsyncEventsReceived", "SuccessfulRequestLatency", "SystemErrors", "ThrottledRequests"),
}

CLI_SERVICES = {"deploy": "codedeploy"}
CLI_OPTIONS = {"output", "query"}

#: Short enough not to be masked, and hardly anywhere else in a log by chance.
CODE = "918263"

#: In an alarm's name, for a country that the operator has chosen; no country has this code.
ANY_COUNTRY = "XX"

#: Which the limits count: the sandbox's own are not.
NUMBER = "+12062010123"


SECTIONS = {section.anchor: section for section in read_sections(RUNBOOK)}


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", RUNBOOK, re.MULTILINE | re.DOTALL)


def rows(anchor: str) -> list[list[str]]:
    """The cells of the first table of a section, without its heading."""
    _, table = SECTIONS[anchor].text.split("|---|", 1)
    lines = table.split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def parts(section: Section) -> list[str]:
    """Those of the parts of an alarm's section that a section has, in its order."""
    bold = re.findall(r"^\*\*([^*]+)\*\*", section.text, re.MULTILINE)
    return [text for text in bold if text in PARTS]


def prose() -> str:
    """All that is not in a code block."""
    return re.sub(r"^ *```.*?^ *```$", "", RUNBOOK, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Synthesize the stack of every profile."""
    code = tmp_path_factory.mktemp("code")
    (code / "code.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infra.service.build", lambda *_: code)
        return {
            profile: dict(Template.from_stack(stack).to_json())
            for profile in PROFILES
            for stack in [
                OtpStack(
                    cdk.App(outdir=str(tmp_path_factory.mktemp(profile)), context=cdk_context()),
                    STACK,
                    config=Config.from_context(context(profile=profile, region="eu-west-1")),
                )
            ]
        }


@pytest.fixture(params=PROFILES)
def template(
    request: pytest.FixtureRequest, templates: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """The templates, one after the other."""
    return templates[request.param]


def of_type(template: Mapping[str, Any], type_: str) -> dict[str, dict[str, Any]]:
    """The resources of a type, by their logical ID."""
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == type_
    }


def links(template: Mapping[str, Any]) -> dict[str, str]:
    """Where each alarm's description links to, by the name that the runbook gives the alarm."""
    return {
        _of_any_country(name.removeprefix("OtpAlarms")[:-8]): (
            alarm["Properties"]["AlarmDescription"].split()[-1]
        )
        for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items()
    }


def _of_any_country(alarm: str) -> str:
    return re.sub("^Verified[A-Z]{2}$", f"Verified{ANY_COUNTRY}", alarm)


def texts(value: Any) -> Iterator[str]:
    """Every text in a template or in a part of it."""
    match value:
        case str():
            yield value
        case dict():
            for member in value.values():
                yield from texts(member)
        case list():
            for member in value:
                yield from texts(member)


# --- The sections ---


def test_every_alarm_links_to_a_section(template: dict[str, Any]) -> None:
    """Its description ends in the address of a heading of the second level."""
    anchors = {section.anchor for section in SECTIONS.values() if section.level == 2}

    # One stands for those of all countries.
    countries = CONTEXT["allowedCountries"].split(",")
    alarms = len(of_type(template, "AWS::CloudWatch::Alarm"))
    assert len(links(template)) == alarms - len(countries) + 1 > 0
    for link in links(template).values():
        file, _, anchor = link.partition("#")
        assert (file, anchor in anchors) == ("docs/runbook.md", True), link


def test_every_section_of_an_alarm_is_linked_by_an_alarm(template: dict[str, Any]) -> None:
    """None is left over from an alarm that is gone."""
    of_alarms = {section.anchor for section in SECTIONS.values() if parts(section)}

    assert of_alarms == {link.partition("#")[2] for link in links(template).values()}


def test_the_table_leads_from_every_alarm_to_its_section(template: dict[str, Any]) -> None:
    """By the alarm's name, to the section that its description links to."""
    table = {
        alarm.partition(",")[0]: re.sub(r".*\((#.+)\)", r"docs/runbook.md\1", link)
        for alarm, _, link in rows("where-to-look-first")
    }

    assert table == links(template)


def test_alarms_are_named_as_the_runbook_looks_for_them(template: dict[str, Any]) -> None:
    """CloudFormation makes an alarm's name of the stack's name and the logical ID."""
    assert '--alarm-name-prefix "$STACK-OtpAlarms"' in RUNBOOK
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm").items():
        assert name.startswith("OtpAlarms")
        assert "AlarmName" not in alarm["Properties"]


@pytest.mark.parametrize(
    "section", [section for section in SECTIONS.values() if parts(section)], ids=lambda s: s.anchor
)
def test_an_alarms_section_has_all_its_parts(section: Section) -> None:
    """What it means, how to confirm it, what to do, when it is over: in this order."""
    assert tuple(parts(section)) == PARTS


# --- The names ---


def test_every_configuration_key_exists() -> None:
    """What is named like a key is one, or a field of AWS's or of the access log."""
    code = re.findall(r"`([^`\n]+)`", prose())
    camel_case = {name for name in code if re.fullmatch(r"[a-z]+([A-Z][a-z]*)+", name)}
    assigned = {match[1] for text in code if (match := re.fullmatch(r"([a-z]\w*)=.+", text))}
    on_the_command_line = set(re.findall(r"-c (\w+)=", RUNBOOK))
    named = (camel_case - OTHER_CAMEL_CASE - {"requestId"}) | assigned | on_the_command_line

    assert {"alarmCrashPercent", "waf", "canary"} <= named
    assert named <= {key.name for key in keys().values()}


def test_the_limit_of_every_alarm_is_named() -> None:
    """Whoever finds an alarm too nervous learns which key to set."""
    limits = {key.name for key in keys().values() if re.match("alarm[A-Z](?!opicArn)", key.name)}

    assert len(limits) == 10
    assert limits <= set(re.findall(r"`(\w+)`", RUNBOOK))


def test_every_metric_of_ours_is_watched_or_shown(templates: dict[str, dict[str, Any]]) -> None:
    """The table holds those that the stack knows, all of them and no others."""
    names = {name for name, *_ in rows("the-metrics")}
    infra = "".join(file.read_text() for file in (ROOT / "infra").glob("*.py"))
    on_alarm = {
        metric["MetricName"]
        for alarm in of_type(templates["production"], "AWS::CloudWatch::Alarm").values()
        for metric in (
            alarm["Properties"],
            *(
                query["MetricStat"]["Metric"]
                for query in alarm["Properties"].get("Metrics", [])
                if "MetricStat" in query
            ),
        )
        if metric.get("Namespace") == "ServerlessOtp"
    }

    assert on_alarm <= names
    for name in names:
        assert f'"{name}"' in infra, name


def test_every_metric_of_awss_is_watched_or_shown(templates: dict[str, dict[str, Any]]) -> None:
    """What is named under "The metrics" or asked for by a command is in the template."""
    everything = " ".join(texts(templates["production"]))
    sentence = re.search(
        r"^The other alarms watch AWS's own: (.+?)\n\n", RUNBOOK, re.DOTALL | re.MULTILINE
    )
    assert sentence
    named = set(re.findall(r"\b[A-Z]\w+", sentence[1])) - {
        *("AWS", "ApiGateway", "DynamoDB", "Lambda", "SNS", "SQS")
    }
    asked = set(re.findall(r"--metric-name (\w+)", RUNBOOK))
    asked |= set(re.findall(r"for metric in (\w+) (\w+);", RUNBOOK)[0])

    assert {"Duration", "WriteThrottleEvents"} <= named
    for name in named | asked - METRICS_OF_AWS_ONLY:
        assert re.search(rf"\b{name}\b", everything), name


def test_every_code_of_a_server_error_is_explained() -> None:
    """The problems that are 5xx, except for those that are said not to count."""

    def all_of(problem: type[Problem]) -> Iterator[type[Problem]]:
        for kind in problem.__subclasses__():
            yield kind
            yield from all_of(kind)

    said = {
        kind.code
        for kind in all_of(Problem)
        if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not kind.ours
    }
    assert "SendingPaused" in said
    assert all(f"\n{code}, a 50" in RUNBOOK for code in said)
    explained = {code for code, *_ in rows("server-errors")}
    assert (
        explained
        == {
            kind.code
            for kind in all_of(Problem)
            if kind.__module__ == Problem.__module__
            and kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        }
        - said
    )


def test_every_output_exists(template: dict[str, Any]) -> None:
    """What the shell function `output` is asked for."""
    asked = set(re.findall(r"\$\(output (\w+)\)", RUNBOOK))

    assert {"SendFunctionArn", "DashboardName"} <= asked
    assert asked <= template["Outputs"].keys()


def test_every_resource_exists(templates: dict[str, dict[str, Any]]) -> None:
    """What the shell function `resource` is asked for; as many of a type as are said there."""
    asked = set(re.findall(r"\bresource (AWS::[\w:]+)", RUNBOOK))
    counted = Counter(
        resource["Type"] for resource in templates["production"]["Resources"].values()
    )

    assert "AWS::ApiGateway::RestApi" in asked
    several = {"AWS::Logs::LogGroup": 5, "AWS::CodeDeploy::Application": 2}
    assert several.keys() <= asked
    assert {type_: counted[type_] for type_ in asked} == {
        type_: several.get(type_, 1) for type_ in asked
    }


def test_shell_can_be_set_for_either_function(template: dict[str, Any]) -> None:
    """The names are of send at first; the same lines set them for the other one, but the queue.

    Where a command is for send alone, it does not depend on what was set before.
    """
    of_send, of_verify = (
        [line for block in blocks("sh") for line in block.splitlines() if function in line]
        for function in ("$(output Send", "$(output Verify")
    )
    again, stopping = of_send[2:]
    assert of_send[:2] == ["ALIAS=$(output SendFunctionArn)", "QUEUE=$(output SendFailureQueueUrl)"]
    assert again.strip().startswith(
        'aws lambda invoke --function-name "$(output SendFunctionArn)" '
    )
    assert stopping == "ALIAS=$(output SendFunctionArn)"
    assert stopping in blocks_of("stop-sending-at-once")[0]
    assert of_verify == ["ALIAS=$(output VerifyFunctionArn)"]
    for begin, times in (("FUNCTION=", 3), ("LOG=", 2)):
        assert len(re.findall(rf"^{begin}", "\n".join(blocks("sh")), re.MULTILINE)) == times
    handlers = {
        function["Properties"]["Handler"]
        for function in of_type(template, "AWS::Lambda::Function").values()
    }
    assert handlers == {"otp.send.handler", "otp.verify.handler"}
    assert "Function is `send` or `verify`" in RUNBOOK


def test_what_is_said_of_old_versions_is_so(template: dict[str, Any]) -> None:
    """There is one to go back to by hand with the canary, and none without."""
    versions = of_type(template, "AWS::Lambda::Version").values()
    canary = of_type(template, "AWS::CodeDeploy::DeploymentGroup")
    said = " ".join(prose().split())

    assert "**An older version is there,** as with `canary=true`, which keeps them" in said
    assert "**There is none but the live one,** as without the canary" in said
    assert {version.get("DeletionPolicy", "Delete") for version in versions} == {
        "RetainExceptOnCreate" if canary else "Delete"
    }


# --- The queries ---


@pytest.fixture(scope="module")
def log_of_send() -> list[dict[str, Any]]:
    """What `send` logs about all that the queries look for."""
    no_connection = EndpointConnectionError(endpoint_url="https://example.com")
    no_answer = ReadTimeoutError(endpoint_url="https://example.com")
    put, update, delete = (
        f"before-call.dynamodb.{name}" for name in ("PutItem", "UpdateItem", "DeleteItem")
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
        pause(service, "all")
        service.send(DestinationIdentity=NUMBER)
        # The switch and a count, out of reach.
        after_a_cold_start(service)
        service.fail("before-call.dynamodb.GetItem", no_connection)
        service.fail(update, no_connection)
        service.send(DestinationIdentity=NUMBER)
        return service.log_lines()


@pytest.fixture(scope="module")
def log_of_verify() -> list[dict[str, Any]]:
    """What `verify` logs about the same, as far as it can meet it."""
    faults: list[BotoCoreError] = [
        EndpointConnectionError(endpoint_url="https://example.com"),
        ReadTimeoutError(endpoint_url="https://example.com"),
        NoCredentialsError(),
    ]
    with running("verify") as service:
        # Not valid; no code at all.
        for code in (CODE, "seven"):
            service.send(Otp=code)
        for error in faults:
            service.fail("before-send.pinpoint.VerifyOTPMessage", error)
            service.send(Otp=CODE)
            service.mend()
        service.on("before-send.pinpoint.VerifyOTPMessage", respond(500, {}))
        service.send(Otp=CODE)
        return service.log_lines()


@pytest.fixture(scope="module")
def log(
    log_of_send: list[dict[str, Any]], log_of_verify: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What the functions log, both of them."""
    return [*log_of_send, *log_of_verify]


@pytest.fixture(scope="module")
def access_log(templates: dict[str, dict[str, Any]]) -> set[str]:
    """The fields of the API's access log."""
    [stage] = of_type(templates["production"], "AWS::ApiGateway::Stage").values()
    return set(json.loads(stage["Properties"]["AccessLogSetting"]["Format"]))


QUERIES = [
    *blocks("insights"),
    *re.findall(r"<<'QUERY'\n(.*?)^QUERY$", RUNBOOK, re.MULTILINE | re.DOTALL),
]


def test_there_are_queries() -> None:
    """Or the tests below would test nothing."""
    assert len(QUERIES) > 10


@pytest.mark.parametrize("query", QUERIES)
def test_every_field_of_a_query_is_logged(
    query: str, log: list[dict[str, Any]], access_log: set[str]
) -> None:
    """By the function and Lambda together, or by API Gateway."""
    bare = re.sub(r'"[^"]*"', "", query)
    aliases = set(re.findall(r"\bas (\w+)|\?<(\w+)>", bare))
    bare = re.sub(r"\bas \w+|/[^/]*/", "", bare)
    # What is followed by a parenthesis is a function.
    names = set(re.findall(r"(?<![\w.@])@?[A-Za-z_][\w.]*\b(?!\()", bare))
    used = names - INSIGHTS_WORDS - {alias for pair in aliases for alias in pair}
    of_the_function = {field for line in log for field in line} | LAMBDA_FIELDS | INSIGHTS_FIELDS

    assert used
    assert used <= of_the_function or used <= access_log, used - of_the_function


@pytest.mark.parametrize("query", QUERIES)
def test_every_message_and_code_of_a_query_is_logged(query: str, log: list[dict[str, Any]]) -> None:
    """As it is written there, or as the pattern there matches it."""
    for field in ("message", "code", "level"):
        logged = {line[field] for line in log if field in line}
        wanted = re.findall(rf'\b{field} = "([^"]*)"', query)
        for several in re.findall(rf"\b{field} in \[([^\]]*)\]", query):
            wanted += re.findall(r'"([^"]*)"', several)
        for pattern in re.findall(rf"\b{field} like /([^/]*)/", query):
            assert any(re.search(pattern, text) for text in logged), pattern
        assert set(wanted) <= logged


def pause(service: Service, countries: str) -> None:
    """Set the switch, and have the function read it."""
    item = {"id": {"S": "paused"}, "countries": {"S": countries}}
    service.table.put_item(TableName=TABLE, Item=item)
    after_a_cold_start(service)


def fields_of(lines: list[dict[str, Any]]) -> set[str]:
    """The names of all that is in some lines of a log."""
    return {field for line in lines for field in line}


def test_sections_of_one_function_are_about_its_log(
    log_of_send: list[dict[str, Any]], log_of_verify: list[dict[str, Any]]
) -> None:
    """What the section of verify's own alarm asks for, verify logs; as send does in its own."""
    for anchor, lines in (
        ("asynchronous-verification", log_of_verify),
        ("failure-queue", log_of_send),
    ):
        [query] = re.findall(r"```insights\n(.*?)```", SECTIONS[anchor].text, re.DOTALL)
        bare = re.sub(r'"[^"]*"|@\w+|\d+', "", query)
        used = set(re.findall(r"[a-z_]+", bare)) - INSIGHTS_WORDS
        assert used
        assert used <= fields_of(lines)


@pytest.mark.parametrize(
    "message",
    [
        *("answered", "Failed on our side", "Pinpoint does not let us"),
        *("Pinpoint did not take the request", "Pinpoint failed", "Pinpoint's answer is lost"),
    ],
)
def test_line_that_sections_of_both_functions_name_is_logged_by_both(
    message: str, log_of_send: list[dict[str, Any]], log_of_verify: list[dict[str, Any]]
) -> None:
    """Whoever has set the shell for verify looks for the same lines."""
    assert f'"{message}"' in RUNBOOK
    for lines in (log_of_send, log_of_verify):
        assert message in {line.get("message") for line in lines}


def test_what_is_said_of_one_functions_log_alone_is_so(
    log_of_send: list[dict[str, Any]], log_of_verify: list[dict[str, Any]]
) -> None:
    """A line that only `send` logs, and the code that no function does."""
    assert '"Pinpoint did not send", which only `send` logs' in RUNBOOK
    assert "Pinpoint did not send" in {line["message"] for line in log_of_send}
    assert "Pinpoint did not send" not in {line["message"] for line in log_of_verify}
    assert "delivery_status" not in fields_of(log_of_verify)
    assert "The code of a verify request is in no line." in " ".join(RUNBOOK.split())
    assert CODE not in json.dumps(log_of_verify)


# --- The commands ---


def commands() -> list[tuple[str, str, set[str]]]:
    """Service, operation and options of every command of the AWS CLI."""
    inline = re.findall(r"`(aws [^`]+)`", prose())
    shell = "\n".join([*blocks("sh"), *inline]).replace("\\\n", " ")
    return [
        (service, operation, set(re.findall(r"(?<=\s)--([a-z-]+)", rest)))
        for service, operation, rest in re.findall(
            r"\baws ([a-z]+) ([a-z-]+)((?:(?!\baws ).)*)", shell
        )
    ]


@pytest.mark.parametrize(
    ("service", "operation", "options"),
    commands(),
    ids=[f"{service} {operation}" for service, operation, _ in commands()],
)
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


def test_the_shell_understands_every_block() -> None:
    """All of them are one script."""
    script = "\n".join(blocks("sh"))

    checked = subprocess.run(
        ["/bin/sh", "-n"], input=script, capture_output=True, text=True, check=False
    )

    assert script
    assert (checked.returncode, checked.stderr) == (0, "")


#: Writes down how it is called, in place of the AWS CLI.
FAKE_AWS = """
aws() { for argument; do printf '%s\\0' "$argument"; done; printf '\\n'; }
"""


def calls_of(script: str, **variables: str) -> list[tuple[str, dict[str, str]]]:
    """Run a block of the runbook; gives the operation and the options of each call of the CLI."""
    assigned = "".join(f"{name}='{value}'\n" for name, value in variables.items())
    done = subprocess.run(
        ["/bin/sh", "-euc", FAKE_AWS + assigned + script],
        capture_output=True,
        text=True,
        check=True,
    )
    called = [line.split("\0")[:-1] for line in done.stdout.splitlines()]
    return [
        (operation, dict(zip(options[::2], options[1::2], strict=True)))
        for _, operation, *options in called
    ]


def blocks_of(anchor: str) -> list[str]:
    """The shell of a section."""
    return re.findall(r"^```sh\n(.*?)^```$", SECTIONS[anchor].text, re.MULTILINE | re.DOTALL)


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
    every, some, now, resume = [
        calls_of(block, TABLE=TABLE)[0]
        for block in blocks_of("pausing")
        if "attach-role-policy" not in block
    ]
    canada = "+14165550111"
    with running("send") as service:

        def codes_after(operation: str, options: Mapping[str, str]) -> tuple[int, int]:
            do(service, operation, options)
            after_a_cold_start(service)
            return (
                service.send(DestinationIdentity=NUMBER).status,
                service.send(DestinationIdentity=canada).status,
            )

        assert codes_after(*every) == (503, 503)
        assert codes_after(*some) == (200, 503)
        assert do(service, *now)["Item"]["countries"] == {"S": "JM,CA"}
        assert codes_after(*resume) == (200, 200)
        assert "nonsense" not in service.log()
    assert now[1]["--query"] == "Item.countries.S"


def test_the_command_lets_a_number_in_again() -> None:
    """It computes the key as the function does, and deletes that one item."""
    [block] = blocks_of("let-a-number-in-again")
    assert "NUMBER=+12065550123\n" in block
    with running("send") as service:
        answers = [service.send(DestinationIdentity=NUMBER).status for _ in range(6)]
        assert answers == [200] * 5 + [429]
        before = {item["id"]["S"] for item in service.items()}

        [call] = calls_of(block.replace("+12065550123", NUMBER), TABLE=TABLE)
        do(service, *call)

        [gone] = before - {item["id"]["S"] for item in service.items()}
        assert gone.startswith("limit#number#")
        assert service.send(DestinationIdentity=NUMBER).status == 200


def test_the_command_for_a_number_of_its_own_lets_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a limit on blocks, the item is the number's."""
    [block] = blocks_of("let-a-number-in-again")
    assert "# with blockPerHour=off: BLOCK=$NUMBER" in block
    changed = block.replace("+12065550123", NUMBER).replace("${NUMBER%????}", "$NUMBER")
    [(_, options)] = calls_of(changed, TABLE=TABLE)
    with running("send") as service:
        limits = service.module.limits
        without = replace(limits._limits, block_per_hour=None)  # noqa: SLF001 - as if set so
        monkeypatch.setattr(limits, "_limits", without)
        service.send(DestinationIdentity=NUMBER)

        key = json.loads(options["--key"])
        assert "Item" in service.table.get_item(TableName=TABLE, Key=key)


def test_no_version_is_gone_back_to_that_nobody_chose() -> None:
    """Without one the command stops and changes nothing; with one it is that."""
    [block] = [block for block in blocks("sh") if "lambda update-alias" in block]

    pasted = subprocess.run(
        ["/bin/sh", "-c", FAKE_AWS + block], capture_output=True, text=True, check=False
    )
    [(operation, options)] = calls_of(block, FUNCTION="send", OLD="41")

    assert pasted.returncode != 0
    assert "OLD: set it to a version of the list" in pasted.stderr
    assert pasted.stdout == ""
    assert (operation, options["--function-version"]) == ("update-alias", "41")


def test_every_limit_is_asked_for() -> None:
    """The loop over the limits names those by which the metric is counted."""
    [names] = re.findall(r"for limit in ((?:\w+[ \\\n]+)+\w+); do", RUNBOOK)

    assert set(names.replace("\\", " ").split()) == set(MEANINGS)


def test_the_policy_for_pausing_allows_what_the_commands_do(template: dict[str, Any]) -> None:
    """And on that item."""
    [policy] = [
        resource["Properties"]["PolicyDocument"]["Statement"][0]
        for name, resource in of_type(template, "AWS::IAM::ManagedPolicy").items()
        if "PausePolicy" in name
    ]
    commands = [
        calls_of(block, TABLE=TABLE)[0]
        for block in blocks_of("pausing")
        if "attach-role-policy" not in block
    ]
    actions = {
        "dynamodb:" + "".join(part.title() for part in operation.split("-"))
        for operation, _ in commands
    }
    assert actions == set(policy["Action"])
    ids = {
        json.loads(options.get("--item") or options["--key"])["id"]["S"] for _, options in commands
    }
    condition = policy["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"]
    assert ids == {condition} if isinstance(condition, str) else set(condition)
