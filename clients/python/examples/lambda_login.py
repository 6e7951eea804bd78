"""A Lambda function that sends codes and verifies them by `lambda:Invoke`.

Make a ReferenceId, such as a UUID, and keep it. Then invoke the function with
{"phone": "+12065550100", "referenceId": "…"}: an invocation that dies or is repeated texts once.
Then with the code that the person has typed in, too:
{"phone": "+12065550100", "referenceId": "…", "code": "123456"}.

Who calls it counts the tries: after the third wrong one, say ANOTHER_CODE.
"""

import os
from typing import Any

from serverless_otp import OtpClient, OtpError, Say, read_code, say_of_send, say_of_verify

# One for all events; its connections are kept between them.
_client = OtpClient(
    send_function=os.environ["SEND_FUNCTION_ARN"],
    verify_function=os.environ["VERIFY_FUNCTION_ARN"],
    # Ten less than this function's own timeout, since it does not cover everything: not fetching
    # credentials, and not each address of a name that has several.
    deadline_seconds=20,
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send a code, or verify one; gives the name of what to tell the person."""
    match event:
        case {"phone": phone, "referenceId": str(reference_id), "code": code}:
            try:
                valid = _client.verify(phone, reference_id, read_code(str(code))).valid
            except OtpError as error:
                return {"valid": False, "say": say_of_verify(error).name}
            return {"valid": valid, "say": (Say.WELCOME if valid else Say.WRONG_CODE).name}
        # No text without one: the client would make another one in each invocation.
        case {"phone": phone, "referenceId": str(reference_id)}:
            try:
                _client.send(phone, reference_id=reference_id)
            except OtpError as error:
                return {"say": say_of_send(error).name}
            return {"say": Say.SENT_IF_POSSIBLE.name}
    return {"say": Say.OURS.name}
