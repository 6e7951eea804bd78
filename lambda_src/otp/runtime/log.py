"""The functions' log: one JSON object a line, with every string masked.

The SDK's own records bypass this logger, to Lambda's handler; the SDK logs only warnings.
"""

import json
import logging
from typing import Any

from aws_lambda_powertools import Logger

from .masking import mask

# Written by AWS, never by a caller, and useless when masked: Lambda's request ID may hold seven
# digits in a row, and a function's ARN holds the account.
_OURS = frozenset(
    {
        "function_arn",
        "function_request_id",
        "timestamp",
        "xray_trace_id",
    }
)


def create_logger(service: str) -> Logger:
    """Create the structured logger (one JSON object a line) of a function."""
    # At INFO, botocore would log at every start where it found credentials.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    return Logger(
        service=service,
        # The metrics and the runbook need the line of every request, whatever LOG_LEVEL says.
        level=logging.INFO,
        json_serializer=_serialize,
        utc=True,
        # Lambda reads a line's level only with such a timestamp.
        use_rfc3339=True,
    )


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
