"""The send function, imported once as on a cold start; emulated AWS, new for every test."""

import importlib
import io
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import lambda_src.otp
from sandbox.pinpoint import install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

from tests.support.aws import create_client

from .server import Aws, serving
from .service import ENVIRONMENT, Journey, Service, deployed
from .starting import ENTRY_POINT, Start


@pytest.fixture(scope="session")
def send_module() -> ModuleType:
    """Import the entry point in the environment that the stack gives it."""
    install()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        return importlib.import_module("lambda_src.otp.send")


@pytest.fixture(scope="session")
def verify_module() -> ModuleType:
    """Import the other entry point, in the environment that the stack gives it."""
    install()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OTP_APPLICATION_ID", "OTP_DEPLOYMENT", "OTP_FUNCTION_SECONDS"):
            patch.setenv(name, ENVIRONMENT[name])
        return importlib.import_module("lambda_src.otp.verify")


@pytest.fixture(scope="session")
def table_client() -> "DynamoDBClient":
    """Make one client for all tests: each would read the service's model anew."""
    client: DynamoDBClient = create_client("dynamodb")
    return client


@pytest.fixture
def service(send_module: ModuleType, table_client: "DynamoDBClient") -> Iterator[Service]:
    """Call the function; tables and texts are gone afterwards, and faults with them."""
    with deployed(send_module, table_client) as service:
        yield service


@pytest.fixture
def journey(
    service: Service, verify_module: ModuleType, table_client: "DynamoDBClient"
) -> Iterator[Journey]:
    """Call both functions, on the same emulated AWS."""
    log = io.StringIO()
    verify_module.logger.registered_handler.setStream(log)
    verifying = Service(verify_module, log, table_client)
    yield Journey(sending=service, verifying=verifying)
    verifying.mend()
    verifying.assert_says_no_more_than_it_may()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Serve for the length of a test, to every client that is made meanwhile."""
    with serving() as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{aws.server_port}")
        yield aws


@pytest.fixture
def start(
    send_module: ModuleType,
    aws: Aws,  # noqa: ARG001 - no start may reach the real AWS
    monkeypatch: pytest.MonkeyPatch,
) -> Start:
    """Import the entry point anew; the one that all tests share is in its place afterwards."""
    monkeypatch.setitem(sys.modules, ENTRY_POINT, send_module)
    monkeypatch.setattr(lambda_src.otp, "send", send_module)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def start(initialization_type: str | None) -> ModuleType:
        if initialization_type:
            monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization_type)
        del sys.modules[ENTRY_POINT]
        return importlib.import_module(ENTRY_POINT)

    return start
