"""Fixtures: an application in mock_aws, and one in a server."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from sandbox.pinpoint import install
from sandbox.pinpoint.server import OtpServer, create_server, serving

from .helpers import Application, pinpoint_client

APPLICATION_ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def application() -> Iterator[Application]:
    """Create an application in a new mock_aws."""
    install()
    with mock_aws():
        yield Application(pinpoint_client())


@pytest.fixture
def server() -> Iterator[OtpServer]:
    """Start a server with empty state."""
    # Entering and leaving mock_aws resets moto's backends, which the server shares.
    with mock_aws():
        pass
    with serving(create_server(application_ids=[APPLICATION_ID])) as server:
        yield server


@pytest.fixture
def served(server: OtpServer) -> Application:
    """The server's application, called through boto3."""
    return Application(pinpoint_client(endpoint_url=server.url), APPLICATION_ID)
