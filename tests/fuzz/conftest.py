"""Requests made of docs/openapi.json, against the sandbox: `make fuzz`.

Not a part of `make test`: schemathesis makes over a thousand requests, which nobody thought of.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from .generation import SEED_OPTION, SEED_VARIABLE

LEAST_REQUESTS = 1000
#: Without these, the requests were all of one kind.
LEAST_KINDS = (
    *("sendOtp 200 sent", "sendOtp 200 replayed", "sendOtp 400", "sendOtp 422 ReferenceId"),
    *("verifyOtp 200", "verifyOtp 400"),
)
_TALLY = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Have another seed make other requests."""
    parser.addoption(SEED_OPTION, type=int, default=0, help="of the generated requests (0)")


def pytest_configure(config: pytest.Config) -> None:
    """Choose it before there are tests."""
    os.environ[SEED_VARIABLE] = str(config.getoption(SEED_OPTION))
    config.stash[_TALLY] = Counter()


@pytest.fixture(scope="session")
def tally(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Count answers by operation, status and code; when all is over, it must have been enough."""
    tally = request.config.stash[_TALLY]
    yield tally
    assert tally.total() >= LEAST_REQUESTS
    assert [kind for kind in LEAST_KINDS if not any(of.startswith(kind) for of in tally)] == []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the count, and what makes the same requests again."""
    terminalreporter.section(f"{SEED_OPTION}={config.getoption(SEED_OPTION)}")
    for kind, count in sorted(config.stash[_TALLY].items()):
        terminalreporter.write_line(f"{count:6}  {kind}")
