"""The sandboxes of a test run: the real stack, deployed by the real CDK, once for all tests.

A plugin, so that all folders of tests share them: tests/conftest.py names it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.state import ROOT, State
from tests.support.deployment import Deployment

_FOLDER = ".sandbox-test"

#: Of the sandbox in which IAM is enforced.
AUTH_FOLDER = ".sandbox-test-auth"

# Fixtures that start one. Two at once would look for the same ports, so one worker has all tests
# that ask for either.
_SANDBOXES = {"account", "deployment"}


def sandbox(*arguments: str, folder: str = _FOLDER) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command line in a folder of the tests' own."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_FOLDER": folder},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def running(*options: str, folder: str = _FOLDER) -> Iterator[State]:
    """Run a sandbox, and leave nothing running."""
    sandbox("--stop", folder=folder)  # what a killed test run left
    try:
        started = sandbox("--detach", *options, folder=folder)
        assert started.returncode == 0, started.stdout + started.stderr
        yield State.read(ROOT / folder)
    finally:
        sandbox("--stop", folder=folder)


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once, for all tests."""
    with running() as state:
        deployment = Deployment(state)
        yield deployment
        assert deployment.leaks() == [], "a log or a metric holds what none may"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests share what is made once a session, so that one worker has them all."""
    for item in items:
        asked = _SANDBOXES & {*getattr(item, "fixturenames", ())}
        folder = item.path.relative_to(ROOT).parts[1]
        item.add_marker(pytest.mark.xdist_group("sandboxes" if asked else folder))
