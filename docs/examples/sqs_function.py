"""The Lambda function of the queue: texts a code for each message.

A message is `{"phone": "+12065550100"}`. Its ReferenceId is its messageId: SendMessage returns it,
and it is the same in each delivery, so there is one text. A message may bring its own ReferenceId,
`{"phone": "…", "referenceId": "…"}`: then there is one text even if you put the message twice.
"""

import json
import logging
import os
from functools import cache
from typing import Any

from serverless_otp import (
    DestinationNotAllowed,
    DuplicateDestination,
    NoAnswer,
    OptedOut,
    OtpClient,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
)

# Final, with nothing to fix: another delivery would change nothing. After OutcomeUnknown, the text
# may have arrived.
FINAL = (
    DestinationNotAllowed,
    DuplicateDestination,
    OptedOut,
    OutcomeUnknown,
    PermanentFailure,
)

# For each message. A batch of five fits into the function's timeout of one minute.
DEADLINE_SECONDS = 10

_LOGGER = logging.getLogger(__name__)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Text a code for each message of a batch."""
    return text_all(_client(), event)


def text_all(client: OtpClient, event: dict[str, Any]) -> dict[str, Any]:
    """Text a code for each message. Returns the messages that SQS must deliver again."""
    again = [record["messageId"] for record in event["Records"] if not _is_done(client, record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _is_done(client: OtpClient, record: dict[str, Any]) -> bool:
    message_id = record["messageId"]
    try:
        message = json.loads(record["body"])
        client.send(message["phone"], reference_id=message.get("referenceId", message_id))
    except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
        # Log neither the body nor a traceback: both contain the number.
        name = error.code if isinstance(error, Problem) else type(error).__name__
        _LOGGER.warning("Message %s: %s", message_id, name)
        # NoAnswer is an OutcomeUnknown whose outcome the same ReferenceId may still tell.
        return isinstance(error, FINAL) and not isinstance(error, NoAnswer)
    return True


@cache
def _client() -> OtpClient:
    send_function = os.environ["SEND_FUNCTION_ARN"]
    return OtpClient(send_function=send_function, deadline_seconds=DEADLINE_SECONDS)
