"""The function's environment, as one value; and how long each step of a request may take.

| step                         | at most | which is                                            |
|------------------------------|---------|-----------------------------------------------------|
| API Gateway waits            | 29 s    | its default quota                                   |
| the function runs            | 25 s    | its timeout, set by the stack                       |
| DynamoDB takes the lock      | 5 s     | 2 attempts of 1 s connect + 1 s read, 1 s between   |
| Pinpoint answers             | 12 s    | an attempt is 2 s connect + 7 s read; another one   |
|                              |         | begins only while a whole one fits into the 12 s    |
| DynamoDB records the outcome | 5 s     | as the lock                                         |
| left for everything else     | 3 s     |                                                     |

A lock that fails is followed by an attempt to undo it, also 5 s; nothing is sent then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The longest ValidityPeriod (60 minutes) and a margin for the function's own time: while a code
# may be valid, its ReferenceId cannot get a second one.
WINDOW_SECONDS = 65 * 60

# A switch of Powertools, for development.
_IDEMPOTENCY_DISABLED = "POWERTOOLS_IDEMPOTENCY_DISABLED"

DYNAMODB_ATTEMPTS = 2
# A bound on what the time allows: three is what the SDK would do, if it knew what it must not do.
PINPOINT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long each step may take, in seconds; see the table above."""

    function: float = 25
    dynamodb_connect: float = 1
    dynamodb_read: float = 1
    pinpoint_connect: float = 2
    pinpoint_read: float = 7
    pinpoint_all_attempts: float = 12

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "TimeLimits":
        """Read the limits that are set, such as OTP_PINPOINT_READ_SECONDS."""
        values = {
            name: float(environment[variable])
            for name in cls.__slots__
            if (variable := f"OTP_{name.upper()}_SECONDS") in environment
        }
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the stack tells every function.

    Attributes:
        application_id: the Amazon Pinpoint application.
        deployment: which deployment this is, in its metrics.
        time_limits: how long each step may take.

    """

    application_id: str
    deployment: str
    time_limits: TimeLimits

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            KeyError: naming the variable that is not set. The function then fails to start,
                which is loud and texts nobody.

        """
        return cls(**_of_every_function(environment))


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings(Settings):
    """What the stack tells the send function.

    Attributes:
        table_name: the DynamoDB table that remembers ReferenceIds.
        origination_identity: the sender, where the caller names none.
        brand_name: the brand in the text, where the caller names none.
        language: the text's language, where the caller names none; None leaves it to AWS.

    """

    table_name: str
    origination_identity: str
    brand_name: str
    language: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SendSettings":
        """Read the settings.

        Raises:
            KeyError: as above.
            ValueError: Powertools is told to let every request through, and so to text twice.

        """
        if _IDEMPOTENCY_DISABLED in environment:
            raise ValueError(f"{_IDEMPOTENCY_DISABLED} must not be set: it would text twice.")
        return cls(
            **_of_every_function(environment),
            table_name=environment["OTP_TABLE_NAME"],
            origination_identity=environment["OTP_ORIGINATION_IDENTITY"],
            brand_name=environment["OTP_BRAND_NAME"],
            language=environment.get("OTP_LANGUAGE"),
        )


def _of_every_function(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "application_id": environment["OTP_APPLICATION_ID"],
        "deployment": environment["OTP_DEPLOYMENT"],
        "time_limits": TimeLimits.from_environment(environment),
    }
