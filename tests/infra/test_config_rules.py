"""The keys of which numbers are texted, how many messages, and what tells of abuse."""

import re
from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

import pytest

from infra.config import Config, ConfigError, keys
from infra.config.limits import MOST_PER_BLOCK
from infra.config.unreachable import unreachable
from infra.config.values import MOST_MESSAGES

from .helpers import APPLICATION_ID, context

NAMES = {key.name: name for name, key in keys().items()}

#: Every limit, with its default and the most that it takes.
LIMITS: dict[str, tuple[int | None, int]] = {
    "destinationPer10Minutes": (5, 1000),
    "destinationPerDay": (10, 1000),
    "destinationIntervalSeconds": (None, 3600),
    "blockPerHour": (20, MOST_PER_BLOCK),
    "countryPerDay": (5000, MOST_MESSAGES),
    "callerPerHour": (None, MOST_MESSAGES),
    "deploymentPerHour": (1000, MOST_MESSAGES),
}


def configured(**given: Any) -> Config:
    """Read the least context with changes."""
    return Config.from_context(context(**given))


def value_of(key: str, given: Any) -> Any:
    """Give what a key is read as."""
    return getattr(configured(**{key: given}), NAMES[key])


def in_python(**given: Any) -> Config:
    """Configure as another team's stack does."""
    least: dict[str, Any] = {
        "application_id": APPLICATION_ID,
        "origination_identity": "+18555550142",
        "brand_name": "ExampleCorp",
        "allowed_countries": ("US", "CA"),
    }
    return Config(**{**least, **given})


def refusal(**given: Any) -> str:
    """Give the one sentence that is said about a context that is refused."""
    with pytest.raises(ConfigError) as refused:
        configured(**given)
    [line] = str(refused.value).splitlines()
    return line


def refusal_in_python(**given: Any) -> str:
    """Give the one sentence that is said about Python values that are refused."""
    with pytest.raises(ConfigError) as refused:
        in_python(**given)
    [line] = str(refused.value).splitlines()
    return line


# --- Accepted ---


def test_defaults_are_these() -> None:
    """What is texted where an operator says nothing of it."""
    config = configured()
    assert {key: getattr(config, NAMES[key]) for key in LIMITS} == {
        key: default for key, (default, _) in LIMITS.items()
    }
    assert config.countries_per_day == {}
    assert config.allowed_number_types == (
        *("FIXED_LINE_OR_MOBILE", "MOBILE", "PERSONAL_NUMBER", "VOIP"),
    )
    assert config.blocked_prefixes == ()
    assert config.allowed_brand_names == config.allowed_origination_identities == ()
    assert config.sandbox_numbers is False
    assert (config.alarm_texts_per_hour, config.alarm_refused_per_hour) == (800, 100)
    assert (config.alarm_verified_percent, config.alarm_verified_volume) == (30, 100)
    assert config.alarm_verified_countries is None
    assert config.alarm_wrong_codes_percent == 50


@pytest.mark.parametrize("key", LIMITS)
@pytest.mark.parametrize(
    ("given", "read"),
    [("7", 7), (7, 7), ("1", 1), ("off", None), ("OFF", None)],
    ids=["text", "number in cdk.json", "least", "off", "OFF"],
)
def test_limit_is_a_number_or_off(key: str, given: str | int, read: int | None) -> None:
    """In every way in which it may be written."""
    assert value_of(key, given) == read


@pytest.mark.parametrize(("key", "most"), [(key, most) for key, (_, most) in LIMITS.items()])
def test_limit_has_a_most(key: str, most: int) -> None:
    """The number itself is taken, and one more is not."""
    assert value_of(key, most) == most
    assert refusal(**{key: most + 1}).startswith(f"{key}={most + 1} cannot be: set ")


def test_block_has_no_more_messages_than_its_item_holds() -> None:
    """All of a block's day are in one item of DynamoDB's, which holds 400 KB."""
    assert MOST_PER_BLOCK == 200
    assert refusal(blockPerHour="201").startswith("blockPerHour=201 cannot be: set ")


@pytest.mark.parametrize("key", LIMITS)
def test_limit_in_python_is_off_by_none(key: str) -> None:
    """The type says so: a number or None."""
    assert getattr(in_python(**{NAMES[key]: None}), NAMES[key]) is None
    assert getattr(in_python(**{NAMES[key]: "off"}), NAMES[key]) is None


