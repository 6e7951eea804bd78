"""The functions on emulated AWS, new for every test, and a clock that stands still."""

from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

from tests.support.aws_server import Aws, serving
from tests.support.clock import Clock, stopped
from tests.support.service import Journey, Service, Start, create_clients, deployed, started

# Not Phase.explain: to say which lines a failure is about, it watches all of them, all the time.
settings.register_profile("unit", phases=[Phase.explicit, Phase.generate, Phase.shrink])
settings.load_profile("unit")


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the clock that records, limits and connections go by."""
    return stopped(monkeypatch)


@pytest.fixture
def service() -> Iterator[Service]:
    """Call the function that sends; tables and texts are gone afterwards, and faults with them."""
    with deployed("send") as service:
        yield service


@pytest.fixture
def journey(service: Service) -> Iterator[Journey]:
    """Call both functions, on the same emulated AWS."""
    with started("verify") as verifying:
        yield Journey(sending=service, verifying=verifying)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Serve for the length of a test, to every client that is made meanwhile."""
    with serving() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        yield aws


@pytest.fixture
def start(aws: Aws) -> Start:  # noqa: ARG001 - no start may reach the real AWS
    """Start the function as Lambda does, with clients of its own."""
    return lambda environment: Service("send", create_clients("send"), environment)
