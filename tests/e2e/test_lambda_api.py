"""Lambda's own API in the sandbox: what it refuses before a function is asked."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import client
from tests.support.deployment import Deployment

BAD = [
    *(b"hello", b'{"ReferenceId": "\xff"}', "{}".encode("utf-16"), b"{} {}"),
    *(b'{"CodeLength": NaN}', b"  ", b"[" * 20_000),
]


def test_a_payload_that_is_not_json_is_refused(deployment: Deployment) -> None:
    """400 InvalidRequestContentException, for an event too; an empty one is an empty object."""
    lambda_: Any = boto3.client("lambda", **client.aws_options(deployment.state))

    def invoke(payload: bytes, how: str) -> Any:
        function = deployment.state.sendFunction
        return lambda_.invoke(FunctionName=function, InvocationType=how, Payload=payload)

    for payload in BAD:
        for how in ("RequestResponse", "Event"):
            with pytest.raises(ClientError) as refusal:
                invoke(payload, how)
            assert refusal.value.response["Error"]["Code"] == "InvalidRequestContentException"
            assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    taken = invoke(b"", "RequestResponse")
    assert json.loads(taken["Payload"].read())["errorType"] == "InvalidRequest"
