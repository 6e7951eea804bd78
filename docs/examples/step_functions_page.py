"""The page of the state machine: verifies the code and lets the execution continue."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from serverless_otp import InvalidRequest, OtpClient, Say, read_code, say_of_verify


class NotWaitingError(Exception):
    """The execution does not wait for a code yet, or no longer. No attempt was used."""


@dataclass(frozen=True)
class Page:
    """The page where a person enters the code of an execution.

    Attributes:
        client: calls the service.
        tokens: `boto3.resource("dynamodb").Table(…)` of the output TokensTableName.
        states: `boto3.client("stepfunctions")`.
        now: returns the time in seconds since 1970.

    """

    client: OtpClient
    tokens: Any
    states: Any
    now: Callable[[], float] = time.time

    def confirm(self, execution: str, phone: str, code: str) -> bool:
        """Return whether the code is right. If it is, the execution continues.

        Args:
            execution: the execution's name, which is the ReferenceId. Take it and the number from
                the person's session, never from the request.
            phone: the number that the execution was started with.
            code: the code as the person typed it.

        Raises:
            NotWaitingError: the execution does not wait for a code.
            OtpError: the code could not be verified.
            botocore.exceptions.ClientError: the table could not be read; or the code was right, but
                the execution could not be told. TaskTimedOut means that it has ended.

        """
        # Look the token up first. A right code is valid only once, so verify it only if the
        # execution still waits.
        found = self.tokens.get_item(Key={"ReferenceId": execution}, ConsistentRead=True)
        # DynamoDB may delete expired items days later.
        if "Item" not in found or found["Item"]["ExpiresAt"] <= self.now():
            raise NotWaitingError
        try:
            right = bool(self.client.verify(phone, execution, read_code(code)))
        except InvalidRequest as error:
            if say_of_verify(error) is Say.WRONG_CODE:
                return False  # the person did not type a code
            raise
        if not right:
            return False
        # boto3 retries this call if it fails.
        self.states.send_task_success(
            taskToken=found["Item"]["TaskToken"], output='{"valid": true}'
        )
        return True
