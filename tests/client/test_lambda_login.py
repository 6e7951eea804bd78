"""The example of a login function, as it is deployed: its folder alone, against the service."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest

from docs.examples.another_team import build_login
from sandbox.client import aws_options
from tests.support.deployment import Deployment, code_in

from .conftest import ARN
from .scripted import NUMBER

PROGRAM = """
import json, sys
sys.path.insert(0, sys.argv[1])
import lambda_login, serverless_otp
assert serverless_otp.__file__.startswith(sys.argv[1])
for line in sys.stdin:
    print(json.dumps(lambda_login.handler(json.loads(line), None)), flush=True)
"""


class Function:
    """The function, in a process that has nothing but its folder and the SDK."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", PROGRAM, str(build_login())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], **environment},
        )

    @classmethod
    def of(cls, deployment: Deployment) -> Self:
        """Start one that calls the sandbox."""
        state = deployment.state
        options = aws_options(state)
        return cls(
            {
                "SEND_FUNCTION_ARN": state.sendFunction,
                "VERIFY_FUNCTION_ARN": state.verifyFunction,
                "AWS_ENDPOINT_URL": options["endpoint_url"],
                "AWS_ACCESS_KEY_ID": options["aws_access_key_id"],
                "AWS_SECRET_ACCESS_KEY": options["aws_secret_access_key"],
                "AWS_REGION": options["region_name"],
            }
        )

    def handle(self, event: dict[str, Any]) -> Any:
        """Handle an event, as Lambda has it do."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def about(phone: str) -> dict[str, Any]:
    """Make the event that asks for a text, with a ReferenceId that its caller keeps."""
    return {"phone": phone, "referenceId": str(uuid.uuid4())}


def test_function_sends_and_verifies(deployment: Deployment) -> None:
    """The caller's ReferenceId, in every event: one that is handled again, by another process."""
    event = about(NUMBER)
    with Function.of(deployment) as function:
        assert function.handle(event) == {"sent": True}
    with Function.of(deployment) as function:
        assert function.handle(event) == {"sent": True}
        [text] = deployment.texts(event["referenceId"])

        assert function.handle({**event, "code": "00000"}) == {"valid": False}
        assert function.handle({**event, "code": code_in(text)}) == {"valid": True}


def test_function_tells_problems(deployment: Deployment) -> None:
    """By their codes; what nobody knows may have been texted.

    Without a ReferenceId nobody is texted: one that it made itself would be another one when the
    event is repeated.
    """
    opted_out, lost = about("+12065550101"), about("+12065550109")
    before = len(deployment.texts())
    with Function.of(deployment) as function:
        assert function.handle(opted_out) == {"problem": "OptedOut", "retryAfter": None}
        for event in ({}, {"phone": NUMBER}, {"phone": NUMBER, "referenceId": None}):
            assert function.handle(event) == {"problem": "InvalidRequest"}
        assert len(deployment.texts()) == before
        assert function.handle(lost) == {"problem": "OutcomeUnknown"}

    assert len(deployment.texts(lost["referenceId"])) == 1


@pytest.mark.parametrize("more", [{}, {"code": "123456"}], ids=["send", "verify"])
def test_function_tells_that_nothing_was_sent(more: dict[str, str], tmp_path: Path) -> None:
    """Which is no problem of the service's, but the caller's to know. Here, nobody signs."""
    environment = {
        **{f"{name}_FUNCTION_ARN": ARN.format("x") for name in ("SEND", "VERIFY")},
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/login",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "absent"),
    }
    with Function(environment) as function:
        assert function.handle({**about(NUMBER), **more}) == {"problem": "NotSent"}
