"""A deployed function that can be killed, and whose ways to DynamoDB and Pinpoint can be broken."""

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Self

import boto3
import psutil

from sandbox import client
from sandbox.servers import free_port
from sandbox.state import FOLDER, State
from tests.support.proxy import Proxy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_lambda.client import LambdaClient

FUNCTION_SECONDS = 4
# As in production, only shorter: a fault that is "too slow" need not take eight seconds.
SHORT_LIMITS = {
    "OTP_FUNCTION_SECONDS": str(FUNCTION_SECONDS),
    "OTP_DYNAMODB_CONNECT_SECONDS": "0.5",
    "OTP_DYNAMODB_READ_SECONDS": "0.5",
    "OTP_COUNTING_SECONDS": "2.5",
    "OTP_GIVING_BACK_SECONDS": "1",
    "OTP_PINPOINT_CONNECT_SECONDS": "0.5",
    "OTP_PINPOINT_READ_SECONDS": "0.8",
    "OTP_PINPOINT_ALL_ATTEMPTS_SECONDS": "1.5",
}
_PATIENT = {"OTP_PINPOINT_READ_SECONDS": "20"}


class Version(Enum):
    """The versions of the function that a lab has published."""

    USUAL = auto()
    PATIENT = auto()  # does not give up before Lambda gives up on it
    WITHOUT_PINPOINT = auto()  # nobody listens where it looks for Pinpoint


class Lab:
    """The send function of a running sandbox, behind two proxies; use it as a context.

    Entering publishes versions of the function with short time limits whose requests go through
    the proxies, and points the alias there; leaving points it back.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        options = client.aws_options(state)
        self._lambda: LambdaClient = boto3.client("lambda", **options)
        self.table: DynamoDBClient = boto3.client("dynamodb", **options)
        self._function, _, self._alias = state.sendFunction.rpartition(":")

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as cleanup:
            self.dynamodb = Proxy(self.state.awsEndpoint, self.state)
            cleanup.callback(self.dynamodb.stop)
            self.pinpoint = Proxy(self.state.pinpointEndpoint, self.state)
            cleanup.callback(self.pinpoint.stop)
            self._warm_up()
            alias = self._lambda.get_alias(FunctionName=self._function, Name=self._alias)
            cleanup.callback(self._point_to, alias["FunctionVersion"])
            before = self._lambda.get_function_configuration(FunctionName=self._function)
            usual = dict(before["Environment"]["Variables"])
            cleanup.callback(self._configure, usual, before["Timeout"])
            environment = usual | SHORT_LIMITS
            environment["AWS_ENDPOINT_URL_DYNAMODB"] = self.dynamodb.url
            environment["AWS_ENDPOINT_URL_PINPOINT"] = self.pinpoint.url
            nowhere = {"AWS_ENDPOINT_URL_PINPOINT": f"http://127.0.0.1:{free_port()}"}
            self._versions = {
                Version.USUAL: self._publish(environment),
                Version.PATIENT: self._publish(environment | _PATIENT),
                Version.WITHOUT_PINPOINT: self._publish(environment | nowhere),
            }
            self.use(Version.USUAL)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._cleanup.close()

    def mend(self) -> None:
        """Inject no faults any more, and use the usual version."""
        self.use(Version.USUAL)
        self.dynamodb.break_by()
        self.pinpoint.break_by()

    def use(self, version: Version) -> None:
        """Have the alias point to a version."""
        self._point_to(self._versions[version])

    def kill_workers(self) -> None:
        """Kill every process that runs the function, with SIGKILL."""
        _, ministack = json.loads((FOLDER / "children.json").read_text())
        for worker in psutil.Process(ministack).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()

    def texts(self, reference_id: str) -> int:
        """How many texts have arrived for a ReferenceId."""
        return len(client.inbox(self.state, reference_id))

    def record(self, reference_id: str) -> dict[str, Any] | None:
        """The record of a ReferenceId, as DynamoDB holds it."""
        item: dict[str, Any] | None = self.table.get_item(
            TableName=self.state.table, Key={"id": {"S": key(reference_id)}}, ConsistentRead=True
        ).get("Item")
        return item

    def counted(self) -> int:
        """How many messages are counted for the deployment, whenever that was."""
        return sum(
            int(item["messages"]["N"])
            for item in self._items()
            if item["id"]["S"].startswith("limit#deploymentPerHour")
        )

    def recorded(self) -> set[str]:
        """All keys of records; `key` has that of a ReferenceId."""
        return {item["id"]["S"] for item in self._items()}

    def _items(self) -> list[dict[str, Any]]:
        pages = self.table.get_paginator("scan").paginate(TableName=self.state.table)
        return [item for page in pages for item in page["Items"]]

    def move_record(self, reference_id: str, attribute: str, value: int) -> None:
        """Set a time of a record, instead of waiting for it."""
        self.table.update_item(
            TableName=self.state.table,
            Key={"id": {"S": key(reference_id)}},
            UpdateExpression="SET #attribute = :value",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":value": {"N": str(value)}},
        )

    def _publish(self, environment: Mapping[str, str]) -> str:
        self._configure(environment, FUNCTION_SECONDS)
        return self._lambda.publish_version(FunctionName=self._function)["Version"]

    def _configure(self, environment: Mapping[str, str], timeout: int) -> None:
        self._lambda.update_function_configuration(
            FunctionName=self._function, Timeout=timeout, Environment={"Variables": environment}
        )

    def _point_to(self, version: str) -> None:
        self._lambda.update_alias(
            FunctionName=self._function, Name=self._alias, FunctionVersion=version
        )

    def _warm_up(self) -> None:
        """Have the proxies load what they load at the first request of a service."""
        options = client.aws_options(self.state)
        boto3.client("dynamodb", **options | {"endpoint_url": self.dynamodb.url}).list_tables()
        boto3.client("pinpoint", **options | {"endpoint_url": self.pinpoint.url}).get_app(
            ApplicationId=self.state.applicationId
        )


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; returns whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def key(reference_id: str) -> str:
    """Give the key of a ReferenceId's record."""
    return f"send#{hashlib.sha256(json.dumps(reference_id).encode()).hexdigest()}"