@pytest.mark.parametrize("key", LIMITS)
def test_limit_that_is_null_in_cdk_json_is_the_default(key: str) -> None:
    """As for every key: only `off` is none."""
    default, _ = LIMITS[key]
    for nothing in (None, ""):
        given = {**context(), key: nothing}
        assert getattr(Config.from_context(given), NAMES[key]) == default


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("US=20000,CA=off", id="text"),
        pytest.param(" us = 20000 , ca = OFF ,", id="lower case, and spaces"),
        pytest.param(["US=20000", "CA=off"], id="list, as in cdk.json"),
        pytest.param({"US": 20000, "CA": "off"}, id="mapping, as in cdk.json"),
        pytest.param({" us": "20000", "ca ": None}, id="mapping with spaces"),
    ],
)
def test_limits_of_countries_may_be_written_in_many_ways(given: Any) -> None:
    """The same limits, each with its country's code as the send function compares it."""
    limits = value_of("countriesPerDay", given)
    assert dict(limits) == {"CA": None, "US": 20000}
    assert list(limits) == ["CA", "US"]


def test_limits_of_countries_cannot_be_changed_afterwards() -> None:
    """They are as frozen as the rest, and given to another configuration they are the same."""
    given = {"US": 5}
    config = in_python(countries_per_day=given)
    given["US"] = 6
    assert config.countries_per_day == {"US": 5}
    with pytest.raises(TypeError):
        config.countries_per_day["US"] = 6  # type: ignore[index]  # what is tested
    other = Config(**{**dict(config), "brand_name": "Other"})
    assert other.countries_per_day == config.countries_per_day


@pytest.mark.parametrize(
    ("key", "given", "read"),
    [
        ("allowedNumberTypes", "VOIP, MOBILE,VOIP", ("MOBILE", "VOIP")),
        ("allowedNumberTypes", ["TOLL_FREE"], ("TOLL_FREE",)),
        ("blockedPrefixes", "+4470,+1876", ("+1876", "+4470")),
        ("blockedPrefixes", ["+4470"], ("+4470",)),
        ("allowedBrandNames", "B,A", ("A", "B")),
        ("allowedBrandNames", ["Smith, Jones", "A"], ("A", "Smith, Jones")),
        ("allowedBrandNames", [7], ("7",)),
        ("allowedOriginationIdentities", "EXAMPLE,+18555550142", ("+18555550142", "EXAMPLE")),
        ("allowedOriginationIdentities", [12345], ("12345",)),
        ("sandboxNumbers", "true", True),
        ("sandboxNumbers", False, False),
        ("alarmVerifiedPercent", "0", 0),
        ("alarmVerifiedVolume", 1, 1),
        ("alarmVerifiedCountries", "us,CA", ("CA", "US")),
        ("alarmVerifiedCountries", [], ()),
        ("alarmVerifiedCountries", ",", ()),
        ("alarmWrongCodesPercent", "60", 60),
        ("alarmRefusedPerHour", "0", 0),
        ("alarmTextsPerHour", "700", 700),
    ],
)
def test_key_is_read(key: str, given: Any, read: object) -> None:
    """From the command line's text and from JSON; a list's items may hold commas."""
    assert value_of(key, given) == read


@pytest.mark.parametrize("given", [{"A", "B"}, frozenset({"B", "A"}), ["B", "A"], ("A", "B")])
def test_list_in_python_may_be_any_of_pythons_own(given: Any) -> None:
    """Read as it was meant, and not by how Python writes it."""
    assert in_python(allowed_brand_names=given).allowed_brand_names == ("A", "B")


# --- Refused ---


@pytest.mark.parametrize("key", LIMITS)
@pytest.mark.parametrize("given", ["0", "-1", "1.5", "none", "5 a day", True, False, [5], {"a": 5}])
def test_limit_that_is_none_is_refused(key: str, given: Any) -> None:
    """The sentence names the key, says that `off` is a value, and has an example."""
    line = refusal(**{key: given})
    assert line.startswith(f"{key}=")
    assert " cannot be: set " in line
    assert "or off" in line
    example = re.search(rf"\(-c {key}=(\d+)\)\.$", line)
    assert example
    assert value_of(key, example[1]) == int(example[1])


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("US", id="no limit"),
        pytest.param("US=", id="an empty limit"),
        pytest.param("=5", id="no country"),
        pytest.param("US=0", id="nothing"),
        pytest.param("US=-1", id="less than nothing"),
        pytest.param("US=5=6", id="two limits"),
        pytest.param("US=5,us=6", id="a country twice"),
        pytest.param("US:5", id="no equals sign"),
        pytest.param("US=5;CA=6", id="no comma"),
        pytest.param(f"US={MOST_MESSAGES + 1}", id="too many"),
        pytest.param(5, id="a number"),
        pytest.param(True, id="true"),
        pytest.param({"US": 0}, id="a mapping to nothing"),
        pytest.param({"US": True}, id="a mapping to true"),
        pytest.param({"US": [5]}, id="a mapping to a list"),
        pytest.param({"US": 5, "us": 6}, id="a mapping with a country twice"),
        pytest.param({"": 5}, id="a mapping of no country"),
        pytest.param([{"US": 5}], id="a list of mappings"),
        pytest.param([None], id="a list of nothing"),
    ],
)
def test_limits_of_countries_that_are_none_are_refused(given: Any) -> None:
    """Whatever could be read in two ways, too: a limit that is not heeded would go unnoticed."""
    line = refusal(countriesPerDay=given)
    assert line.startswith("countriesPerDay=")
    assert line.endswith(" (-c countriesPerDay=US=20000,CA=500).")
    assert dict(value_of("countriesPerDay", "US=20000,CA=500")) == {"CA": 500, "US": 20000}


