"""How configuration keys reach the send function, which must read the same values."""

from operator import attrgetter
from typing import Any

import pytest

from infra.config import Config, keys
from infra.config.send_settings import send_settings
from lambda_src.otp.settings import GuardRules, SendSettings
from tests.support.templates import context

#: Each key that the send function gets, a value that is not the default, and the path of the
#: attribute that holds it, with its value there.
TOLD: list[tuple[str, Any, str, object]] = [
    ("originationIdentity", "EXAMPLE", "origination_identity", "EXAMPLE"),
    ("brandName", "Café, Inc.", "brand_name", "Café, Inc."),
    ("language", "es-ES", "language", "es-ES"),
    ("allowedCountries", "JM,US", "destinations.allowed_countries", frozenset({"JM", "US"})),
    ("allowedNumberTypes", "MOBILE,VOIP", "destinations.allowed_number_types", {"MOBILE", "VOIP"}),
    ("blockedPrefixes", "+1900,+44", "destinations.blocked_prefixes", ("+1900", "+44")),
    ("sandboxNumbers", "true", "sandbox", True),
    ("allowedBrandNames", ["A, B", "Café"], "allowed_brand_names", {"A, B", "Café"}),
    ("allowedOriginationIdentities", "+1,A", "allowed_origination_identities", {"+1", "A"}),
    *(
        (keys()[name].name, value, f"limits.{name}", value)
        for name in (
            *("destination_per_10_minutes", "destination_per_day", "destination_interval_seconds"),
            *("block_per_hour", "country_per_day", "caller_per_hour", "deployment_per_hour"),
        )
        for value in (7, None)
    ),
    ("countriesPerDay", "CA=off,US=7", "limits.countries_per_day", {"CA": None, "US": 7}),
    ("sendRequestsPerSecond", 7, "limits.requests_per_second", 7),
    ("guard", "refuse", "guard.refuses", True),
    ("guardAllowance", 7, "guard.allowance", 7),
    ("guardTextsPerVerified", 7, "guard.texts_per_verified", 7),
    ("guardProbeSeconds", 7, "guard.probe_seconds", 7),
    ("guardRanges", "49-15123,1", "guard.ranges", ("1", "49-15123")),
]
PATHS = {path for _, _, path, _ in TOLD}


def settings(**given: Any) -> SendSettings:
    """Return the send function's settings for a configuration; None is no limit."""
    written = {key: "off" if value is None else value for key, value in given.items()}
    of = {"application_id": "application", "deployment": "Otp/Otp", "table_name": "table"}
    return send_settings(Config.from_context(context(**written)), **of)


@pytest.mark.parametrize(("key", "value", "path", "told"), TOLD)
def test_function_reads_what_is_set(key: str, value: object, path: str, told: object) -> None:
    """Through the environment, without a change of any other setting."""
    written = settings(**{key: value})

    read = SendSettings.from_environment(written.to_environment())

    assert read == written
    assert attrgetter(path)(read) == told
    others = [attrgetter(other) for other in PATHS - {path}]
    assert [of(read) for of in others] == [of(settings()) for of in others]


def test_the_table_names_every_setting() -> None:
    """Add a new setting to it."""
    written = settings()
    paths = {
        *(f"limits.{name}" for name in written.limits.__slots__),
        *(f"destinations.{name}" for name in written.destinations.__slots__),
        *(f"guard.{name}" for name in GuardRules.__slots__),
        *written.__slots__,
        "sandbox",  # in the settings of every function
    } - {"limits", "destinations", "table_name"}
    assert paths == PATHS


def test_without_the_guard_the_functions_get_none_of_its_settings() -> None:
    """They only get OTP_GUARD, which turns it off."""
    written = settings(guard="off").to_environment()
    assert {name for name in written if "GUARD" in name} == {"OTP_GUARD"}
    assert SendSettings.from_environment(written).guard is None


def test_the_stacks_own_settings_do_not_reach_the_function() -> None:
    """A changed threshold must not publish a new version of the function."""
    assert settings(alarmTextsPerHour=7, alarmVerifiedVolume=7, verifyBurst=7) == settings()
