"""Fixtures: new functions on a new emulated AWS for every test, and a stopped clock."""

from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

from tests.support.aws_server import Aws, serving
from tests.support.clock import Clock, stopped
from tests.support.service import Journey, Service, Start, create_clients, deployed, started

# Not Phase.explain: it traces every line, which is slow.
settings.register_profile("unit", phases=[Phase.explicit, Phase.generate, Phase.shrink])
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop the clock that records, limits and connections read."""
    return stopped(monkeypatch)


@pytest.fixture
def service() -> Iterator[Service]:
    """Start the send function; its table, texts and injected faults are gone after the test."""
    with deployed("send") as service:
        yield service


@pytest.fixture
def journey(service: Service) -> Iterator[Journey]:
    """Start both functions on the same emulated AWS."""
    with started("verify") as verifying:
        yield Journey(sending=service, verifying=verifying)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Serve AWS over HTTP during a test, to every client that the test creates."""
    with serving() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


@pytest.fixture
def start(aws: Aws) -> Start:  # noqa: ARG001 - no start may reach the real AWS
    """Start the send function as Lambda does, with new clients."""
    return lambda environment: Service("send", create_clients("send"), environment)
