"""The configuration: accepted and refused values, and the messages to the operator.

The generated tables of docs/configuration.md show the defaults and most combinations.
"""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from infra.config import PYTHON_VERSIONS, Config, ConfigError, keys
from infra.config.never_texted import never_texted
from infra.config.unreachable import unreachable
from lambda_src.otp.rules.destination import COUNTRIES, NO_COUNTRY
from tests.support.templates import CONTEXT, cdk_context, context, pairs

#: The required keys; createApplication can replace the first.
REQUIRED = ("applicationId", "originationIdentity", "brandName", "allowedCountries")

#: The lower and upper bound of every number.
BOUNDS = {
    "destinationPer10Minutes": (1, 1000),
    "destinationPerDay": (1, 1000),
    "destinationIntervalSeconds": (1, 3600),
    "blockPerHour": (1, 200),  # one item of 400 KB holds a block's day
    **dict.fromkeys(("countryPerDay", "callerPerHour", "deploymentPerHour"), (1, 100_000_000)),
    **dict.fromkeys(("provisionedConcurrency", "reservedConcurrency"), (1, 1_000_000)),
    **{
        f"{of}{what}": (1, most)
        for of in ("api", "send", "verify")
        for what, most in (("RequestsPerSecond", 10_000), ("Burst", 5000))
    },
    "wafRateLimit": (10, 2_000_000_000),
    **{
        f"alarm{of}Percent": (0, 100)
        for of in ("ServerError", "Crash", "OutcomeUnknown", "Verified", "WrongCodes")
    },
    "alarmLatencyMs": (1, 28_000),
    **dict.fromkeys(("alarmTextsPerHour", "alarmVerifiedVolume"), (1, 100_000_000)),
    **dict.fromkeys(("alarmRefusedPerHour", "alarmGuardedPerHour"), (0, 100_000_000)),
    "guardAllowance": (1, 10_000),
    "guardTextsPerVerified": (1, 100),
    "guardProbeSeconds": (1, 3600),
}
#: The numbers that can be `off`.
LIMITS = (
    *("destinationPer10Minutes", "destinationPerDay", "destinationIntervalSeconds"),
    *("blockPerHour", "countryPerDay", "callerPerHour", "deploymentPerHour"),
)
KEY = "allowedCountries"
NAMES = {key.name: name for name, key in keys().items()}


def configured(**given: Any) -> Config:
    """Read the required settings with changes."""
    return Config.from_context(context(**given))


def value_of(key: str, given: Any) -> Any:
    """Return the value that a key is read as."""
    needed: dict[str, dict[str, Any]] = {
        "wafRateLimit": {"waf": "true"},
        "guardTextsPerVerified": {"alarmVerifiedPercent": 100},
    }
    return getattr(configured(**{**needed.get(key, {}), key: given}), NAMES[key])


def in_python(**given: Any) -> Config:
    """Create a configuration in Python, as another team's stack does."""
    return Config(**{**{NAMES[key]: value for key, value in CONTEXT.items()}, **given})


def problems(context: dict[str, Any]) -> list[str]:
    """Return the lines of the error for a context, or no lines if it is accepted."""
    try:
        Config.from_context(context)
    except ConfigError as refused:
        return str(refused).splitlines()
    return []


def refusal(key: str, given: Any) -> str:
    """Return the one sentence that refuses a value; it names the key and ends in its example."""
    [line] = problems(context(**{key: given}))
    assert line.startswith((f"{key}=", f"{key} holds "))
    assert line.endswith(f" (-c {key}={keys()[NAMES[key]].example}).")
    return line


# --- Accepted ---


