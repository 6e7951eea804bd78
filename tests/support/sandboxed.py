"""The sandbox of a test run: the real stack, deployed once by the real CDK, with IAM enforced.

tests/conftest.py loads this plugin, so all folders share one sandbox.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.state import ROOT, State
from tests.support.deployment import Deployment


def sandbox(
    *arguments: str, folder: str | None = None, checkout: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command line, in SANDBOX_FOLDER unless `folder` is given."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=checkout,
        env={**os.environ, **({"SANDBOX_FOLDER": folder} if folder else {})},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running(*options: str, folder: str, checkout: Path = ROOT) -> Iterator[State]:
    """Run a sandbox for the length of a `with` block."""
    sandbox("--stop", folder=folder, checkout=checkout)  # a killed test run leaves one running
    try:
        started = sandbox("--detach", *options, folder=folder, checkout=checkout)
        assert started.returncode == 0, started.stdout + started.stderr
        yield State.read(checkout / folder)
    finally:
        sandbox("--stop", folder=folder, checkout=checkout)


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once for all tests; at the end, no log or metric may hold a number or a code."""
    with running("--auth", folder=os.environ["SANDBOX_FOLDER"]) as state:
        deployment = Deployment(state)
        yield deployment
        assert deployment.leaks() == [], "a log or a metric holds what none may"
