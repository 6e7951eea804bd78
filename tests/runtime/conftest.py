"""Fixtures: functions under AWS's runtime client, on a local emulated AWS."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

from infra.bundle.build import HOST, build
from sandbox.environment import OF_AWS, OF_SEND, OF_VERIFY
from sandbox.pinpoint.server import create_server, serving
from tests.support.service import create_table

from .function import Function, Runtime, install_client, running

# AWS's runtime client runs on Linux only.
collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]


@pytest.fixture(scope="package")
def aws() -> Iterator[Mapping[str, str]]:
    """Serve DynamoDB with the table and Pinpoint with the application; returns their addresses."""
    # Entering and leaving mock_aws resets moto's backends, which the servers share.
    with mock_aws():
        pass
    dynamodb = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    dynamodb.start()
    host, port = dynamodb.get_host_and_port()
    url = f"http://{host}:{port}"
    pinpoint = create_server(application_ids=[OF_VERIFY["OTP_APPLICATION_ID"]])
    with serving(pinpoint):
        create_table(boto3.client("dynamodb", endpoint_url=url))
        yield {"AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_PINPOINT": pinpoint.url}
    dynamodb.stop()


@pytest.fixture(scope="package")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Build the bundle for this Python and install AWS's runtime client."""
    client = tmp_path_factory.mktemp("client")
    install_client(client)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Runtime(build(python, HOST), client, tmp_path_factory.mktemp("functions"))


@pytest.fixture
def start(runtime: Runtime, aws: Mapping[str, str]) -> Iterator[Callable[..., Function]]:
    """Start functions that call the emulated AWS."""
    with ExitStack() as ends:

        def start(
            name: str, handler: str, layers: Sequence[Path] = (), **variables: str
        ) -> Function:
            of_stack = {"send": OF_SEND, "verify": OF_VERIFY}[name]
            environment = {**OF_AWS, **aws, **of_stack, **variables}
            return ends.enter_context(running(runtime, handler, environment, layers))

        yield start
