"""A Lambda function that sends codes and verifies them by `lambda:Invoke`.

Make a ReferenceId, such as a UUID, and keep it. Then invoke the function with
{"phone": "+12065550100", "referenceId": "…"}: an invocation that dies or is repeated texts once.
Then with the code that the person has typed in, too:
{"phone": "+12065550100", "referenceId": "…", "code": "123456"}.
"""

import os
from typing import Any

from serverless_otp import NotSent, OtpClient, OutcomeUnknown, Problem, read_code

# One for all events; its connections are kept between them.
_client = OtpClient(
    send_function=os.environ["SEND_FUNCTION_ARN"],
    verify_function=os.environ["VERIFY_FUNCTION_ARN"],
    # Ten less than this function's own timeout, since it does not cover everything: not fetching
    # credentials, and not each address of a name that has several.
    deadline_seconds=20,
)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Send a code, or verify one."""
    try:
        match event:
            case {"phone": phone, "referenceId": str(reference_id), "code": code}:
                typed = read_code(str(code))
                return {"valid": _client.verify(phone, reference_id, typed).valid}
            # No text without one: the client would make another one in each invocation.
            case {"phone": phone, "referenceId": str(reference_id)}:
                _client.send(phone, reference_id=reference_id)
                return {"sent": True}
    except OutcomeUnknown as problem:
        # Of a send: there may be a text. Of a verify: the person may try once more.
        return {"problem": problem.code}
    except Problem as problem:
        return {"problem": problem.code, "retryAfter": problem.retry_after}
    except NotSent:
        return {"problem": "NotSent"}
    return {"problem": "InvalidRequest"}
