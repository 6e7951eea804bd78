"""Requests made of docs/openapi.json, against the sandbox: `make fuzz`.

Not a part of `make test`: schemathesis makes over a thousand requests, which nobody thought of.
"""

import os
from collections.abc import Iterator

import pytest

from tests.support.openapi import PATH

from .generation import SEED_OPTION, SEED_VARIABLE, seed
from .tally import Tally

_TALLY = pytest.StashKey[Tally]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have another seed make other requests."""
    parser.addoption(SEED_OPTION, type=int, default=0, help="of the generated requests (0)")


def pytest_configure(config: pytest.Config) -> None:
    """Choose it before there are tests."""
    os.environ[SEED_VARIABLE] = str(config.getoption(SEED_OPTION))


def pytest_report_header() -> str:
    """Say what makes the same requests again."""
    return f"requests: made of {PATH.name}, {SEED_OPTION}={seed()}"


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Count what was asked and answered; when all is over, it must have been enough."""
    tally = Tally()
    request.config.stash[_TALLY] = tally
    yield tally
    assert tally.shortcomings() == []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the count."""
    terminalreporter.section(f"{SEED_OPTION}={seed()}")
    for line in config.stash.get(_TALLY, Tally()).table():
        terminalreporter.write_line(line)