@pytest.mark.parametrize(
    ("key", "given", "read"),
    [
        *(("pythonVersion", version, version) for version in PYTHON_VERSIONS),
        *(("architecture", processor, processor) for processor in ("arm64", "x86_64")),
        ("brandName", "Café 24/7 & Söhne", "Café 24/7 & Söhne"),
        *(("originationIdentity", of, str(of)) for of in ("+18555550142", 12345, "arn:a:p/p-1")),
        *((KEY, given, ("CA", "US")) for given in ("us,cA", ["US", "CA"], " CA, US ,CA,")),
        ("allowedNumberTypes", "VOIP, MOBILE,VOIP", ("MOBILE", "VOIP")),
        ("blockedPrefixes", "+4470,+1876", ("+1876", "+4470")),
        ("allowedBrandNames", ["Smith, Jones", "A"], ("A", "Smith, Jones")),
        ("allowedOriginationIdentities", "EXAMPLE,+18555550142", ("+18555550142", "EXAMPLE")),
        *(("sandboxNumbers", "False", False), ("sandboxNumbers", True, True)),
        ("alarmVerifiedCountries", "us,CA", ("CA", "US")),
        *(("alarmVerifiedCountries", [], ()), ("alarmVerifiedCountries", ",", ())),
        *(
            ("countriesPerDay", given, {"CA": None, "US": 20000})
            for given in (
                *(" us = 20000 , ca = OFF ,", ["US=20000", "CA=off"]),
                *({"US": 20000, "CA": "off"}, {" us": "20000", "ca ": None}),
            )
        ),
        *((key, given, None) for key in LIMITS for given in ("off", "OFF")),
    ],
)
def test_a_key_is_read(key: str, given: Any, read: object) -> None:
    """Text from the command line and JSON from cdk.json mean the same."""
    found = value_of(key, given)
    assert found == read
    # Sorted, because a template must not depend on the order in which it was written.
    assert not isinstance(read, dict) or list(found) == list(read)


@pytest.mark.parametrize(("key", "least", "most"), [(key, *of) for key, of in BOUNDS.items()])
def test_a_number_has_bounds(key: str, least: int, most: int) -> None:
    """They depend on no other key, so that a limit can be lowered in a hurry."""
    for bound in (least, most):
        assert value_of(key, bound) == value_of(key, str(bound)) == bound
    no_numbers = ("1.5", True, [5]) if key in LIMITS else ("1.5", True, [5], "off")
    for value in (least - 1, most + 1, *no_numbers):
        line = refusal(key, value)
        assert " is invalid: set " in line
        assert ("or off" in line) == (key in LIMITS)


def test_no_number_is_forgotten() -> None:
    """BOUNDS has every number, and LIMITS every number that can be off."""
    integers = {keys()[name].name for name, value in configured() if type(value) is int}
    assert integers - {"logRetentionDays"} <= BOUNDS.keys()
    assert tuple(key.name for key in keys().values() if key.may_be_off) == LIMITS


def test_an_empty_optional_value_is_the_default() -> None:
    """A script that passes `-c key=$VALUE` with an unset variable gets the default."""
    empty = {"waf": "", "alarms": None, "destinationPerDay": None}
    assert Config.from_context({**context(), **empty}) == configured()


def test_python_values_may_have_any_suitable_type() -> None:
    """Any collection works, and None means no limit."""
    assert in_python() == configured()
    for given in ({"A", "B"}, frozenset({"B", "A"}), ["B", "A"], ("A", "B")):
        assert in_python(allowed_brand_names=given).allowed_brand_names == ("A", "B")
    for none in (None, "off"):
        assert in_python(destination_per_day=none).destination_per_day is None


def test_limits_of_countries_are_immutable() -> None:
    """They can be passed to another configuration unchanged."""
    given = {"US": 5}
    config = in_python(countries_per_day=given)
    given["US"] = 6
    with pytest.raises(TypeError):
        config.countries_per_day["US"] = 6  # type: ignore[index]  # what is tested
    other = Config(**{**dict(config), "brand_name": "Other"})
    assert other.countries_per_day == config.countries_per_day == {"US": 5}


def test_an_application_that_is_to_be_created_has_no_id() -> None:
    """With createApplication, as JSON in cdk.json or as text on the command line."""
    for true in (True, "True"):
        assert configured(applicationId=None, createApplication=true).application_id is None


# --- Missing ---


