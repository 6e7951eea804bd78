"""The example that a caller begins with, in the sandbox."""

import re

import pytest

from clients.python.examples.try_sandbox import main
from sandbox.state import STATE_FILE
from tests.support.deployment import Deployment


def test_example_sends_verifies_and_fails(
    deployment: Deployment,  # noqa: ARG001 - it must be up
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It prints the text, the answer, and a problem."""
    main(STATE_FILE)

    text, verified, problem = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"This is your One Time Password: \d{6} from ExampleCorp", text)
    assert verified.startswith("Verification(valid=True, request_id=")
    assert problem.startswith("OptedOut: ")
