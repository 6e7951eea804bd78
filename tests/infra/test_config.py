"""The configuration: what is refused, what is accepted, and what an operator is told.

The defaults, and most of what cannot be together, are in the generated tables of
docs/configuration.md.
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

#: What must be set, and how the text names it: the application may come from two keys.
REQUIRED = ("applicationId", "originationIdentity", "brandName", "allowedCountries")

#: The least and the most of every number.
BOUNDS = {
    "destinationPer10Minutes": (1, 1000),
    "destinationPerDay": (1, 1000),
    "destinationIntervalSeconds": (1, 3600),
    "blockPerHour": (1, 200),  # all of a block's day are in one item of DynamoDB's, of 400 KB
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
#: The numbers that may be `off`.
LIMITS = (
    *("destinationPer10Minutes", "destinationPerDay", "destinationIntervalSeconds"),
    *("blockPerHour", "countryPerDay", "callerPerHour", "deploymentPerHour"),
)
NAMES = {key.name: name for name, key in keys().items()}


def configured(**given: Any) -> Config:
    """Read the least context with changes."""
    return Config.from_context(context(**given))


def value_of(key: str, given: Any) -> Any:
    """Give what a key is read as."""
    needed: dict[str, dict[str, Any]] = {
        "wafRateLimit": {"waf": "true"},
        "guardTextsPerVerified": {"alarmVerifiedPercent": 100},
    }
    return getattr(configured(**{**needed.get(key, {}), key: given}), NAMES[key])


def in_python(**given: Any) -> Config:
    """Configure as another team's stack does."""
    return Config(**{**{NAMES[key]: value for key, value in CONTEXT.items()}, **given})


def problems(context: dict[str, Any]) -> list[str]:
    """Give the lines of what is said about a context, which are none where it is taken."""
    try:
        Config.from_context(context)
    except ConfigError as refused:
        return str(refused).splitlines()
    return []


def refusal(key: str, given: Any) -> str:
    """Give the one sentence about a value that is refused: of the key, with its example."""
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
        *(
            ("originationIdentity", identity, str(identity))
            for identity in ("+18555550142", 12345, "arn:aws:sms-voice:us-east-1:1234:pool/p-01")
        ),
        *(
            ("allowedCountries", given, ("CA", "US"))
            for given in ("us,cA", ["US", "CA"], " CA, US ,CA,")
        ),
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
def test_key_is_read(key: str, given: Any, read: object) -> None:
    """From the command line's text and from JSON, in every way in which it may be written."""
    found = value_of(key, given)
    assert found == read
    # In the one order, whatever it was written in: a template must not differ by that.
    assert not isinstance(read, dict) or list(found) == list(read)


@pytest.mark.parametrize(("key", "least", "most"), [(key, *of) for key, of in BOUNDS.items()])
def test_number_has_bounds(key: str, least: int, most: int) -> None:
    """Whatever the other keys are: nobody wants to hear of those who lowers a limit in a hurry."""
    for bound in (least, most):
        assert value_of(key, bound) == value_of(key, str(bound)) == bound
    no_numbers = ("1.5", True, [5]) if key in LIMITS else ("1.5", True, [5], "off")
    for value in (least - 1, most + 1, *no_numbers):
        line = refusal(key, value)
        assert " is invalid: set " in line
        assert ("or off" in line) == (key in LIMITS)


def test_no_number_is_forgotten() -> None:
    """Each has its bounds above, and those that may be off say so."""
    integers = {keys()[name].name for name, value in configured() if type(value) is int}
    assert integers - {"logRetentionDays"} <= BOUNDS.keys()
    assert tuple(key.name for key in keys().values() if key.may_be_off) == LIMITS


def test_empty_optional_value_is_the_default() -> None:
    """A script that passes `-c key=$VALUE` without a value gets the default, as `null` does."""
    empty = {"waf": "", "alarms": None, "destinationPerDay": None}
    assert Config.from_context({**context(), **empty}) == configured()


def test_values_in_python_may_be_any_of_pythons_own() -> None:
    """Read as they were meant, and not by how Python writes them; None is no limit."""
    assert in_python() == configured()
    for given in ({"A", "B"}, frozenset({"B", "A"}), ["B", "A"], ("A", "B")):
        assert in_python(allowed_brand_names=given).allowed_brand_names == ("A", "B")
    for none in (None, "off"):
        assert in_python(destination_per_day=none).destination_per_day is None


def test_limits_of_countries_cannot_be_changed_afterwards() -> None:
    """They are as frozen as the rest, and given to another configuration they are the same."""
    given = {"US": 5}
    config = in_python(countries_per_day=given)
    given["US"] = 6
    with pytest.raises(TypeError):
        config.countries_per_day["US"] = 6  # type: ignore[index]  # what is tested
    other = Config(**{**dict(config), "brand_name": "Other"})
    assert other.countries_per_day == config.countries_per_day == {"US": 5}