def test_all_missing_keys_are_named_at_once_with_examples_that_work() -> None:
    """An operator who sets nothing learns every required key from one run."""
    lines = problems({})

    assert len(lines) == len(REQUIRED)
    for key, line in zip(REQUIRED, lines, strict=True):
        assert line.startswith(f"Set {key}: ")
    proposed = dict(re.findall(r"\(-c (\w+)=(\S+)\)", "\n".join(lines)))
    # Without a Pinpoint application, an operator needs the key that creates one.
    assert proposed.pop("createApplication") == "true"
    assert proposed.keys() == set(REQUIRED)
    assert Config.from_context(proposed).application_id == proposed["applicationId"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, None) for key in REQUIRED),
        *(("brandName", ""), ("allowedCountries", []), ("allowedCountries", ",")),
    ],
)
def test_only_the_missing_key_is_named(key: str, value: Any) -> None:
    """An empty value or an empty list of countries counts as missing."""
    [line] = problems(context(**{key: value}))
    assert line.startswith(f"Set {key}: ")


# --- Invalid ---


#: Invalid values by key, also ambiguous ones: nobody would notice that a limit does not apply.
INVALID: dict[str, list[Any]] = {
    "brandName": ["x" * 21, "Example\x07"],
    "originationIdentity": ["+1 855 555 0142", "*", "1" * 257],
    "applicationId": ["*", "a/b"],
    "language": ["xx-XX", "en"],
    "pythonVersion": ["3.10", "3"],
    "architecture": ["arm"],
    "createApplication": ["yes"],
    "profile": ["prod"],
    "region": ["Frankfurt", "eu-north-1", "cn-north-1"],
    "stackName": ["otp_staging"],
    "customerKey": ["maybe"],
    "logRetentionDays": ["31"],
    "allowedPrincipals": ["12345678901", "arn:aws:iam::123456789012:root"],
    "domainName": ["https://otp.example.com"],
    "certificateArn": ["otp.example.com"],
    "apiGatewayLogRole": ["true"],
    "alarmTopicArn": ["on-call"],
    "runbookUrl": ["a b"],
    "countriesPerDay": [
        *("US", "US=", "=5", "US=0", "US=5=6", "US=5,us=6", "US=5;CA=6", "US=100000001"),
        *(5, {"US": True}, {"US": [5]}, {"US": 5, "us": 6}, {"": 5}, [{"US": 5}], [None]),
    ],
    "allowedNumberTypes": ["CELLULAR", "mobile", "UNKNOWN", "MOBILE VOIP"],
    "blockedPrefixes": ["4470", 4470, "+", "+0", "+44 70", "+44*", "+1234567890123456"],
    "allowedBrandNames": ["x" * 21, ["A", "Bell\x07"], ["A", None], [["A"]], {"A": "B"}],
    "allowedOriginationIdentities": ["*", "+1 855 555 0142", {"A": "B"}],
    "sandboxNumbers": ["yes"],
    "alarmVerifiedCountries": [{"US": "CA"}],
    "guard": ["on", "true", "Refuse"],
    "guardRanges": ["+49-15123", "49-", "0-1", "US", "49 151"],
}


@pytest.mark.parametrize(("key", "values"), INVALID.items())
def test_an_invalid_value_is_refused(key: str, values: list[Any]) -> None:
    """In one sentence that names the key and the error."""
    for given in values:
        assert refusal(key, given).startswith(f"{key}=")


