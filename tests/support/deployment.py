"""Calls the deployed service as callers and operators do."""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox import client
from sandbox.client import HttpAnswer
from sandbox.state import State

from .texts import leaked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_logs.client import CloudWatchLogsClient

NUMBER = "+12065550100"

_MOST_EVENTS = 10_000


def request(**fields: Any) -> dict[str, Any]:
    """Make a valid request with a new ReferenceId, with these fields added or replaced."""
    return {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER, **fields}


@dataclass(frozen=True)
class Invoked:
    """The answer of `lambda:Invoke`."""

    function_error: str | None
    payload: Any


class Deployment:
    """The sandbox of this session."""

    def __init__(self, state: State) -> None:
        self.state = state
        # A retry would hide the first answer.
        config = Config(retries={"total_max_attempts": 1})
        options = client.aws_options(state)
        self._lambda: LambdaClient = boto3.client("lambda", config=config, **options)
        self._dynamodb: DynamoDBClient = boto3.client("dynamodb", **options)
        self._logs: CloudWatchLogsClient = boto3.client("logs", config=config, **options)

    def send(self, asked: Mapping[str, Any]) -> HttpAnswer:
        """`POST /otp` with a JSON object, signed."""
        return client.send(self.state, asked)

    def verify(self, asked: Mapping[str, Any]) -> HttpAnswer:
        """`POST /otp/verify` with a JSON object, signed."""
        return client.post(self.state, "/otp/verify", json.dumps(asked).encode())

    def invoke(self, payload: Any, function: str | None = None) -> Invoked:
        """Invoke a function's alias directly; the send function's by default."""
        answer = self._lambda.invoke(
            FunctionName=function or self.state.sendFunction, Payload=json.dumps(payload).encode()
        )
        return Invoked(answer.get("FunctionError"), json.loads(answer["Payload"].read()))

    def set_switch(self, value: str) -> None:
        """Set the switch that pauses sending, as docs/runbook.md does."""
        self._dynamodb.put_item(
            TableName=self.state.table, Item={"id": {"S": "paused"}, "countries": {"S": value}}
        )

    def open_ranges(self, names: str) -> None:
        """Set the switch of the guard, as docs/runbook.md does."""
        self._dynamodb.put_item(
            TableName=self.state.table, Item={"id": {"S": "guard"}, "open": {"S": names}}
        )

    def version(self) -> str:
        """The version of the send function that callers get."""
        function, _, alias = self.state.sendFunction.rpartition(":")
        return self._lambda.get_alias(FunctionName=function, Name=alias)["FunctionVersion"]

    def texts(self, reference_id: str | None = None) -> list[dict[str, str]]:
        """The texts of one ReferenceId, or all texts."""
        return [
            text for text in client.inbox(self.state) if reference_id in (None, text["referenceId"])
        ]

    def log(self, since: float = 0) -> str:
        """The functions' log since a time in seconds since 1970."""
        functions = (self.state.sendFunction, self.state.verifyFunction)
        return "\n".join(self._log_of(function, since) for function in functions)

    def _log_of(self, function: str, since: float) -> str:
        configuration = self._lambda.get_function_configuration(FunctionName=function)
        group, start = configuration["LoggingConfig"]["LogGroup"], int(since * 1000)
        messages: list[str] = []
        while True:
            # MiniStack returns one page and no token for the next.
            page = self._logs.filter_log_events(
                logGroupName=group, startTime=start, limit=_MOST_EVENTS
            )
            messages += [event["message"] for event in page["events"]]
            if len(page["events"]) < _MOST_EVENTS:
                return "\n".join(messages)
            start = page["events"][-1]["timestamp"]

    def leaks(self, reference_ids: Collection[str] = (), since: float = 0) -> list[str]:
        """List the numbers and codes of texts, all or some, that the log holds."""
        log, texts = self.log(since), self.texts()
        assert '"message": "answered"' in log or not texts
        return leaked(
            log, [one for one in texts if not reference_ids or one["referenceId"] in reference_ids]
        )
