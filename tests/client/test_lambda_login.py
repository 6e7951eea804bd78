"""The example of a login function, as it is deployed: its folder alone, against the service."""

import importlib
import json
import os
import subprocess
import sys
import uuid
from typing import Any, NoReturn, Self

import pytest
from serverless_otp import NotSent

from docs.examples.another_team import build_login
from sandbox.client import aws_options
from tests.support.deployment import Deployment, code_in

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

    def __init__(self, deployment: Deployment) -> None:
        state = deployment.state
        options = aws_options(state)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", PROGRAM, str(build_login())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                "PATH": os.environ["PATH"],
                "SEND_FUNCTION_ARN": state.sendFunction,
                "VERIFY_FUNCTION_ARN": state.verifyFunction,
                "AWS_ENDPOINT_URL": options["endpoint_url"],
                "AWS_ACCESS_KEY_ID": options["aws_access_key_id"],
                "AWS_SECRET_ACCESS_KEY": options["aws_secret_access_key"],
                "AWS_REGION": options["region_name"],
            },
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
    """The caller's ReferenceId, in both events."""
    event = about(NUMBER)
    with Function(deployment) as function:
        assert function.handle(event) == {"sent": True}
        [text] = deployment.texts(event["referenceId"])

        assert function.handle({**event, "code": "00000"}) == {"valid": False}
        assert function.handle({**event, "code": code_in(text)}) == {"valid": True}


def test_an_event_that_is_handled_twice_texts_once(deployment: Deployment) -> None:
    """In another process, as after one that died."""
    event = about(NUMBER)
    for _ in range(2):
        with Function(deployment) as function:
            assert function.handle(event) == {"sent": True}

    assert len(deployment.texts(event["referenceId"])) == 1


def test_function_texts_nobody_without_a_reference_id(deployment: Deployment) -> None:
    """One that it made itself would be another one when the event is repeated."""
    before = len(deployment.texts())
    with Function(deployment) as function:
        assert function.handle({"phone": NUMBER}) == {"problem": "InvalidRequest"}
        assert function.handle({"phone": NUMBER, "referenceId": None}) == {
            "problem": "InvalidRequest"
        }

    assert len(deployment.texts()) == before


def test_function_tells_problems(deployment: Deployment) -> None:
    """By their codes; what nobody knows may have been texted."""
    lost = about("+12065550109")
    with Function(deployment) as function:
        assert function.handle(about("+12065550101")) == {
            "problem": "OptedOut",
            "retryAfter": None,
        }
        assert function.handle(lost) == {"problem": "OutcomeUnknown"}
        assert function.handle({}) == {"problem": "InvalidRequest"}

    assert len(deployment.texts(lost["referenceId"])) == 1


class Unconnected:
    """A client that finds no connection."""

    def send(self, *_: object, **__: object) -> NoReturn:
        """Send nothing."""
        raise NotSent

    verify = send


@pytest.mark.parametrize("more", [{}, {"code": "123456"}], ids=["send", "verify"])
def test_function_tells_that_nothing_was_sent(
    more: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is no problem of the service's, but the caller's to know."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:otp:live"
    for name, value in {
        "SEND_FUNCTION_ARN": arn,
        "VERIFY_FUNCTION_ARN": arn,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }.items():
        monkeypatch.setenv(name, value)
    function = importlib.import_module("clients.python.examples.lambda_login")
    monkeypatch.setattr(function, "_client", Unconnected())

    assert function.handler({**about(NUMBER), **more}, None) == {"problem": "NotSent"}
