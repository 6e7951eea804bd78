"""`make accept` reports every deviation: each step runs on a deployment that breaks it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from email.message import Message
from pathlib import Path

import boto3
import pytest

from infra.api import gateway_responses
from sandbox import client
from sandbox.state import ROOT, State
from tests.support.deployment import NUMBER, Deployment, request
from tests.support.texts import code_in
from tools.accept import __main__ as accept
from tools.accept import on_request, operation, without_text
from tools.accept.deployment import from_sandbox
from tools.accept.http import HttpAnswer
from tools.accept.trial import Person, Skipped, Trial, Wrong, pass_firewall

from .release import Change, release

SOMEBODY = "+12062010000"

Report = dict[str, dict[str, str]]
Accept = Callable[..., Report]


@pytest.fixture
def state(deployment: Deployment) -> State:
    """The state of the sandbox."""
    return deployment.state


@pytest.fixture
def run(
    deployment: Deployment,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Accept:
    """Return a function that accepts the sandbox and returns the report's lines by step."""
    monkeypatch.setattr(operation, "LOG_SECONDS", 2)

    def run(only: str = "", *options: str, to: str = NUMBER, person: bool = True) -> Report:
        report = tmp_path / "report.json"
        arguments = accept.parser().parse_args(["--only", only, "--report", str(report), *options])
        reader = Person(
            to,
            lambda reference_id: [code_in(text) for text in deployment.texts(reference_id)],
        )
        trial = from_sandbox(deployment.state)
        status = accept.accept(trial, reader if person else None, arguments)
        lines: list[dict[str, str]] = json.loads(report.read_text())
        assert status == any(line["end"] == "wrong" for line in lines)
        if person:
            assert to[1:] not in capsys.readouterr().out
        return {line["step"]: line for line in lines}

    return run


def test_sound_deployment_is_accepted(run: Accept) -> None:
    """Two steps are skipped, because the sandbox has neither alarms nor TLS."""
    report = run("", "--queue")
    assert {line["end"] for line in report.values()} == {"right", "skipped"}, report
    skipped = {name for name, line in report.items() if line["end"] == "skipped"}
    assert skipped == {"No alarm is in ALARM", "The API uses TLS 1.2 or 1.3"}


INVOCATION, VERIFICATION = "contract/invocation.py", "pinpoint/verification.py"
LOCK = "attribute_not_exists(id) OR expiration < :now"
ALWAYS = "attribute_not_exists(id) OR expiration >= :now"
VALID = 'return answer["Valid"], json.dumps({"VerificationResponse": answer})'
#: Releases: the function, and for each change the step that must notice it.
BROKEN: list[tuple[str, list[tuple[str, Change]]]] = [
    (
        "send",
        [
            ("all its bad fields", ("contract/request.py", "ge=5, le=8", "ge=5, le=9")),
            ("over 8 KB", (INVOCATION, "= 8 * 1024", "= 80 * 1024")),
            ("media type", (INVOCATION, '!= "application/json" and', '== "" and')),
            ("request's ID", (INVOCATION, '"version" not in event', '"_REP" not in request_id')),
            ("A text is", ("pinpoint/delivery.py", 'if status != "SUCCESSFUL":', "if status:")),
        ],
    ),
    (
        "send",
        [
            ("gets the recorded", ("once/records.py", LOCK, ALWAYS)),
            ("So does a direct", (INVOCATION, 'reply["IdempotentReplayed"] = True', "pass")),
            ("One text", ("once/records.py", LOCK, ALWAYS)),
            (
                "The log has",
                ("runtime/log.py", '"function_arn",', '"function_arn", "destination",'),
            ),
            ("The metrics", ("metrics.py", "sys.stdout.write(", "str(")),
        ],
    ),
    (
        "send",
        [
            (
                "A different request",
                ("once/idempotency.py", 'path="request"', 'path="request.Channel"'),
            )
        ],
    ),
    (
        "verify",
        [
            ("gets the problem", (INVOCATION, "raise type(answer.code, ", "return str(")),
            ("A wrong code", (VERIFICATION, VALID, VALID.replace("answer", '{"Valid": True}'))),
            ("valid only once", (VERIFICATION, VALID, VALID.replace("answer", '{"Valid": True}'))),
        ],
    ),
    (
        "verify",
        [
            ("bad fields", ("contract/problem.py", "in self.errors", "in self.errors[:1]")),
            ("is valid$", (VERIFICATION, VALID, VALID.replace("answer", '{"Valid": False}'))),
        ],
    ),
]


