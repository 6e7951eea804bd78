"""Fixtures: an application in a mock_aws of its own, and one in a server."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from sandbox.pinpoint import install
from sandbox.pinpoint.server import OtpServer, create_server, serving

from .helpers import Application, pinpoint_client

APPLICATION_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def application() -> Iterator[Application]:
    """Give an application in a fresh mock_aws."""
    install()
    with mock_aws():
        yield Application(pinpoint_client())


@pytest.fixture
def server() -> Iterator[OtpServer]:
    """Serve from an empty state."""
    # Entering and leaving mock_aws resets moto's backends, which the server shares.
    with mock_aws():
        pass
    with serving(create_server(application_ids=[APPLICATION_ID])) as it:
        yield it


@pytest.fixture
def served(server: OtpServer) -> Application:
    """Give the server's application."""
    return Application(pinpoint_client(endpoint_url=server.url), APPLICATION_ID)
