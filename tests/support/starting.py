"""Starts of the send function, beside the one that all tests share."""

from typing import Protocol

from .service import Service

# No reserved number: those are not counted.
PERSON = "+12065550123"

# One to Pinpoint, one to DynamoDB.
CONNECTIONS = 2


class Start(Protocol):
    """Starts the function, as Lambda does."""

    def __call__(self, initialization_type: str | None) -> Service:
        """Start; without a type, outside of Lambda."""


def of_lambda(initialization_type: str | None) -> dict[str, str]:
    """Give the variables that say how a function starts; without a type, outside of Lambda."""
    name = "AWS_LAMBDA_INITIALIZATION_TYPE"
    return {name: initialization_type} if initialization_type else {}
