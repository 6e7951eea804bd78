"""A sandbox of its own for the whole session, in which IAM is enforced."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox.state import ROOT, State

from .account import Account

_FOLDER = ".sandbox-test-auth"


def _sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env=os.environ | {"SANDBOX_FOLDER": _FOLDER},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """Deploy once, for all tests; leave nothing running."""
    _sandbox("--stop")  # what a killed test run left
    started = _sandbox("--detach", "--auth")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield Account(State.read(ROOT / _FOLDER))
    finally:
        _sandbox("--stop")