def test_application_to_be_created_has_no_id_yet() -> None:
    """As JSON in cdk.json and as text on the command line, createApplication replaces the ID."""
    for true in (True, "True"):
        assert configured(applicationId=None, createApplication=true).application_id is None


# --- Missing ---


def test_everything_that_is_missing_is_named_at_once_with_examples_that_work() -> None:
    """An operator who sets nothing learns all there is to set from one run."""
    lines = problems({})

    assert len(lines) == len(REQUIRED)
    for key, line in zip(REQUIRED, lines, strict=True):
        assert line.startswith(f"Set {key}: ")
    proposed = dict(re.findall(r"\(-c (\w+)=(\S+)\)", "\n".join(lines)))
    # Whoever has no Pinpoint application learns of the key that creates one.
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
def test_one_missing_value_is_the_only_one_named(key: str, value: Any) -> None:
    """What is set already is not asked for again; an empty value, or no country at all, is none."""
    [line] = problems(context(**{key: value}))
    assert line.startswith(f"Set {key}: ")


# --- Impossible ---


#: What is no value, by key. Whatever could be read in two ways, too: a limit that is not heeded
#: would go unnoticed.
IMPOSSIBLE: dict[str, list[Any]] = {
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


@pytest.mark.parametrize(("key", "values"), IMPOSSIBLE.items())
def test_impossible_value_is_refused(key: str, values: list[Any]) -> None:
    """The one sentence names the key and what is wrong with it."""
    for given in values:
        assert refusal(key, given).startswith(f"{key}=")


@pytest.mark.parametrize(
    ("key", "given", "unknown", "instead"),
    [
        ("allowedCountries", "US CA", "US CA", "other codes (-c allowedCountries=US,CA)"),
        ("allowedCountries", ["GB", "UK", "US", "XX"], "UK, XX", "GB for UK"),
        ("countriesPerDay", "UK=5,US=6", "UK", "GB for UK"),
        ("alarmVerifiedCountries", "US,UK", "UK", "GB for UK"),
        # No number is ever of these.
        ("allowedCountries", "AQ,UM", "AQ, UM", "NZ for AQ, US for UM"),
        ("allowedCountries", "BV,GS,HM,US", "BV, GS, HM", "NO for BV, FK for GS, AU for HM"),
        (
            "allowedCountries",
            "AC,PN,TA,TF",
            "AC, PN, TA, TF",
            "SH for AC, NZ for PN, SH for TA, RE",
        ),
    ],
)
def test_unknown_countries_are_all_named_and_no_others(
    key: str, given: Any, unknown: str, instead: str
) -> None:
    """And the country to name instead: the United Kingdom, for one, is GB."""
    line = refusal(key, given)
    assert line.startswith(f"{key} holds {unknown}: no phone number has such an ISO ")
    assert f" country code; set {instead}" in line


@pytest.mark.parametrize(
    "name", ["blocked_prefixes", "countries_per_day", "sandbox_numbers", "api_burst"]
)
def test_none_in_python_is_refused_where_it_means_nothing(name: str) -> None:
    """With the sentence, and not by an error somewhere in the stack."""
    with pytest.raises(ConfigError, match=f"^{keys()[name].name}=None is invalid: set [^\n]*$"):
        in_python(**{name: None})


def test_python_without_a_lambda_runtime_must_be_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Synthesized by a newer Python than Lambda has, the stack needs to be told a version."""
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
def test_typo_is_refused_with_the_key_that_was_meant(typo: str, meant: str) -> None:
    """In an optional key, it would go unnoticed; the CDK reads a file that one may not think of."""
    said = f"There is no configuration key {typo}; did you mean {meant}? The CDK also reads "
    assert problems(context(**{typo: "x"})) == [f"{said}~/.cdk.json."]


def test_missing_impossible_and_unknown_are_said_together() -> None:
    """One run tells everything, one sentence a line."""
    lines = problems(context(brandName=None, architecture="arm", regoin="x"))
    assert [line.split()[0] for line in lines] == ["Set", "architecture=arm", "There"]


def test_keys_of_others_are_left_alone() -> None:
    """Of one's own tools, in ~/.cdk.json; the CDK's, on its command line and of an account."""
    of_others = [
        *("owner", "cost-center", "team", "zzz"),
        *("aws:cdk:enable-path-metadata", "aws-cdk:enableDiffNoFail", "cli-telemetry"),
        *("aws-cdk-lib/core:anything", "acknowledged-issue-numbers"),
        "availability-zones:account=123456789012:region=us-east-1",
    ]
    assert configured(**dict.fromkeys(of_others, True), **cdk_context()) == configured()


# --- What cannot be together ---

#: By default: a territory, and what its numbers count as.
NEVER = {
    "AX": "FI",
    "BL": "GP",
    "CC": "AU",
    "CX": "AU",
    "EH": "MA",
    "MF": "GP",
    "SJ": "NO",
    "VA": "IT",
}
KEY = "allowedCountries"
TEN = "AT,BE,CA,CH,DE,ES,FR,GB,IT,US"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("profile=production region=eu-west-1 sandboxNumbers=true", "for the sandbox"),
        (
            "countriesPerDay=US=5,DE=6,FR=off",
            "countriesPerDay holds DE, FR, which allowedCountries does not",
        ),
        (
            "alarmVerifiedCountries=US,DE",
            "alarmVerifiedCountries holds DE, which allowedCountries does not",
        ),
        ("allowedNumberTypes=,", "allowedNumberTypes is empty"),
        # Nobody would be texted: numbers count as another country's, or are of other types.
        *(
            (
                f"{KEY}={code}",
                f"numbers of {code} count as {other}. Set {KEY} to these (-c {KEY}={other}).",
            )
            for code, other in NEVER.items()
        ),
        ("allowedCountries=BL,VA", "(-c allowedCountries=GP,IT)."),
        (
            "allowedCountries=US allowedNumberTypes=MOBILE",
            "no number of US is of a type in allowedNumberTypes, but of FIXED_LINE_OR_MOBILE, ",
        ),
        ("allowedCountries=CA allowedNumberTypes=TOLL_FREE", "numbers of CA count as US."),
        # Those of these are told apart, or some of them; a landline of Åland is Åland's.
        *((f"allowedCountries={code}", None) for code in ("GB", "GG", "IM", "JE", "SH", "XK")),
        ("allowedCountries=AX allowedNumberTypes=FIXED_LINE", None),
        (
            f"allowedCountries={TEN},NL alarmVerifiedCountries={TEN},NL",
            "alarmVerifiedCountries holds 11 countries: set at most 10",
        ),
        (
            f"allowedOriginationIdentities={','.join(f'{sender:0250}' for sender in range(12))}",
            "The longest is OTP_ALLOWED_ORIGINATION_IDENTITIES.",
        ),
        (
            "snapStart=true region=us-gov-west-1 pythonVersion=3.13",
            "Python has no SnapStart in us-gov",
        ),
        *(
            (f"guardTextsPerVerified=3 guard={guard}", "guardTextsPerVerified=3 cuts off ranges")
            for guard in ("record", "refuse")
        ),
        ("guard=refuse alarmVerifiedPercent=24", "(-c guardTextsPerVerified=5)"),
        ("guardTextsPerVerified=3 guard=off", None),
        ("guardTextsPerVerified=3 alarmVerifiedPercent=34", None),
        # Ranges are not cut off, and the default is not what somebody relies on.
        ("alarmVerifiedPercent=0", None),
        # Just possible: the first Python with snapshots, and all are warm.
        (f"allowedCountries={TEN} alarmVerifiedCountries={TEN}", None),
        ("snapStart=true pythonVersion=3.12", None),
        ("provisionedConcurrency=2 reservedConcurrency=2", None),
    ],
)
def test_what_cannot_be_together_is_refused_with_a_sentence(given: str, said: str | None) -> None:
    """Before anything is synthesized; a deployment would fail after minutes, or mean nothing."""
    lines = problems(context(**pairs(given)))
    assert [(said or "") in line for line in lines] == ([True] if said else [])


def test_every_country_may_be_allowed() -> None:
    """A good many of them limited, too; those that no number is of are told."""
    every = sorted(COUNTRIES - {NO_COUNTRY})
    limits = ",".join(f"{code}=100000" for code in every[:100])
    config = configured(allowedCountries=every, countriesPerDay=limits)
    assert len(config.allowed_countries) > 240
    assert never_texted(config) == {code: {other} for code, other in NEVER.items()}


# --- What is never reached ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("alarmTextsPerHour=1000", "=1000 never warns: deploymentPerHour=1000 stops sending first"),
        ("deploymentPerHour=500", "alarmTextsPerHour=800 never warns: deploymentPerHour=500 "),
        ("destinationPer10Minutes=11", "=11 is never reached: destinationPerDay=10 refuses "),
        (
            "allowedCountries=BL,US",
            "holds BL, and texts nobody there: numbers of BL count as GP. All",
        ),
        (
            "allowedCountries=DE,US allowedNumberTypes=MOBILE",
            "holds US, and texts nobody there: no number of US is of a type in allowedNumberTypes",
        ),
        ("callerPerHour=1001", "=1001 is never reached: deploymentPerHour=1000 refuses "),
        ("alarmTextsPerHour=999", None),
        ("alarmTextsPerHour=5000 deploymentPerHour=off", None),
        ("alarmTextsPerHour=5000 alarms=false", None),
        # Nor of a default that a lower limit has overtaken: nobody relies on it.
        *(("destinationPerDay=3", None), ("destinationPerDay=off", None)),
        *(("destinationPer10Minutes=10", None), ("callerPerHour=1000", None)),
    ],
)
def test_what_is_never_reached_is_told(given: str, said: str | None) -> None:
    """With what to set; it is no reason to refuse: a cap may be lowered in a hurry."""
    told = [sentence for _, sentence in unreachable(configured(**pairs(given)))]
    assert [(said or "") in sentence for sentence in told] == ([True] if said else [])
