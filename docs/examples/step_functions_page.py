"""The page of the state machine: it verifies the code, and ends the waiting."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from serverless_otp import InvalidRequest, OtpClient, Say, read_code, say_of_verify


class NotWaitingError(Exception):
    """Nothing waits for this code: not yet, or no longer. No attempt was used."""


@dataclass(frozen=True)
class Page:
    """Where a person types in the code of an execution.

    Attributes:
        client: of the service.
        tokens: the table of the output TokensTableName, of `boto3.resource("dynamodb")`.
        states: `boto3.client("stepfunctions")`.
        now: tells the time, in seconds since 1970.

    """

    client: OtpClient
    tokens: Any
    states: Any
    now: Callable[[], float] = time.time

    def confirm(self, execution: str, phone: str, code: str) -> bool:
        """Say whether the code is right; if it is, the execution goes on.

        Args:
            execution: its name, which is the ReferenceId: from the person's session, as the number
                is, and never one that comes with the request.
            phone: the number that the execution was started with.
            code: what the person has typed in.

        Raises:
            NotWaitingError: nothing waits for the code.
            OtpError: the code could not be judged.
            botocore.exceptions.ClientError: the table could not be read; or the code was right, and
                the execution does not hear it. TaskTimedOut says that it ended meanwhile.

        """
        # Looked up first: a code is right only once, and nobody might be there to hear it.
        found = self.tokens.get_item(Key={"ReferenceId": execution}, ConsistentRead=True)
        # DynamoDB deletes what has expired when it gets to it, maybe days later.
        if "Item" not in found or found["Item"]["ExpiresAt"] <= self.now():
            raise NotWaitingError
        try:
            right = bool(self.client.verify(phone, execution, read_code(code)))
        except InvalidRequest as error:
            if say_of_verify(error) is Say.WRONG_CODE:
                return False  # what was typed in is no code
            raise
        if not right:
            return False
        # boto3 repeats it where it helps.
        self.states.send_task_success(
            taskToken=found["Item"]["TaskToken"], output='{"valid": true}'
        )
        return True
