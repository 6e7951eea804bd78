"""A Lambda function that sends codes and verifies them by `lambda:Invoke`.

Invoke it with {"phone": "+12065550100"}, and then with what it answers and the code that the person
has typed in: {"phone": "+12065550100", "referenceId": "…", "code": "123456"}.
"""

import os
from typing import Any

from serverless_otp import OtpClient, OutcomeUnknown, Problem

# One for all events; its connections are kept between them.
_client = OtpClient(
    send_function=os.environ["SEND_FUNCTION_ARN"],
    verify_function=os.environ["VERIFY_FUNCTION_ARN"],
    # Less than this function's own timeout.
    deadline_seconds=25,
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send a code, or verify one."""
    try:
        match event:
            case {"phone": phone, "referenceId": reference_id, "code": code}:
                return {"valid": _client.verify(phone, reference_id, code).valid}
            case {"phone": phone}:
                return {"sent": True, "referenceId": _client.send(phone).reference_id}
    except OutcomeUnknown as problem:
        # Of a send: there may be a text. Of a verify: the person may try once more.
        return {"problem": problem.code, "referenceId": problem.reference_id}
    except Problem as problem:
        return {"problem": problem.code, "retryAfter": problem.retry_after}
    return {"problem": "InvalidRequest"}
