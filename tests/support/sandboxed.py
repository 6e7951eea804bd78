"""The sandbox of a test run: the real stack, deployed by the real CDK, once, with IAM enforced.

A plugin, so that all folders of tests share them: tests/conftest.py names it.
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
    """Run the sandbox's command line in the folder of the environment, or in another one."""
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
    """Run a sandbox, and leave nothing running."""
    sandbox("--stop", folder=folder, checkout=checkout)  # what a killed test run left
    try:
        started = sandbox("--detach", *options, folder=folder, checkout=checkout)
        assert started.returncode == 0, started.stdout + started.stderr
        yield State.read(checkout / folder)
    finally:
        sandbox("--stop", folder=folder, checkout=checkout)


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once, for all tests."""
    with running("--auth", folder=os.environ["SANDBOX_FOLDER"]) as state:
        deployment = Deployment(state)
        yield deployment
        assert deployment.leaks() == [], "a log or a metric holds what none may"
