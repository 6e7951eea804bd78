"""What is logged about a request, and what never is: no phone number leaves through a log.

`mask` is applied to every text of every log line by the logger itself, so that forgetting it at
one place cannot leak anything. What the SDK says goes past it, to Lambda's own handler, and so it
speaks in warnings only.
"""

import json
import logging
import re
from typing import Any

from aws_lambda_powertools import Logger

# Seven digits: the shortest subscriber numbers in use. The last two stay, to tell lines apart.
_DIGITS = re.compile(r"\d{7,}")

# Written by the runtime or by AWS, never by a caller, and useless when masked: a request ID may
# hold seven digits in a row, and a function's ARN holds the account.
_OURS = frozenset(
    {
        "correlation_id",
        "function_arn",
        "function_request_id",
        "timestamp",
        "xray_trace_id",
    }
)


def mask(text: str) -> str:
    """Replace all but the last two digits of every run of seven or more with asterisks."""
    return _DIGITS.sub(lambda run: "*" * (len(run[0]) - 2) + run[0][-2:], text)


def create_logger(service: str) -> Logger:
    """Create the structured logger (one JSON object a line) of a function."""
    # Lambda lets INFO through with JSON logs: botocore would tell at every start where it has found
    # credentials.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return Logger(service=service, json_serializer=_serialize, utc=True)


def _serialize(line: dict[str, Any]) -> str:
    return json.dumps(
        {key: value if key in _OURS else _masked(value) for key, value in line.items()},
        default=lambda value: mask(str(value)),
    )


def _masked(value: Any) -> Any:  # noqa: ANN401 - a log line may hold anything
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(str(key)): _masked(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(member) for member in value]
    return value