@pytest.mark.parametrize(
    ("key", "given", "unknown", "instead"),
    [
        ("allowedCountries", "US CA", "US CA", "other codes (-c allowedCountries=US,CA)"),
        ("allowedCountries", ["GB", "UK", "US", "XX"], "UK, XX", "GB for UK"),
        ("countriesPerDay", "UK=5,US=6", "UK", "GB for UK"),
        ("alarmVerifiedCountries", "US,UK", "UK", "GB for UK"),
        # No number belongs to these.
        ("allowedCountries", "AQ,UM", "AQ, UM", "NZ for AQ, US for UM"),
        ("allowedCountries", "BV,GS,HM,US", "BV, GS, HM", "NO for BV, FK for GS, AU for HM"),
        (KEY, "AC,PN,TA,TF", "AC, PN, TA, TF", "SH for AC, NZ for PN, SH for TA, RE"),
    ],
)
def test_all_unknown_countries_are_named(key: str, given: Any, unknown: str, instead: str) -> None:
    """The code of the United Kingdom, for example, is GB."""
    line = refusal(key, given)
    assert line.startswith(f"{key} holds {unknown}: no phone number has such an ISO ")
    assert f" country code; set {instead}" in line


@pytest.mark.parametrize(
    "name", ["blocked_prefixes", "countries_per_day", "sandbox_numbers", "api_burst"]
)
def test_none_in_python_is_refused_where_it_has_no_meaning(name: str) -> None:
    """With that key's sentence, and not with an error later in the stack."""
    with pytest.raises(ConfigError, match=f"^{keys()[name].name}=None is invalid: set [^\n]*$"):
        in_python(**{name: None})


