"""One sandbox for the whole session: the real stack, deployed by the real CDK."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox.state import ROOT, State
from tests import ahead

from .deployment import Deployment


def sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the sandbox's command line in the tests' own folder."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once, for all tests; leave nothing running."""
    try:
        ahead.started("deployment")
        deployment = Deployment(State.read())
        yield deployment
        assert deployment.leaks() == [], "a log or a metric holds what none may"
    finally:
        ahead.ended("deployment")
