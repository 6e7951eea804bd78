"""Starts of the send function, beside the one that all tests share."""

from types import ModuleType
from typing import Protocol

ENTRY_POINT = "lambda_src.otp.send"

# No reserved number: those are not counted.
PERSON = "+12065550123"

# One to Pinpoint, one to DynamoDB.
CONNECTIONS = 2


class Start(Protocol):
    """Imports the entry point anew, as Lambda does."""

    def __call__(self, initialization_type: str | None) -> ModuleType:
        """Start; without a type, outside of Lambda."""