def test_a_python_that_lambda_does_not_have_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By default the functions use the operator's Python, which may be newer than Lambda's."""
    newer = SimpleNamespace(version_info=SimpleNamespace(major=3, minor=99))
    monkeypatch.setattr("infra.config.functions.sys", newer)

    [line] = problems(context())

    assert line.startswith("pythonVersion=3.99 is invalid: ")
    [version] = re.findall(r"\(-c pythonVersion=(\S+)\)", line)
    assert configured(pythonVersion=version).python_version in PYTHON_VERSIONS


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("python-version", "pythonVersion"), ("brandname", "brandName"), ("regions", "region")],
)
def test_a_typo_is_refused_with_the_key_that_was_meant(typo: str, meant: str) -> None:
    """The CDK also reads ~/.cdk.json, so the message names it."""
    said = f"There is no configuration key {typo}; did you mean {meant}? The CDK also reads "
    assert problems(context(**{typo: "x"})) == [f"{said}~/.cdk.json."]


def test_missing_invalid_and_unknown_keys_are_reported_together() -> None:
    """One run reports every error, one sentence a line."""
    lines = problems(context(brandName=None, architecture="arm", regoin="x"))
    assert [line.split()[0] for line in lines] == ["Set", "architecture=arm", "There"]


def test_keys_of_other_tools_are_ignored() -> None:
    """Those of the CDK, of an account's lookups, and of an operator's tools in ~/.cdk.json."""
    of_others = [
        *("owner", "cost-center", "team", "zzz"),
        *("aws:cdk:enable-path-metadata", "aws-cdk:enableDiffNoFail", "cli-telemetry"),
        *("aws-cdk-lib/core:anything", "acknowledged-issue-numbers"),
        "availability-zones:account=123456789012:region=us-east-1",
    ]
    assert configured(**dict.fromkeys(of_others, True), **cdk_context()) == configured()


# --- Combinations ---

#: A territory, and the country that its numbers count as, with the default number types.
NEVER = pairs("AX=FI BL=GP CC=AU CX=AU EH=MA MF=GP SJ=NO VA=IT")
TEN = "AT,BE,CA,CH,DE,ES,FR,GB,IT,US"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("profile=production region=eu-west-1 sandboxNumbers=true", "for the sandbox"),
        ("countriesPerDay=US=5,DE=6,FR=off", "holds DE, FR, which allowedCountries does not"),
        ("alarmVerifiedCountries=US,DE", "holds DE, which allowedCountries does not"),
        ("allowedNumberTypes=,", "allowedNumberTypes is empty"),
        # No number would get a text: they count as another country's, or are of other types.
        *(
            (
                f"{KEY}={code}",
                f"numbers of {code} count as {of}. Set {KEY} to these (-c {KEY}={of})",
            )
            for code, of in NEVER.items()
        ),
        ("allowedCountries=BL,VA", "(-c allowedCountries=GP,IT)."),
        (f"{KEY}=US allowedNumberTypes=MOBILE", "allowedNumberTypes, but of FIXED_LINE_OR_MOBILE"),
        ("allowedCountries=CA allowedNumberTypes=TOLL_FREE", "numbers of CA count as US."),
        # At least some numbers of these are told apart, like a landline of Åland.
        *((f"allowedCountries={code}", None) for code in ("GB", "GG", "IM", "JE", "SH", "XK")),
        ("allowedCountries=AX allowedNumberTypes=FIXED_LINE", None),
        (f"{KEY}={TEN},NL alarmVerifiedCountries={TEN},NL", "holds 11 countries: set at most 10"),
        (
            f"allowedOriginationIdentities={','.join(f'{sender:0250}' for sender in range(12))}",
            "The longest is OTP_ALLOWED_ORIGINATION_IDENTITIES.",
        ),
        ("snapStart=true region=us-gov-west-1 pythonVersion=3.13", "no SnapStart in us-gov"),
        *(
            (f"guardTextsPerVerified=3 guard={guard}", "guardTextsPerVerified=3 cuts off ranges")
            for guard in ("record", "refuse")
        ),
        ("guard=refuse alarmVerifiedPercent=24", "(-c guardTextsPerVerified=5)"),
        ("guardTextsPerVerified=3 guard=off", None),
        ("guardTextsPerVerified=3 alarmVerifiedPercent=34", None),
        # Nobody relies on a default.
        ("alarmVerifiedPercent=0", None),
        # Just possible: the first Python with snapshots, and warm functions only.
        (f"allowedCountries={TEN} alarmVerifiedCountries={TEN}", None),
        ("snapStart=true pythonVersion=3.12", None),
        ("provisionedConcurrency=2 reservedConcurrency=2", None),
    ],
)
def test_an_invalid_combination_is_refused_in_one_sentence(given: str, said: str | None) -> None:
    """Before synthesis: a deployment would fail after minutes, or not do what it says."""
    lines = problems(context(**pairs(given)))
    assert [(said or "") in line for line in lines] == ([True] if said else [])


def test_every_country_can_be_allowed() -> None:
    """With limits for many of them. `never_texted` names those that have no numbers."""
    every = sorted(COUNTRIES - {NO_COUNTRY})
    limits = ",".join(f"{code}=100000" for code in every[:100])
    config = configured(allowedCountries=every, countriesPerDay=limits)
    assert len(config.allowed_countries) > 240
    assert never_texted(config) == {code: {other} for code, other in NEVER.items()}


# --- Settings without effect ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("alarmTextsPerHour=1000", "=1000 never warns: deploymentPerHour=1000 stops sending first"),
        ("deploymentPerHour=500", "alarmTextsPerHour=800 never warns: deploymentPerHour=500 "),
        ("destinationPer10Minutes=11", "=11 is never reached: destinationPerDay=10 refuses "),
        (f"{KEY}=BL,US", "holds BL, and texts nobody there: numbers of BL count as GP. All"),
        (f"{KEY}=DE,US allowedNumberTypes=MOBILE", "there: no number of US is of a type in "),
        ("callerPerHour=1001", "=1001 is never reached: deploymentPerHour=1000 refuses "),
        ("alarmTextsPerHour=999", None),
        ("alarmTextsPerHour=5000 deploymentPerHour=off", None),
        ("alarmTextsPerHour=5000 alarms=false", None),
        # No warning about a default, because nobody relies on it.
        *(("destinationPerDay=3", None), ("destinationPerDay=off", None)),
        *(("destinationPer10Minutes=10", None), ("callerPerHour=1000", None)),
    ],
)
def test_a_setting_without_effect_gets_a_warning(given: str, said: str | None) -> None:
    """It says what to set. It is no error: an operator may lower a limit in a hurry."""
    told = [sentence for _, sentence in unreachable(configured(**pairs(given)))]
    assert [(said or "") in sentence for sentence in told] == ([True] if said else [])
