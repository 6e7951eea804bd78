"""Deployed functions that can be killed, behind proxies to DynamoDB and Pinpoint."""

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
# Shorter than in production, so that a slow answer need not take eight seconds.
SHORT_LIMITS = {
    "OTP_FUNCTION_SECONDS": str(FUNCTION_SECONDS),
    "OTP_DYNAMODB_CONNECT_SECONDS": "0.5",
    "OTP_DYNAMODB_READ_SECONDS": "0.5",
    "OTP_COUNTING_SECONDS": "2.5",
    "OTP_GIVING_BACK_SECONDS": "1",
    "OTP_PINPOINT_CONNECT_SECONDS": "0.5",
    "OTP_PINPOINT_READ_SECONDS": "0.8",
    "OTP_PINPOINT_ALL_ATTEMPTS_SECONDS": "1.5",
    # Longer than the defaults: a function must wait at the call at which it is killed.
    "OTP_CREDIT_READ_SECONDS": "2",
    "OTP_CREDITING_SECONDS": "3",
}
_PATIENT = {"OTP_PINPOINT_READ_SECONDS": "20"}


class Version(Enum):
    """The published versions of a function."""

    USUAL = auto()
    PATIENT = auto()  # of send: waits longer than Lambda's timeout
    WITHOUT_PINPOINT = auto()  # of send: nothing listens at its address of Pinpoint
    ALL_VALID = auto()  # of verify: its Pinpoint accepts every code


class _Function:
    """A function of the sandbox: its environment, versions and alias."""

    def __init__(self, lambda_: "LambdaClient", alias: str) -> None:
        self._lambda = lambda_
        self._name, _, self._alias = alias.rpartition(":")
        self._versions: dict[Version, str] = {}

    def publish(
        self, cleanup: contextlib.ExitStack, environments: Mapping[Version, Mapping[str, str]]
    ) -> None:
        """Publish a version for each of these environments; the cleanup restores the old one."""
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
    """A Pinpoint that accepts every code, every time."""

    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Serve a connection until it ends, or until the calling function is killed."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        """Answer that the code is valid."""
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = b'{"Valid": true}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - a function opens its connection with it

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Lab:
    """The functions of a running sandbox, behind two proxies; a context manager.

    Entering publishes versions with short time limits whose requests go through the proxies, and
    points the aliases to them; leaving points the aliases back.
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
        """Remove all faults, and use the usual versions."""
        self.use(Version.USUAL)
        self.dynamodb.break_by()
        self.pinpoint.break_by()

    def use(self, version: Version) -> None:
        """Use this version of each function that has it."""
        self._sending.use(version)
        self._verifying.use(version)

    def kill_workers(self) -> None:
        """Kill every process that runs a function, with SIGKILL."""
        _, ministack = json.loads((FOLDER / "children.json").read_text())
        for worker in psutil.Process(ministack).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                worker.kill()

    def texts(self, reference_id: str) -> int:
        """Count the texts of a ReferenceId."""
        return len(client.inbox(self.state, reference_id))

    def record(self, reference_id: str) -> dict[str, Any] | None:
        """Return the record of a ReferenceId, as DynamoDB holds it."""
        item: dict[str, Any] | None = self.table.get_item(
            TableName=self.state.table, Key={"id": {"S": key(reference_id)}}, ConsistentRead=True
        ).get("Item")
        return item

    def balance(self, number: str) -> int | None:
        """Return the balance of a number's range."""
        item = self.table.get_item(
            TableName=self.state.table, Key=_range_key(number), ConsistentRead=True
        ).get("Item")
        return int(item["balance"]["N"]) if item else None

    def forget_range(self, number: str) -> None:
        """Delete the balance of a number's range."""
        self.table.delete_item(TableName=self.state.table, Key=_range_key(number))

    def counted(self) -> int:
        """Return the deployment's count of texts, over all hours."""
        return sum(
            int(item["messages"]["N"])
            for id_, item in self.items().items()
            if id_.startswith("limit#deploymentPerHour")
        )

    def items(self) -> dict[str, dict[str, Any]]:
        """Return the items of the table by their keys."""
        pages = self.table.get_paginator("scan").paginate(TableName=self.state.table)
        return {item["id"]["S"]: item for page in pages for item in page["Items"]}

    def move_record(self, reference_id: str, attribute: str, value: int) -> None:
        """Set a time in a record instead of waiting for it."""
        self.table.update_item(
            TableName=self.state.table,
            Key={"id": {"S": key(reference_id)}},
            UpdateExpression="SET #attribute = :value",
            ConditionExpression="attribute_exists(id)",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":value": {"N": str(value)}},
        )

    def _warm_up(self) -> None:
        """Make one request of each service, for which a proxy loads its data."""
        options = client.aws_options(self.state)
        boto3.client("dynamodb", **options | {"endpoint_url": self.dynamodb.url}).list_tables()
        boto3.client("pinpoint", **options | {"endpoint_url": self.pinpoint.url}).get_app(
            ApplicationId=self.state.applicationId
        )


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; return whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def key(reference_id: str) -> str:
    """Return the key of a ReferenceId's record."""
    return f"send#{hashlib.sha256(json.dumps(reference_id).encode()).hexdigest()}"


def claim_key(record: Mapping[str, Any]) -> str:
    """Return the key of the claim on a record's credit."""
    return f"guard#claim#{record.get('owner', {}).get('S')}"


def _range_key(number: str) -> Any:
    return {"id": {"S": balance.key(range_of(number).digest)}}
