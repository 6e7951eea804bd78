"""The Lambda function of the queue: it texts a code for each message.

A message is `{"phone": "+12065550100"}`. Its ReferenceId is its messageId, which SendMessage has
returned, and which is the same whenever SQS delivers the message: that is one text. A message may
name one of its own, `{"phone": "…", "referenceId": "…"}`: that is one text even if it is put twice.
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

# Final, and nothing to mend: to deliver the message again would change nothing. After
# OutcomeUnknown, the text may be on the phone.
FINAL = (
    DestinationNotAllowed,
    DuplicateDestination,
    OptedOut,
    OutcomeUnknown,
    PermanentFailure,
)

# Of a message. A batch of five is done within the function's minute.
DEADLINE_SECONDS = 10

_LOGGER = logging.getLogger(__name__)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Text a code for each message of a batch."""
    return text_all(_client(), event)


def text_all(client: OtpClient, event: dict[str, Any]) -> dict[str, Any]:
    """Do so, and name the messages that SQS must deliver again; it deletes all others."""
    again = [record["messageId"] for record in event["Records"] if not _is_done(client, record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _is_done(client: OtpClient, record: dict[str, Any]) -> bool:
    message_id = record["messageId"]
    try:
        message = json.loads(record["body"])
        client.send(message["phone"], reference_id=message.get("referenceId", message_id))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others are texted
        # Neither the body nor a traceback: both would show the number.
        name = error.code if isinstance(error, Problem) else type(error).__name__
        _LOGGER.warning("Message %s: %s", message_id, name)
        # NoAnswer is an OutcomeUnknown that the same ReferenceId may still resolve.
        return isinstance(error, FINAL) and not isinstance(error, NoAnswer)
    return True


@cache
def _client() -> OtpClient:
    send_function = os.environ["SEND_FUNCTION_ARN"]
    return OtpClient(send_function=send_function, deadline_seconds=DEADLINE_SECONDS)
