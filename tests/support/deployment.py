"""The deployed service, as its callers and its operator see it."""

import json
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox import client
from sandbox.client import HttpAnswer
from sandbox.state import State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_logs.client import CloudWatchLogsClient

NUMBER = "+12065550100"

_MOST_EVENTS = 10_000


def request(**fields: Any) -> dict[str, Any]:
    """Make a valid request with a new ReferenceId, with these fields on top."""
    return {"ReferenceId": str(uuid.uuid4()), "DestinationIdentity": NUMBER, **fields}


@dataclass(frozen=True)
class Invoked:
    """What `lambda:Invoke` returned."""

    function_error: str | None
    payload: Any


class Deployment:
    """The sandbox of this session."""

    def __init__(self, state: State) -> None:
        self.state = state
        # A retry would hide what the first answer was.
        config = Config(retries={"total_max_attempts": 1})
        options = client.aws_options(state)
        self._lambda: LambdaClient = boto3.client("lambda", config=config, **options)
        self._dynamodb: DynamoDBClient = boto3.client("dynamodb", **options)
        self._logs: CloudWatchLogsClient = boto3.client("logs", config=config, **options)

    def post(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, signed: bool = True
    ) -> HttpAnswer:
        """`POST /otp`."""
        return client.post(self.state, "/otp", body, headers, signed=signed)

    def send(self, asked: Mapping[str, Any]) -> HttpAnswer:
        """`POST /otp` with a JSON object, signed."""
        return client.send(self.state, asked)

    def verify(self, asked: Mapping[str, Any]) -> HttpAnswer:
        """`POST /otp/verify` with a JSON object, signed."""
        return client.post(self.state, "/otp/verify", json.dumps(asked).encode())

    def invoke(self, payload: Any, function: str | None = None) -> Invoked:
        """Invoke a function's alias directly; that of the send function unless named."""
        answer = self._lambda.invoke(
            FunctionName=function or self.state.sendFunction, Payload=json.dumps(payload).encode()
        )
        return Invoked(answer.get("FunctionError"), json.loads(answer["Payload"].read()))

    def set_switch(self, value: str) -> None:
        """Write the switch that pauses sending, as docs/runbook.md says."""
        self._dynamodb.put_item(
            TableName=self.state.table,
            Item={"id": {"S": "paused"}, "countries": {"S": value}},
        )

    def version(self) -> str:
        """Which version of the send function callers get."""
        function, _, alias = self.state.sendFunction.rpartition(":")
        return self._lambda.get_alias(FunctionName=function, Name=alias)["FunctionVersion"]

    def texts(self, reference_id: str | None = None) -> list[dict[str, str]]:
        """The texts that arrived, of one ReferenceId or of all."""
        return [
            text for text in client.inbox(self.state) if reference_id in (None, text["referenceId"])
        ]

    def log(self, since: float = 0) -> str:
        """Everything that the functions have logged since a time, in seconds since 1970."""
        functions = (self.state.sendFunction, self.state.verifyFunction)
        return "\n".join(self._log_of(function, since) for function in functions)

    def _log_of(self, function: str, since: float) -> str:
        configuration = self._lambda.get_function_configuration(FunctionName=function)
        group, start = configuration["LoggingConfig"]["LogGroup"], int(since * 1000)
        messages: list[str] = []
        while True:
            # MiniStack gives the first ones only, and no token for the rest.
            page = self._logs.filter_log_events(
                logGroupName=group, startTime=start, limit=_MOST_EVENTS
            )
            messages += [event["message"] for event in page["events"]]
            if len(page["events"]) < _MOST_EVENTS:
                return "\n".join(messages)
            start = page["events"][-1]["timestamp"]

    def leaks(self, reference_ids: Collection[str] = (), since: float = 0) -> list[str]:
        """Find what no log may hold: numbers and codes, of all texts so far or of some."""
        log = self.log(since)
        texts = [
            text
            for text in self.texts()
            if not reference_ids or text["referenceId"] in reference_ids
        ]
        numbers = {text["to"] for text in texts}
        codes = {code_in(text) for text in texts}
        # Alone, not within an ID or a time.
        alone = set(re.findall(r"(?<![\w.-])[0-9]{5,8}(?![\w.-])", log))
        return [*(number for number in numbers if number[1:] in log), *(codes & alone)]


def code_in(text: Mapping[str, str]) -> str:
    """Find the code in a text."""
    match = re.search(r"\b[0-9]{5,8}\b", text["body"])
    assert match
    return match[0]
