"""What the send function is told of the operator's rules, and that it reads the same."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.config import Config, keys
from infra.permitted import environment_of_the_rules
from lambda_src.otp.settings import SendSettings

from .helpers import FUNCTION, RenderedTemplate, context, synthesize


class Told(NamedTuple):
    """What a key says to the send function.

    Attributes:
        key: of the configuration.
        given: its value.
        variable: what it changes of the environment.
        text: to what.
        setting: where the function reads it, as the path of an attribute.
        value: as what.

    """

    key: str
    given: Any
    variable: str
    text: str
    setting: str
    value: object


def limits(key: str, variable: str, setting: str, number: int) -> list[Told]:
    """Write down a limit as a number and as none."""
    return [
        Told(key, number, variable, str(number), f"limits.{setting}", number),
        Told(key, "off", variable, "off", f"limits.{setting}", None),
    ]


#: Every key that the send function is told, changed from its default.
TOLD = [
    Told(
        "allowedCountries",
        "US,DE",
        "OTP_ALLOWED_COUNTRIES",
        "DE,US",
        "destinations.allowed_countries",
        frozenset({"DE", "US"}),
    ),
    Told(
        "allowedNumberTypes",
        "VOIP,MOBILE",
        "OTP_ALLOWED_NUMBER_TYPES",
        "MOBILE,VOIP",
        "destinations.allowed_number_types",
        frozenset({"MOBILE", "VOIP"}),
    ),
    Told(
        "blockedPrefixes",
        "+4470,+1876",
        "OTP_BLOCKED_PREFIXES",
        "+1876,+4470",
        "destinations.blocked_prefixes",
        ("+1876", "+4470"),
    ),
    Told(
        "allowedBrandNames",
        ["Smith, Jones & Söhne", 'A "B"'],
        "OTP_ALLOWED_BRAND_NAMES",
        '["A \\"B\\"", "Smith, Jones & Söhne"]',
        "allowed_brand_names",
        frozenset({"Smith, Jones & Söhne", 'A "B"'}),
    ),
    Told(
        "allowedOriginationIdentities",
        "+18555550142,EXAMPLE",
        "OTP_ALLOWED_ORIGINATION_IDENTITIES",
        '["+18555550142", "EXAMPLE"]',
        "allowed_origination_identities",
        frozenset({"+18555550142", "EXAMPLE"}),
    ),
    *limits(
        "destinationPer10Minutes", "OTP_DESTINATION_PER_10_MINUTES", "destination_per_10_minutes", 7
    ),
    *limits("destinationPerDay", "OTP_DESTINATION_PER_DAY", "destination_per_day", 7),
    *limits(
        "destinationIntervalSeconds",
        "OTP_DESTINATION_INTERVAL_SECONDS",
        "destination_interval_seconds",
        7,
    ),
    *limits("blockPerHour", "OTP_BLOCK_PER_HOUR", "block_per_hour", 7),
    *limits("countryPerDay", "OTP_COUNTRY_PER_DAY", "country_per_day", 7),
    *limits("callerPerHour", "OTP_CALLER_PER_HOUR", "caller_per_hour", 7),
    *limits("deploymentPerHour", "OTP_DEPLOYMENT_PER_HOUR", "deployment_per_hour", 7),
    Told(
        "countriesPerDay",
        "US=20000,CA=off",
        "OTP_COUNTRIES_PER_DAY",
        "CA=off,US=20000",
        "limits.countries_per_day",
        {"CA": None, "US": 20000},
    ),
    Told(
        "sendRequestsPerSecond",
        "7",
        "OTP_REQUESTS_PER_SECOND",
        "7",
        "limits.requests_per_second",
        7,
    ),
    Told("sandboxNumbers", "true", "OTP_SANDBOX", "true", "destinations.sandbox", value=True),
]

#: What is off already cannot be changed to it.
OFF_BY_DEFAULT = ("destinationIntervalSeconds", "callerPerHour")

each_told = pytest.mark.parametrize(
    "told", [pytest.param(told, id=f"{told.key}={told.given}") for told in TOLD]
)


def environment(**given: Any) -> dict[str, str]:
    """Write the environment of a configuration."""
    return dict(environment_of_the_rules(Config.from_context(context(**given))))


def variables(template: RenderedTemplate, function: str) -> Mapping[str, str]:
    """Give a function's environment in a template."""
    found: Mapping[str, str] = template.named(FUNCTION, function).properties["Environment"][
        "Variables"
    ]
    return found


def setting(settings: object, path: str) -> object:
    """Find an attribute by its path."""
    for name in path.split("."):
        settings = getattr(settings, name)
    return settings


@each_told
def test_key_changes_its_own_variable_and_no_other(told: Told) -> None:
    """To exactly the text that the function reads."""
    before, after = environment(), environment(**{told.key: told.given})

    differing = {name for name in {**before, **after} if before.get(name) != after.get(name)}

    off = told.given == "off" and told.key in OFF_BY_DEFAULT
    assert differing == (set() if off else {told.variable})
    assert after[told.variable] == told.text


@each_told
def test_function_reads_what_the_operator_has_set(told: Told, minimal: RenderedTemplate) -> None:
    """Its own reader, and nothing else of its settings has changed."""
    deployed = dict(variables(minimal, "Send"))
    default = SendSettings.from_environment(deployed)

    read = SendSettings.from_environment({**deployed, **environment(**{told.key: told.given})})

    assert setting(read, told.setting) == told.value
    paths = {other.setting for other in TOLD} - {told.setting}
    assert [path for path in paths if setting(read, path) != setting(default, path)] == []


def test_function_reads_every_rule_from_what_is_deployed(tmp_path: Path) -> None:
    """All of them set at once, through the stack, to other values than the defaults."""
    told = {one.key: one for one in TOLD if one.given != "off" and one.key != "allowedCountries"}
    template = synthesize(tmp_path, **{key: one.given for key, one in told.items()})

    read = SendSettings.from_environment(variables(template, "Send"))

    assert {one.key: setting(read, one.setting) for one in told.values()} == {
        one.key: one.value for one in told.values()
    }
    assert (
        variables(template, "Send").items()
        >= environment(**{key: one.given for key, one in told.items()}).items()
    )


def test_every_variable_of_the_rules_has_its_key() -> None:
    """The table above is of all that the function is told."""
    assert {told.variable for told in TOLD} == {*environment(), "OTP_SANDBOX"}
    assert {told.key for told in TOLD} <= {key.name for key in keys().values()}


@pytest.mark.parametrize(("given", "told"), [("true", "true"), ("false", None), (None, None)])
def test_sandboxs_numbers_are_for_a_sandbox_that_is_called_one(
    given: str | None, told: str | None
) -> None:
    """No variable, where nobody has asked for it."""
    assert environment(sandboxNumbers=given).get("OTP_SANDBOX") == told


def test_verify_is_told_of_none_of_it(tmp_path: Path, minimal: RenderedTemplate) -> None:
    """Whatever is set: a code that was sent can be verified."""
    changes = {one.key: one.given for one in TOLD if one.key != "allowedCountries"}
    changed = synthesize(tmp_path, **{**changes, "countriesPerDay": "US=7"})
    assert variables(changed, "Verify") == variables(minimal, "Verify")


@pytest.mark.parametrize(
    "key", ["alarmTextsPerHour", "alarmVerifiedPercent", "alarmVerifiedVolume", "verifyBurst"]
)
def test_what_is_no_rule_is_not_told(key: str) -> None:
    """A changed threshold must not publish a new version of the function."""
    assert environment(**{key: "7"}) == environment()
