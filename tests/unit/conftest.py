"""The send function, imported once as on a cold start; emulated AWS, new for every test."""

import importlib
import io
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from sandbox.pinpoint import create_application, install

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

from .service import APPLICATION, ENVIRONMENT, TABLE, Service


@pytest.fixture(scope="session")
def send_module() -> ModuleType:
    """Import the entry point in the environment that the stack gives it."""
    install()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        return importlib.import_module("lambda_src.otp.send")


@pytest.fixture(scope="session")
def table_client() -> "DynamoDBClient":
    """Make one client for all tests: each would read the service's model anew."""
    return boto3.client("dynamodb")


@pytest.fixture
def service(send_module: ModuleType, table_client: "DynamoDBClient") -> Iterator[Service]:
    """Call the function; tables and texts are gone afterwards, and faults with them."""
    log = io.StringIO()
    send_module.logger.registered_handler.setStream(log)
    with mock_aws():
        table_client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        create_application(APPLICATION)
        service = Service(send_module, log, table_client)
        yield service
        service.mend()