@pytest.mark.parametrize(("function", "broken"), BROKEN)
def test_broken_release_is_wrong(
    run: Accept, state: State, function: str, broken: list[tuple[str, Change]]
) -> None:
    """The step for each change reports it."""
    with release(state, function, sorted({change for _, change in broken})):
        report = run()
    for step, _ in broken:
        [line] = [line for name, line in report.items() if re.search(step, name)]
        assert_wrong(line)


def assert_wrong(line: dict[str, str]) -> None:
    """Assert that a line has the expectation, the result, and an existing page."""
    assert line["end"] == "wrong", line
    assert line["expected"]
    assert line["came"]
    assert (ROOT / line["page"]).exists()


def test_red_alarm_is_wrong(run: Accept, state: State) -> None:
    """The report names the alarm."""
    cloudwatch = boto3.client("cloudwatch", **client.aws_options(state))
    name = "ServerlessOtp-OtpAlarmsStore"
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="ServerlessOtp",
        MetricName="StoreFailures",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    [line] = run("alarm").values()
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert name in line["came"]
    assert_wrong(line)


@pytest.mark.parametrize(
    ("named", "answer"),
    [
        # The stack's description has another version than this checkout.
        ("release", None),
        # The API does not check signatures.
        ("unsigned", HttpAnswer(200, Message(), b"{}", None)),
        # The sandbox has no TLS, so the answer is made up.
        ("TLS", HttpAnswer(400, Message(), b"{}", "TLSv1.1")),
    ],
)
def test_step_judges_a_bad_answer(
    state: State, monkeypatch: pytest.MonkeyPatch, named: str, answer: HttpAnswer | None
) -> None:
    """A wrong release, an open route and an old TLS version are found."""
    monkeypatch.setattr(Trial, "post", lambda *_, **__: answer)
    old = "Serverless OTP 0.1.0: texts"
    other = replace(from_sandbox(state), description=old, endpoint=None)
    steps = (*operation.BEFORE, *without_text.STEPS)
    [step] = [step for step in steps if re.search(named, step.name)]
    with pytest.raises(Wrong):
        step.run(Trial(other, None))


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("reaches the queue", (INVOCATION, "raise type(answer.code, ", "return str(")),
        ("The switch", ("rules/pause.py", "if ALL in paused:", "if None in paused:")),
    ],
)
def test_broken_queue_or_switch_is_wrong(
    run: Accept, state: State, monkeypatch: pytest.MonkeyPatch, step: str, change: Change
) -> None:
    """The steps stop waiting after a time limit."""
    monkeypatch.setattr(on_request, "QUEUE_SECONDS", 5)
    monkeypatch.setattr(on_request, "REFRESH_SECONDS", 0)
    with release(state, "send", [change]):
        assert_wrong(*run(step, "--queue", "--pause").values())


@pytest.mark.parametrize(
    ("environment", "switch", "others", "because"),
    [
        ({"OTP_DESTINATION_PER_DAY": "1"}, "none", "recorded|valid", "a limit is used up"),
        ({"OTP_ALLOWED_COUNTRIES": "CA"}, "none", "recorded|valid", "does not text this number"),
        # Sending is paused already, so the step does not touch the switch.
        ({"OTP_LANGUAGE": "de-DE"}, "all", "The switch", ""),
    ],
)
def test_step_that_the_configuration_prevents_is_skipped(
    run: Accept,
    deployment: Deployment,
    environment: dict[str, str],
    switch: str,
    others: str,
    because: str,
) -> None:
    """The reason comes from the problem; steps that need the text are skipped, too."""
    deployment.send(request(DestinationIdentity=SOMEBODY))
    deployment.set_switch(switch)
    with release(deployment.state, "send", environment=environment):
        report = run(f"A text is sent|{others}", "--pause", to=SOMEBODY)
    deployment.set_switch("none")
    assert {line["end"] for line in report.values()} == {"skipped"}
    assert because in report["A text is sent"]["because"]


def test_without_a_person_nobody_is_texted(run: Accept, deployment: Deployment) -> None:
    """Only the steps that need a text are skipped; the deploy workflow runs it like this."""
    before = len(deployment.texts())
    report = run(person=False)
    assert {line["end"] for line in report.values()} == {"right", "skipped"}
    assert report["A text is sent"]["end"] == "skipped"
    assert len(deployment.texts()) == before


def test_request_that_the_firewall_blocks_is_skipped() -> None:
    """The emulator has no firewall, so the answer is the template's."""
    refusal = dict(gateway_responses.problems())["WAF_FILTERED"].answer("request-id")
    with pytest.raises(Skipped):
        pass_firewall(HttpAnswer(refusal.status, Message(), refusal.body.encode(), None))
