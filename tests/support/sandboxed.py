"""One sandbox for the whole session: the real stack, deployed by the real CDK.

A plugin, so that all folders of tests share the one: tests/conftest.py names it.
"""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from sandbox.state import ROOT, State
from tests.support import ahead
from tests.support.deployment import Deployment


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


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin with what takes long, in the background."""
    if not session.config.option.collectonly:
        fixtures = {name for item in session.items for name in getattr(item, "fixturenames", ())}
        for fixture in ahead.SANDBOXES:
            if fixture in fixtures:
                ahead.begin(fixture)


def pytest_sessionfinish() -> None:
    """Leave nothing running, however early the tests ended."""
    ahead.end_all()
