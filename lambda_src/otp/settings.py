"""The function's environment, as one value; and how long each step of a request may take.

| step                          | at most | which is                                           |
|-------------------------------|---------|----------------------------------------------------|
| API Gateway waits             | 29 s    | its default quota                                  |
| the function runs             | 28 s    | its timeout, set by the stack                      |
| DynamoDB takes the lock       | 5 s     | 2 attempts of 1 s connect + 1 s read, 1 s between  |
| the switch and all counts     | 5 s     | each is one attempt of 2 s, and begins only while  |
|                               |         | 2 s remain                                         |
| Pinpoint answers              | 10 s    | an attempt is 2 s connect + 7 s read; another one  |
|                               |         | begins only while a whole one fits into the 10 s   |
| DynamoDB records the outcome  | 5 s     | as the lock                                        |
| left for everything else      | 3 s     |                                                    |

Where nothing was sent, the record gives way to two other steps: the counts are given back in 2 s,
each on the connection that has just counted, in one attempt of 1 s that begins only while it fits;
and the ReferenceId is freed, 5 s as the lock. That leaves 1 s.

These are botocore's timeouts, and so bounds for a usual failure only: it gives the time to connect
to each of a host's addresses anew, and the time to read to each part of an answer. What takes
longer than the function may is killed by Lambda, and then the ReferenceId is held.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The longest ValidityPeriod (60 minutes) and a margin for the function's own time: while a code
# may be valid, its ReferenceId cannot get a second one.
WINDOW_SECONDS = 65 * 60

# A switch of Powertools, for development.
_IDEMPOTENCY_DISABLED = "POWERTOOLS_IDEMPOTENCY_DISABLED"

# A bound on what the time allows: three is what the SDK would do, if it knew what it must not do.
PINPOINT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long each step may take, in seconds; see the table above."""

    function: float = 28
    dynamodb_connect: float = 1
    dynamodb_read: float = 1
    pinpoint_connect: float = 2
    pinpoint_read: float = 7
    pinpoint_all_attempts: float = 10
    counting: float = 5
    giving_back: float = 2

    @property
    def dynamodb_attempt(self) -> float:
        """How long one attempt at DynamoDB may take."""
        return self.dynamodb_connect + self.dynamodb_read

    @property
    def pinpoint_attempt(self) -> float:
        """How long one attempt at Pinpoint may take."""
        return self.pinpoint_connect + self.pinpoint_read

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
class DestinationRules:
    """Which numbers may be texted.

    Attributes:
        allowed_countries: ISO 3166-1 alpha-2 codes.
        allowed_number_types: such as `MOBILE`, as libphonenumber calls them.
        blocked_prefixes: the beginnings of numbers that may not, such as `+1900`.
        sandbox: whether this is the sandbox, whose reserved numbers play its failures.

    """

    allowed_countries: frozenset[str]
    allowed_number_types: frozenset[str]
    blocked_prefixes: tuple[str, ...]
    sandbox: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "DestinationRules":
        """Read the rules; raises KeyError for one that is not set."""
        return cls(
            allowed_countries=frozenset(_listed(environment["OTP_ALLOWED_COUNTRIES"])),
            allowed_number_types=frozenset(_listed(environment["OTP_ALLOWED_NUMBER_TYPES"])),
            blocked_prefixes=tuple(_listed(environment["OTP_BLOCKED_PREFIXES"])),
            sandbox=environment.get("OTP_SANDBOX") == "true",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """How many messages may go out; None is no limit.

    Attributes:
        destination_per_10_minutes: to one number.
        destination_per_day: to one number.
        destination_interval_seconds: the least time between two messages to one number.
        block_per_hour: to all numbers that differ in their last four digits only.
        country_per_day: to a country that `countries_per_day` does not name.
        countries_per_day: to a country, by its ISO 3166-1 alpha-2 code.
        caller_per_hour: for one caller.
        deployment_per_hour: in all.
        requests_per_second: how many requests the API admits, which shared counters must bear.

    """

    destination_per_10_minutes: int | None
    destination_per_day: int | None
    destination_interval_seconds: int | None
    block_per_hour: int | None
    country_per_day: int | None
    countries_per_day: Mapping[str, int | None]
    caller_per_hour: int | None
    deployment_per_hour: int | None
    requests_per_second: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "TextLimits":
        """Read the limits.

        Raises:
            KeyError: one is not set. Without a limit it is set to `off`.
            ValueError: one is no number.

        """
        return cls(
            destination_per_10_minutes=_limit(environment["OTP_DESTINATION_PER_10_MINUTES"]),
            destination_per_day=_limit(environment["OTP_DESTINATION_PER_DAY"]),
            destination_interval_seconds=_limit(environment["OTP_DESTINATION_INTERVAL_SECONDS"]),
            block_per_hour=_limit(environment["OTP_BLOCK_PER_HOUR"]),
            country_per_day=_limit(environment["OTP_COUNTRY_PER_DAY"]),
            countries_per_day={
                country: _limit(limit)
                for country, _, limit in (
                    override.partition("=")
                    for override in _listed(environment["OTP_COUNTRIES_PER_DAY"])
                )
            },
            caller_per_hour=_limit(environment["OTP_CALLER_PER_HOUR"]),
            deployment_per_hour=_limit(environment["OTP_DEPLOYMENT_PER_HOUR"]),
            requests_per_second=int(environment["OTP_REQUESTS_PER_SECOND"]),
        )


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
        table_name: the DynamoDB table that remembers ReferenceIds and counts messages.
        origination_identity: the sender, where the caller names none.
        brand_name: the brand in the text, where the caller names none.
        language: the text's language, where the caller names none; None leaves it to AWS.
        allowed_origination_identities: what a caller may name as the sender; empty: anything.
        allowed_brand_names: what a caller may name as the brand; empty: anything.
        destinations: which numbers may be texted.
        limits: how many messages may go out.

    """

    table_name: str
    origination_identity: str
    brand_name: str
    language: str | None
    allowed_origination_identities: frozenset[str]
    allowed_brand_names: frozenset[str]
    destinations: DestinationRules
    limits: TextLimits

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SendSettings":
        """Read the settings.

        Raises:
            KeyError: as above.
            ValueError: a variable is not what it should be; or Powertools is told to let every
                request through, and so to text twice.

        """
        if _IDEMPOTENCY_DISABLED in environment:
            raise ValueError(f"{_IDEMPOTENCY_DISABLED} must not be set: it would text twice.")
        return cls(
            **_of_every_function(environment),
            table_name=environment["OTP_TABLE_NAME"],
            origination_identity=environment["OTP_ORIGINATION_IDENTITY"],
            brand_name=environment["OTP_BRAND_NAME"],
            language=environment.get("OTP_LANGUAGE"),
            # JSON: a brand name may hold a comma.
            allowed_origination_identities=frozenset(
                json.loads(environment["OTP_ALLOWED_ORIGINATION_IDENTITIES"])
            ),
            allowed_brand_names=frozenset(json.loads(environment["OTP_ALLOWED_BRAND_NAMES"])),
            destinations=DestinationRules.from_environment(environment),
            limits=TextLimits.from_environment(environment),
        )


def _of_every_function(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "application_id": environment["OTP_APPLICATION_ID"],
        "deployment": environment["OTP_DEPLOYMENT"],
        "time_limits": TimeLimits.from_environment(environment),
    }


def _listed(text: str) -> list[str]:
    return text.split(",") if text else []


def _limit(text: str) -> int | None:
    return None if text == "off" else int(text)
