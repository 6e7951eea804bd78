"""The Lambda login example: its deployment folder alone, against the deployed service."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from docs.examples.another_team import build_login
from sandbox.commands import variables
from tests.support.deployment import Deployment
from tests.support.texts import code_in

from .conftest import ARN
from .scripted import NUMBER

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import lambda_login, serverless_otp
assert serverless_otp.__file__.startswith(sys.argv[1])
for line in sys.stdin:
    print(json.dumps(lambda_login.handler(json.loads(line), None)))
"""

SENT = {"say": "SENT_IF_POSSIBLE"}


def handled(environment: dict[str, str], *events: dict[str, Any]) -> list[Any]:
    """Handle events in a process that has only the function's folder and the AWS SDK."""
    ran = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(build_login())],
        input="\n".join(map(json.dumps, events)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], **environment},
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture
def environment(deployment: Deployment) -> dict[str, str]:
    """Return the variables that name the sandbox and its functions."""
    given = variables(deployment.state)
    functions = {f"{name}_ARN": given[name] for name in ("SEND_FUNCTION", "VERIFY_FUNCTION")}
    return given | functions


def about(phone: str) -> dict[str, Any]:
    """Make the event that requests a text."""
    return {"phone": phone, "referenceId": str(uuid.uuid4())}


def test_function_sends_and_verifies(deployment: Deployment, environment: dict[str, str]) -> None:
    """A repeated event, handled by another process, texts once: it has the caller's ReferenceId."""
    event = about(NUMBER)
    wrong = {**event, "code": "00000"}
    assert handled(environment, event) == [SENT]
    assert handled(environment, event, wrong) == [SENT, {"valid": False, "say": "WRONG_CODE"}]
    [text] = deployment.texts(event["referenceId"])

    typed = "-".join(code_in(text))
    right = {**event, "code": typed}
    assert handled(environment, right) == [{"valid": True, "say": "WELCOME"}]


def test_answer_does_not_tell_whether_the_text_was_sent(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    """An event without a ReferenceId texts nobody: a generated one would differ in a retry."""
    lost, before = about("+12065550109"), len(deployment.texts())
    invalid: list[dict[str, Any]] = [{}, {"phone": NUMBER}, {"phone": NUMBER, "referenceId": None}]

    said = handled(environment, about("+12065550101"), lost, *invalid)

    assert said == [SENT, SENT, *[{"say": "OURS"}] * 3]
    assert len(deployment.texts(lost["referenceId"])) == len(deployment.texts()) - before == 1


def test_request_that_was_not_sent_is_logged(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The service cannot log it. Here there are no credentials to sign with."""
    environment = {
        **{f"{name}_FUNCTION_ARN": ARN.format("x") for name in ("SEND", "VERIFY")},
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/login",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "absent"),
    }
    event = about(NUMBER)

    said = handled(environment, event, {**event, "code": "1"})

    assert said == [{"say": "LATER"}, {"valid": False, "say": "SAME_CODE"}]
    logged = [line for line in capfd.readouterr().err.splitlines() if line.startswith("code=")]
    assert len(logged) == 2
    assert all(line.startswith("code=NotSent request_id=None reference_id=") for line in logged)
    assert NUMBER[1:] not in "".join(logged)
