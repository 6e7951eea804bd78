"""Deployed functions that can be killed, and whose ways to DynamoDB and Pinpoint can be broken."""

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import boto3
import psutil

from lambda_src.otp.rules import balance
from lambda_src.otp.rules.ranges import range_of
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
    # Longer than the defaults: what is to be killed at a call must still wait for it.
    "OTP_CREDIT_READ_SECONDS": "2",
    "OTP_CREDITING_SECONDS": "3",
}
_PATIENT = {"OTP_PINPOINT_READ_SECONDS": "20"}


class Version(Enum):
    """The versions of a function that a lab has published."""

    USUAL = auto()
    PATIENT = auto()  # of send: does not give up before Lambda gives up on it
    WITHOUT_PINPOINT = auto()  # of send: nothing listens where it looks for Pinpoint
    ALL_VALID = auto()  # of verify: its Pinpoint says of every code that it is right


class _Function:
    """A function of the sandbox: its environment, its versions and its alias."""

    def __init__(self, lambda_: "LambdaClient", alias: str) -> None:
        self._lambda = lambda_
        self._name, _, self._alias = alias.rpartition(":")
        self._versions: dict[Version, str] = {}

    def publish(
        self, cleanup: contextlib.ExitStack, environments: Mapping[Version, Mapping[str, str]]
    ) -> None:
        """Publish a version for each of these changes of the environment, until the cleanup."""
        alias = self._lambda.get_alias(FunctionName=self._name, Name=self._alias)
        cleanup.callback(self._point_to, alias["FunctionVersion"])
        before = self._lambda.get_function_configuration(FunctionName=self._name)
        usual = dict(before["Environment"]["Variables"])
        cleanup.callback(self._configure, usual, before["Timeout"])
        for version, changes in environments.items():
            self._configure({**usual, **changes}, FUNCTION_SECONDS)
            published = self._lambda.publish_version(FunctionName=self._name)
            self._versions[version] = published["Version"]

    def use(self, version: Version) -> None:
        """Point the alias to a version, if the function has it."""
        if version in self._versions:
            self._point_to(self._versions[version])

    def _configure(self, environment: Mapping[str, str], timeout: int) -> None:
        self._lambda.update_function_configuration(
            FunctionName=self._name, Timeout=timeout, Environment={"Variables": environment}
        )

    def _point_to(self, version: str) -> None:
        self._lambda.update_alias(
            FunctionName=self._name, Name=self._alias, FunctionVersion=version
        )


class _AllValid(BaseHTTPRequestHandler):
    """Pinpoint's answer to a right code, to whatever is asked, and however often."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Serve a connection, until it ends or the function at its other end is killed."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = b'{"Valid": true}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - how a function opens its connection

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Lab:
    """The functions of a running sandbox, behind two proxies; use it as a context.

    Entering publishes versions of the functions with short time limits whose requests go through
    the proxies, and points the aliases there; leaving points them back.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        options = client.aws_options(state)
        self.table: DynamoDBClient = boto3.client("dynamodb", **options)
        lambda_: LambdaClient = boto3.client("lambda", **options)
        self._sending = _Function(lambda_, state.sendFunction)
        self._verifying = _Function(lambda_, state.verifyFunction)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as cleanup:
            self.dynamodb = Proxy(self.state.awsEndpoint, self.state)
            cleanup.callback(self.dynamodb.stop)
            self.pinpoint = Proxy(self.state.pinpointEndpoint, self.state)
            cleanup.callback(self.pinpoint.stop)
            all_valid = cleanup.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _AllValid))
            threading.Thread(target=all_valid.serve_forever, daemon=True).start()
            cleanup.callback(all_valid.shutdown)
            self._warm_up()
            usual = {
                **SHORT_LIMITS,
                "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.url,
                "AWS_ENDPOINT_URL_PINPOINT": self.pinpoint.url,
            }
            nowhere = {"AWS_ENDPOINT_URL_PINPOINT": f"http://127.0.0.1:{free_port()}"}
            valid = {"AWS_ENDPOINT_URL_PINPOINT": f"http://127.0.0.1:{all_valid.server_port}"}
            self._sending.publish(
                cleanup,
                {
                    Version.USUAL: usual,
                    Version.PATIENT: usual | _PATIENT,
                    Version.WITHOUT_PINPOINT: usual | nowhere,
                },
            )
            self._verifying.publish(
                cleanup, {Version.USUAL: usual, Version.ALL_VALID: usual | valid}
            )
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
        """Have the functions that have a version be it."""
        self._sending.use(version)
        self._verifying.use(version)

    def kill_workers(self) -> None:
        """Kill every process that runs a function, with SIGKILL."""
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

    def balance(self, number: str) -> int | None:
        """The balance of a number's range."""
        item = self.table.get_item(
            TableName=self.state.table, Key=_range_key(number), ConsistentRead=True
        ).get("Item")
        return int(item["balance"]["N"]) if item else None

    def forget_range(self, number: str) -> None:
        """Have the balance of a number's range begin anew."""
        self.table.delete_item(TableName=self.state.table, Key=_range_key(number))

    def counted(self) -> int:
        """How many messages are counted for the deployment, whenever that was."""
        return sum(
            int(item["messages"]["N"])
            for id_, item in self.items().items()
            if id_.startswith("limit#deploymentPerHour")
        )

    def items(self) -> dict[str, dict[str, Any]]:
        """The items of the table, by their keys; `key` has that of a ReferenceId's record."""
        pages = self.table.get_paginator("scan").paginate(TableName=self.state.table)
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

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


def claim_key(record: Mapping[str, Any]) -> str:
    """Give the key of the claim on the credit of a record; without an owner, of none."""
    return f"guard#claim#{record.get('owner', {}).get('S')}"


def _range_key(number: str) -> Any:
    return {"id": {"S": balance.key(range_of(number).digest)}}