@pytest.mark.parametrize("given", ["UK=5,US=6", {"UK": 5, "US": 6}, ["US=6", "UK=5"]])
def test_limit_of_an_unknown_country_is_refused(given: Any) -> None:
    """It names the code that is none, and no other."""
    assert refusal(countriesPerDay=given).startswith("countriesPerDay holds UK, which is no ISO ")


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("allowedNumberTypes", "CELLULAR"),
        ("allowedNumberTypes", "mobile"),
        ("allowedNumberTypes", "UNKNOWN"),
        ("allowedNumberTypes", "MOBILE VOIP"),
        ("blockedPrefixes", "4470"),
        ("blockedPrefixes", 4470),
        ("blockedPrefixes", "+"),
        ("blockedPrefixes", "+0"),
        ("blockedPrefixes", "+44 70"),
        ("blockedPrefixes", "+44*"),
        ("allowedBrandNames", "x" * 21),
        ("allowedBrandNames", ["A", "Bell\x07"]),
        ("allowedBrandNames", ["A", None]),
        ("allowedBrandNames", [["A"]]),
        ("allowedBrandNames", {"A": "B"}),
        ("allowedOriginationIdentities", "*"),
        ("allowedOriginationIdentities", "+1 855 555 0142"),
        ("allowedOriginationIdentities", {"A": "B"}),
        ("sandboxNumbers", "yes"),
        ("alarmVerifiedPercent", "101"),
        ("alarmVerifiedPercent", "off"),
        ("alarmVerifiedVolume", "0"),
        ("alarmVerifiedCountries", {"US": "CA"}),
        ("alarmWrongCodesPercent", "101"),
        ("alarmRefusedPerHour", "-1"),
        ("alarmTextsPerHour", "off"),
    ],
)
def test_impossible_value_is_refused(key: str, given: Any) -> None:
    """The sentence names the key, and its example works."""
    line = refusal(**{key: given})
    assert line.startswith(f"{key}=")
    assert " cannot be: set " in line
    example = re.search(rf"\(-c {key}=(\S+)\)\.$", line)
    assert example
    value_of(key, example[1])


@pytest.mark.parametrize("given", ["UK", "US,UK"])
def test_unknown_country_to_watch_is_refused(given: str) -> None:
    """As one that is to be texted."""
    assert refusal(alarmVerifiedCountries=given).startswith("alarmVerifiedCountries holds UK, ")


@pytest.mark.parametrize(
    "name",
    [
        *("allowed_number_types", "blocked_prefixes", "allowed_brand_names"),
        *("allowed_origination_identities", "countries_per_day", "sandbox_numbers"),
        *("alarm_verified_percent", "alarm_refused_per_hour", "api_burst"),
    ],
)
def test_none_in_python_is_refused_where_it_means_nothing(name: str) -> None:
    """With the sentence, and not by an error somewhere in the stack."""
    key = keys()[name].name
    assert refusal_in_python(**{name: None}).startswith(f"{key}=None cannot be: set ")


# --- What cannot be together ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"countriesPerDay": "US=5,DE=6,FR=off"},
            "countriesPerDay holds DE, FR, which allowedCountries does not",
            id="a limit of what is not texted",
        ),
        pytest.param(
            {"alarmVerifiedCountries": "US,DE"},
            "alarmVerifiedCountries holds DE, which allowedCountries does not",
            id="an alarm on what is not texted",
        ),
        pytest.param(
            {"allowedNumberTypes": []}, "allowedNumberTypes holds none", id="no type, as JSON"
        ),
        pytest.param(
            {"allowedNumberTypes": ","}, "allowedNumberTypes holds none", id="no type, as text"
        ),
        pytest.param(
            {
                "allowedCountries": "US,CA,DE,FR,GB,ES,IT,AT,CH,NL,BE",
                "alarmVerifiedCountries": "US,CA,DE,FR,GB,ES,IT,AT,CH,NL,BE",
            },
            "alarmVerifiedCountries holds 11 countries: set at most 10",
            id="too many alarms",
        ),
        pytest.param(
            {"allowedOriginationIdentities": [f"{sender:0250}" for sender in range(12)]},
            "The longest is OTP_ALLOWED_ORIGINATION_IDENTITIES.",
            id="more than Lambda takes",
        ),
    ],
)
def test_what_is_surely_a_mistake_is_refused(given: Mapping[str, Any], said: str) -> None:
    """The sentence names the key and what of it is wrong."""
    assert said in refusal(**given)


