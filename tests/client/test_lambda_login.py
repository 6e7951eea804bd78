"""The example of a login function, as it is deployed: its folder alone, against the service."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from docs.examples.another_team import build_login
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
    """Have events handled in a process that has nothing but the function's folder and the SDK."""
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
    """Name the functions of the sandbox."""
    state = deployment.state
    return {
        "SEND_FUNCTION_ARN": state.sendFunction,
        "VERIFY_FUNCTION_ARN": state.verifyFunction,
        "AWS_ENDPOINT_URL": state.awsEndpoint,
        "AWS_ACCESS_KEY_ID": state.accessKeyId,
        "AWS_SECRET_ACCESS_KEY": state.secretAccessKey,
        "AWS_REGION": state.region,
    }


def about(phone: str) -> dict[str, Any]:
    """Make the event that asks for a text, with a ReferenceId that its caller keeps."""
    return {"phone": phone, "referenceId": str(uuid.uuid4())}


def test_function_sends_and_verifies(deployment: Deployment, environment: dict[str, str]) -> None:
    """The caller's ReferenceId, in every event: one that is handled again, by another process."""
    event = about(NUMBER)
    wrong = {**event, "code": "00000"}
    assert handled(environment, event) == [SENT]
    assert handled(environment, event, wrong) == [SENT, {"valid": False, "say": "WRONG_CODE"}]
    [text] = deployment.texts(event["referenceId"])

    typed = "-".join(code_in(text))
    right = {**event, "code": typed}
    assert handled(environment, right) == [{"valid": True, "say": "WELCOME"}]


def test_function_says_the_same_whatever_became_of_the_text(
    deployment: Deployment, environment: dict[str, str]
) -> None:
    """A number that gets no texts, and a text of which nobody knows.

    Without a ReferenceId nobody is texted: one that it made itself would be another one when the
    event is repeated.
    """
    lost, before = about("+12065550109"), len(deployment.texts())
    invalid: list[dict[str, Any]] = [{}, {"phone": NUMBER}, {"phone": NUMBER, "referenceId": None}]

    said = handled(environment, about("+12065550101"), lost, *invalid)

    assert said == [SENT, SENT, *[{"say": "OURS"}] * 3]
    assert len(deployment.texts(lost["referenceId"])) == len(deployment.texts()) - before == 1


def test_function_tells_that_nothing_was_sent(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is logged, since the service knows nothing of it. Here, nobody signs."""
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
