"""Verifies by `lambda:Invoke` with boto3 alone, in a single attempt."""

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class ProblemError(Exception):
    """The code was not verified. The message is the problem's `code`."""


def connect() -> "LambdaClient":
    """Make a Lambda client that makes one attempt."""
    return boto3.client(
        "lambda",
        config=Config(
            # By default boto3 repeats an invoke whose answer was lost. If the first attempt used
            # up a right code, the second answer is `false`.
            retries={"total_max_attempts": 1},
            # The function's timeout is 28 seconds: no answer arrives later.
            read_timeout=30,
        ),
    )


def verify(functions: "LambdaClient", arn: str, reference_id: str, phone: str, code: str) -> bool:
    """Return whether a code is right.

    Args:
        functions: the client that `connect` made.
        arn: the output VerifyFunctionArn.
        reference_id: the ReferenceId of the text.
        phone: the number that the text was sent to.
        code: the digits that the person typed.

    Raises:
        ProblemError: no attempt was used, except after OutcomeUnknown: treat it as no answer.
        botocore.exceptions.HTTPClientError: there was no answer. An attempt may have been used, or
            the code itself. Ask the person to enter the code again; if that is `false`, to request
            a new one.

    """
    asked = {"ReferenceId": reference_id, "DestinationIdentity": phone, "Otp": code}
    answer = functions.invoke(FunctionName=arn, Payload=json.dumps(asked))
    document = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise ProblemError(document["errorType"])
    return document["VerificationResponse"]["Valid"] is True