def test_ten_countries_may_be_watched() -> None:
    """The most that is taken."""
    ten = "AT,BE,CA,CH,DE,ES,FR,GB,IT,US"
    config = configured(allowedCountries=ten, alarmVerifiedCountries=ten)
    assert config.alarm_verified_countries == tuple(ten.split(","))


def test_every_country_may_be_allowed() -> None:
    """And a good many of them limited: the function's environment has room for it."""
    codes = [f"{first}{second}" for first in ascii_uppercase for second in ascii_uppercase]
    unknown = refusal(allowedCountries=codes).removeprefix("allowedCountries holds ")
    every = sorted(set(codes) - set(unknown.partition(", which ")[0].split(", ")))
    limits = ",".join(f"{code}=100000" for code in every[:100])
    assert len(configured(allowedCountries=every, countriesPerDay=limits).allowed_countries) > 240


# --- What is never reached ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            {"alarmTextsPerHour": "1000"},
            "alarmTextsPerHour=1000 never warns: deploymentPerHour=1000 stops sending first. "
            "Set alarmTextsPerHour below 1000, or raise deploymentPerHour.",
            id="an alarm at the cap",
        ),
        pytest.param(
            {"deploymentPerHour": "500"},
            "alarmTextsPerHour=800 never warns: deploymentPerHour=500 stops sending first. "
            "Set alarmTextsPerHour below 500, or raise deploymentPerHour.",
            id="an alarm above the cap",
        ),
        pytest.param(
            {"destinationPer10Minutes": "11"},
            "destinationPer10Minutes=11 is never reached: destinationPerDay=10 refuses messages "
            "first. Set destinationPer10Minutes to at most 10, or raise destinationPerDay.",
            id="more in ten minutes than in a day",
        ),
        pytest.param(
            {"callerPerHour": "1001"},
            "callerPerHour=1001 is never reached: deploymentPerHour=1000 refuses messages first. "
            "Set callerPerHour to at most 1000, or raise deploymentPerHour.",
            id="more for one than for all",
        ),
    ],
)
def test_what_is_never_reached_is_told(given: dict[str, str], said: str) -> None:
    """With what to set; it is no reason to refuse: a cap may be lowered in a hurry."""
    [(_, sentence)] = unreachable(configured(**given))
    assert sentence == said


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="the defaults"),
        pytest.param({"alarmTextsPerHour": "999"}, id="an alarm below the cap"),
        pytest.param({"alarmTextsPerHour": "5000", "deploymentPerHour": "off"}, id="no cap"),
        pytest.param({"alarmTextsPerHour": "5000", "alarms": "false"}, id="no alarms"),
        pytest.param({"deploymentPerHour": "500", "alarms": "false"}, id="a cap, and no alarms"),
        pytest.param({"destinationPerDay": "3"}, id="fewer in a day than ten minutes' default"),
        pytest.param({"destinationPerDay": "off"}, id="no limit of a day"),
        pytest.param({"destinationPer10Minutes": "10"}, id="a day's in ten minutes"),
        pytest.param({"destinationPer10Minutes": "off"}, id="no limit of ten minutes"),
        pytest.param({"callerPerHour": "1000"}, id="all for one"),
        pytest.param({"callerPerHour": "5000", "deploymentPerHour": "off"}, id="one of no cap"),
    ],
)
def test_nothing_is_told_of_what_can_be_reached(given: dict[str, str]) -> None:
    """Nor of a default that a lower limit has overtaken: nobody relies on it."""
    assert list(unreachable(configured(**given))) == []


@pytest.mark.parametrize("key", LIMITS)
def test_every_limit_can_be_lowered_alone(key: str) -> None:
    """Whatever the other keys are: in an emergency, nobody wants to hear of them."""
    assert value_of(key, "1") == 1
    generous = {name: min(most, 900) for name, (_, most) in LIMITS.items()}
    assert getattr(configured(**{**generous, key: 1}), NAMES[key]) == 1
