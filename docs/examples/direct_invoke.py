"""Verifies by `lambda:Invoke` with boto3 alone, and asks once."""

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient


class ProblemError(Exception):
    """The code could not be judged; the message is the `code` of the problem."""


def connect() -> "LambdaClient":
    """Make the client of Lambda."""
    return boto3.client(
        "lambda",
        config=Config(
            # By default boto3 repeats an invoke whose answer was lost. If the first one used a
            # right code up, the second answer is `false`.
            retries={"total_max_attempts": 1},
            # The function ends after 28 seconds, so no answer comes later than that.
            read_timeout=30,
        ),
    )


def verify(functions: "LambdaClient", arn: str, reference_id: str, phone: str, code: str) -> bool:
    """Say whether a code is right.

    Args:
        functions: what `connect` gave.
        arn: the output VerifyFunctionArn.
        reference_id: of the text.
        phone: the number, as it was sent to.
        code: the digits that the person has typed in.

    Raises:
        ProblemError: OutcomeUnknown is as below; all others have used no attempt.
        botocore.exceptions.HTTPClientError: there was no answer. An attempt may have been used, or
            the code itself: have the person try it again, and then ask for a new one.

    """
    asked = {"ReferenceId": reference_id, "DestinationIdentity": phone, "Otp": code}
    answer = functions.invoke(FunctionName=arn, Payload=json.dumps(asked))
    document = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise ProblemError(document["errorType"])
    return document["VerificationResponse"]["Valid"] is True
