"""The functions' settings as environment variables: the stack writes them, the functions read."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .runtime.initialization import IDEMPOTENCY_DISABLED
from .time_limits import TimeLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationRules:
    """Which numbers may be texted.

    Attributes:
        allowed_countries: ISO 3166-1 alpha-2 codes.
        allowed_number_types: such as `MOBILE`, as libphonenumber calls them.
        blocked_prefixes: prefixes of numbers that may not be texted, such as `+1900`.

    """

    allowed_countries: frozenset[str]
    allowed_number_types: frozenset[str]
    blocked_prefixes: tuple[str, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "DestinationRules":
        """Read the rules; raises KeyError for one that is not set."""
        return cls(
            allowed_countries=frozenset(_listed(environment["OTP_ALLOWED_COUNTRIES"])),
            allowed_number_types=frozenset(_listed(environment["OTP_ALLOWED_NUMBER_TYPES"])),
            blocked_prefixes=tuple(_listed(environment["OTP_BLOCKED_PREFIXES"])),
        )

    def to_environment(self) -> dict[str, str]:
        """Write the rules."""
        return {
            "OTP_ALLOWED_COUNTRIES": _list(self.allowed_countries),
            "OTP_ALLOWED_NUMBER_TYPES": _list(self.allowed_number_types),
            "OTP_BLOCKED_PREFIXES": _list(self.blocked_prefixes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLimits:
    """How many texts may go out; None is no limit.

    Attributes:
        destination_per_10_minutes: to one number.
        destination_per_day: to one number.
        destination_interval_seconds: the minimum time between two texts to one number.
        block_per_hour: to all numbers that differ only in their last digits, at most four.
        country_per_day: to a country that `countries_per_day` does not name.
        countries_per_day: to a country, by its ISO 3166-1 alpha-2 code.
        caller_per_hour: for one caller.
        deployment_per_hour: in all.
        requests_per_second: how many requests the API admits; shared counters must bear them.

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
            KeyError: one is not set; "no limit" is `off`.
            ValueError: one is not a number.

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

    def to_environment(self) -> dict[str, str]:
        """Write the limits."""
        return {
            "OTP_DESTINATION_PER_10_MINUTES": _off_or(self.destination_per_10_minutes),
            "OTP_DESTINATION_PER_DAY": _off_or(self.destination_per_day),
            "OTP_DESTINATION_INTERVAL_SECONDS": _off_or(self.destination_interval_seconds),
            "OTP_BLOCK_PER_HOUR": _off_or(self.block_per_hour),
            "OTP_COUNTRY_PER_DAY": _off_or(self.country_per_day),
            "OTP_COUNTRIES_PER_DAY": _list(
                f"{country}={_off_or(limit)}" for country, limit in self.countries_per_day.items()
            ),
            "OTP_CALLER_PER_HOUR": _off_or(self.caller_per_hour),
            "OTP_DEPLOYMENT_PER_HOUR": _off_or(self.deployment_per_hour),
            "OTP_REQUESTS_PER_SECOND": str(self.requests_per_second),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """How ranges of numbers are cut off whose codes are not verified.

    Attributes:
        refuses: whether texts are refused; otherwise, it is only recorded which would be.
        allowance: how many unverified texts a range gets in an hour.
        texts_per_verified: how many texts a verified code offsets.
        probe_seconds: at the allowance, one text goes out every so many seconds.
        ranges: the exempt ranges, such as `49-15123`, or their beginnings.

    """

    refuses: bool
    allowance: int
    texts_per_verified: int
    probe_seconds: int
    ranges: tuple[str, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "GuardRules | None":
        """Read the rules; None without a guard. Raises as `TextLimits` does."""
        mode = environment["OTP_GUARD"]
        if mode == "off":
            return None
        return cls(
            refuses=mode == "refuse",
            allowance=int(environment["OTP_GUARD_ALLOWANCE"]),
            texts_per_verified=int(environment["OTP_GUARD_TEXTS_PER_VERIFIED"]),
            probe_seconds=int(environment["OTP_GUARD_PROBE_SECONDS"]),
            ranges=tuple(_listed(environment["OTP_GUARD_RANGES"])),
        )

    def to_environment(self) -> dict[str, str]:
        """Write the rules."""
        return {
            "OTP_GUARD": "refuse" if self.refuses else "record",
            "OTP_GUARD_ALLOWANCE": str(self.allowance),
            "OTP_GUARD_TEXTS_PER_VERIFIED": str(self.texts_per_verified),
            "OTP_GUARD_PROBE_SECONDS": str(self.probe_seconds),
            "OTP_GUARD_RANGES": _list(self.ranges),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of every function.

    Attributes:
        application_id: the Amazon Pinpoint application.
        deployment: the dimension Deployment of the metrics.
        sandbox: whether this is the sandbox, where some reserved numbers are texted.
        time_limits: how long each step may take.
        table_name: the table of ReferenceIds and counts.
        guard: how ranges are cut off; None without a guard.

    """

    application_id: str
    deployment: str
    sandbox: bool
    time_limits: TimeLimits
    table_name: str
    guard: GuardRules | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            KeyError: naming the variable that is not set. The function then fails to start, and
                texts nobody.

        """
        return cls(**_of_every_function(environment))

    def to_environment(self) -> dict[str, str]:
        """Write the settings."""
        return {
            "OTP_APPLICATION_ID": self.application_id,
            "OTP_DEPLOYMENT": self.deployment,
            **({"OTP_SANDBOX": "true"} if self.sandbox else {}),
            **self.time_limits.to_environment(),
            "OTP_TABLE_NAME": self.table_name,
            **(self.guard.to_environment() if self.guard else {"OTP_GUARD": "off"}),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings(Settings):
    """The settings of the send function.

    Attributes:
        origination_identity: the sender, if the caller names none.
        brand_name: the brand in the text, if the caller names none.
        language: the text's language, if the caller names none; None leaves it to AWS.
        allowed_origination_identities: what a caller may name as the sender; empty: anything.
        allowed_brand_names: what a caller may name as the brand; empty: anything.
        destinations: which numbers may be texted.
        limits: how many texts may go out.

    """

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
            ValueError: a variable is invalid; or one would switch Powertools' idempotency off, and
                so text twice.

        """
        if IDEMPOTENCY_DISABLED in environment:
            raise ValueError(f"{IDEMPOTENCY_DISABLED} must not be set: it would text twice.")
        return cls(
            **_of_every_function(environment),
            origination_identity=environment["OTP_ORIGINATION_IDENTITY"],
            brand_name=environment["OTP_BRAND_NAME"],
            language=environment.get("OTP_LANGUAGE"),
            allowed_origination_identities=frozenset(
                json.loads(environment["OTP_ALLOWED_ORIGINATION_IDENTITIES"])
            ),
            allowed_brand_names=frozenset(json.loads(environment["OTP_ALLOWED_BRAND_NAMES"])),
            destinations=DestinationRules.from_environment(environment),
            limits=TextLimits.from_environment(environment),
        )

    def to_environment(self) -> dict[str, str]:
        """Write the settings."""
        return {
            # Not super(): with slots, dataclass replaces the class that super() would refer to.
            **Settings.to_environment(self),
            "OTP_ORIGINATION_IDENTITY": self.origination_identity,
            "OTP_BRAND_NAME": self.brand_name,
            **({"OTP_LANGUAGE": self.language} if self.language else {}),
            "OTP_ALLOWED_ORIGINATION_IDENTITIES": _names(self.allowed_origination_identities),
            "OTP_ALLOWED_BRAND_NAMES": _names(self.allowed_brand_names),
            **self.destinations.to_environment(),
            **self.limits.to_environment(),
        }


def _of_every_function(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        "application_id": environment["OTP_APPLICATION_ID"],
        "deployment": environment["OTP_DEPLOYMENT"],
        "sandbox": environment.get("OTP_SANDBOX") == "true",
        "time_limits": TimeLimits.from_environment(environment),
        "table_name": environment["OTP_TABLE_NAME"],
        "guard": GuardRules.from_environment(environment),
    }


def _list(values: Iterable[str]) -> str:
    return ",".join(sorted(values))


def _names(names: Iterable[str]) -> str:
    # JSON: a brand name may hold a comma.
    return json.dumps(sorted(names), ensure_ascii=False)


def _off_or(limit: int | None) -> str:
    return "off" if limit is None else str(limit)


def _listed(text: str) -> list[str]:
    return text.split(",") if text else []


def _limit(text: str) -> int | None:
    return None if text == "off" else int(text)
