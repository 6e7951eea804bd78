"""A Lambda function that sends codes and verifies them by `lambda:Invoke`.

Make a ReferenceId, such as a UUID, and store it. Invoke the function with it to send a code:
{"phone": "+12065550100", "referenceId": "…"}. An invocation that fails and is repeated texts once.
Invoke it again with the code that the person typed:
{"phone": "+12065550100", "referenceId": "…", "code": "123456"}.

The caller counts wrong codes and says ANOTHER_CODE after the third one.
"""

import os
from typing import Any

from serverless_otp import OtpClient, OtpError, Say, read_code, say_of_send, say_of_verify

# One client for all events, so that its connections are reused.
_client = OtpClient(
    send_function=os.environ["SEND_FUNCTION_ARN"],
    verify_function=os.environ["VERIFY_FUNCTION_ARN"],
    # Ten seconds less than this function's own timeout. The deadline does not cover fetching
    # credentials, nor trying each address of a host name that has several.
    deadline_seconds=20,
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send a code or verify one. Returns the name of the sentence for the person."""
    match event:
        case {"phone": phone, "referenceId": str(reference_id), "code": code}:
            try:
                valid = _client.verify(phone, reference_id, read_code(str(code))).valid
            except OtpError as error:
                return {"valid": False, "say": say_of_verify(error).name}
            return {"valid": valid, "say": (Say.WELCOME if valid else Say.WRONG_CODE).name}
        # Required: without it, the client would make a new ReferenceId in each invocation.
        case {"phone": phone, "referenceId": str(reference_id)}:
            try:
                _client.send(phone, reference_id=reference_id)
            except OtpError as error:
                return {"say": say_of_send(error).name}
            return {"say": Say.SENT_IF_POSSIBLE.name}
    return {"say": Say.OURS.name}
