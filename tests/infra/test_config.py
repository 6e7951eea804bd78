"""The configuration: what is refused, what is accepted, and what an operator is told."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from infra.config import PYTHON_VERSIONS, Config, ConfigError, keys

from .helpers import APPLICATION_ID, THIS_PYTHON, cdk_context, context

#: What must be set, and how the text names it: the application may come from two keys.
REQUIRED = ("applicationId", "originationIdentity", "brandName", "allowedCountries")


def problems(context: dict[str, Any]) -> list[str]:
    """Give the lines of what is said about a context that is refused."""
    with pytest.raises(ConfigError) as refused:
        Config.from_context(context)
    return str(refused.value).splitlines()


def examples(lines: list[str]) -> dict[str, str]:
    """Give the options that the lines propose, as the CDK's command line would read them."""
    return dict(re.findall(r"\(-c (\w+)=(\S+)\)", "\n".join(lines)))


# --- Accepted ---


def test_least_configuration_is_complete() -> None:
    """Four keys are enough; everything else has a default."""
    assert Config.from_context(context()) == Config(
        origination_identity="+18555550142",
        brand_name="ExampleCorp",
        allowed_countries=("CA", "US"),
        application_id=APPLICATION_ID,
        language=None,
        python_version=THIS_PYTHON,
        architecture="arm64",
    )


def test_every_key_is_read() -> None:
    """What an operator sets is what the configuration holds."""
    config = Config.from_context(
        context(
            applicationId="abc-123",
            originationIdentity="ExampleSender",
            brandName="Café 24/7 & Söhne",
            allowedCountries="DE",
            language="de-DE",
            pythonVersion="3.12",
            architecture="x86_64",
        )
    )
    assert config == Config(
        origination_identity="ExampleSender",
        brand_name="Café 24/7 & Söhne",
        allowed_countries=("DE",),
        application_id="abc-123",
        language="de-DE",
        python_version="3.12",
        architecture="x86_64",
    )


@pytest.mark.parametrize(
    "countries",
    [
        pytest.param("US,CA", id="text"),
        pytest.param(["US", "CA"], id="list, as in cdk.json"),
        pytest.param("us,cA", id="lower case"),
        pytest.param("CA,US,CA,us", id="duplicates"),
        pytest.param(" US , CA ,", id="spaces and a comma too many"),
    ],
)
def test_countries_may_be_written_in_many_ways(countries: str | list[str]) -> None:
    """The same countries give the same configuration, however they are written."""
    assert Config.from_context(context(allowedCountries=countries)).allowed_countries == (
        "CA",
        "US",
    )


@pytest.mark.parametrize("true", [True, "true", "True"])
def test_application_to_be_created_has_no_id_yet(true: bool | str) -> None:  # noqa: FBT001 - context is JSON
    """As JSON in cdk.json and as text on the command line, createApplication replaces the ID."""
    config = Config.from_context(context(applicationId=None, createApplication=true))
    assert config.application_id is None


@pytest.mark.parametrize("false", [False, "false"])
def test_application_not_to_be_created_has_its_id(false: bool | str) -> None:  # noqa: FBT001 - context is JSON
    """An explicit createApplication=false is the same as none."""
    config = Config.from_context(context(createApplication=false))
    assert config.application_id == APPLICATION_ID


@pytest.mark.parametrize("value", ["", None], ids=["empty", "null"])
@pytest.mark.parametrize("key", ["language", "pythonVersion", "architecture", "waf", "alarms"])
def test_empty_optional_value_is_the_default(key: str, value: str | None) -> None:
    """A script that passes `-c key=$VALUE` without a value gets the default, as `null` does."""
    assert Config.from_context({**context(), key: value}) == Config.from_context(context())


@pytest.mark.parametrize(
    "identity",
    [
        pytest.param("+18555550142", id="long code"),
        pytest.param("12345", id="short code"),
        pytest.param(12345, id="short code, a number in cdk.json"),
        pytest.param("ExampleCorp", id="sender ID"),
        pytest.param("pool-0123456789abcdef0123456789abcdef", id="pool"),
        pytest.param(
            "arn:aws:sms-voice:us-east-1:123456789012:phone-number/phone-0123456789abcdef",
            id="ARN",
        ),
    ],
)
def test_anything_that_can_send_is_an_origination_identity(identity: str | int) -> None:
    """All kinds of identity that AWS takes are taken."""
    config = Config.from_context(context(originationIdentity=identity))
    assert config.origination_identity == str(identity)


@pytest.mark.parametrize("python_version", PYTHON_VERSIONS)
def test_every_lambda_runtime_may_be_chosen(python_version: str) -> None:
    """The runtime need not be the Python that synthesizes."""
    config = Config.from_context(context(pythonVersion=python_version))
    assert config.python_version == python_version


def test_python_version_is_by_default_the_running_one() -> None:
    """What was tested here is what runs there."""
    assert Config.from_context(context()).python_version == THIS_PYTHON


# --- Missing ---


def test_everything_that_is_missing_is_named_at_once() -> None:
    """An operator who sets nothing learns all there is to set from one run."""
    lines = problems({})

    assert len(lines) == len(REQUIRED)
    for key, line in zip(REQUIRED, lines, strict=True):
        assert line.startswith(f"Set {key}: ")
        assert f"-c {key}=" in line


def test_missing_application_may_be_created_instead() -> None:
    """Whoever has no Pinpoint application learns of the key that creates one."""
    [line] = problems(context(applicationId=None))
    assert "-c createApplication=true" in line


@pytest.mark.parametrize("value", [None, ""], ids=["absent", "empty"])
@pytest.mark.parametrize("key", REQUIRED)
def test_one_missing_value_is_the_only_one_named(key: str, value: str | None) -> None:
    """What is set already is not asked for again; an empty value is none."""
    [line] = problems(context(**{key: value}))
    assert line.startswith(f"Set {key}: ")


def test_examples_of_the_missing_values_are_a_configuration() -> None:
    """Copying what the text proposes gives a configuration that is accepted."""
    proposed = examples(problems({}))
    assert proposed.keys() == {*REQUIRED, "createApplication"}
    del proposed["createApplication"]

    assert Config.from_context(proposed).application_id == proposed["applicationId"]


# --- Impossible ---


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        pytest.param("allowedCountries", "UK", "UK", id="the United Kingdom is GB"),
        pytest.param("allowedCountries", "US,USA", "USA", id="three letters"),
        pytest.param("allowedCountries", ["US", "EU"], "EU", id="no country"),
        pytest.param("allowedCountries", "US CA", "US CA", id="separated by a space"),
        pytest.param("allowedCountries", True, "TRUE", id="no text"),
        pytest.param("brandName", "x" * 21, "1 to 20 characters", id="brand too long"),
        pytest.param("brandName", "Example\x07", "1 to 20 characters", id="brand with a bell"),
        pytest.param("originationIdentity", "+1 855 555 0142", "phone number", id="spaces"),
        pytest.param("originationIdentity", "*", "phone number", id="identity of anything"),
        pytest.param("originationIdentity", "1" * 257, "phone number", id="identity too long"),
        pytest.param("applicationId", "*", "Amazon Pinpoint", id="any application"),
        pytest.param("applicationId", "a/b", "Amazon Pinpoint", id="a path in the ARN"),
        pytest.param("language", "xx-XX", "en-US", id="unknown language"),
        pytest.param("language", "en", "en-US", id="language without a region"),
        pytest.param("pythonVersion", "3.10", "3.11, 3.12, 3.13, 3.14", id="Python too old"),
        pytest.param("pythonVersion", "3", "3.11, 3.12, 3.13, 3.14", id="any Python"),
        pytest.param("architecture", "arm", "arm64, x86_64, host", id="unknown processor"),
        pytest.param("createApplication", "yes", "true or false", id="neither true nor false"),
    ],
)
def test_impossible_value_is_refused(key: str, value: Any, said: str) -> None:
    """The one problem names the key, says what is wrong, and gives an example that works."""
    [line] = problems(context(**{key: value}))

    assert line.startswith((f"{key}=", f"{key} holds "))
    assert said in line
    proposed = examples([line])
    assert proposed.keys() == {key}
    # createApplication=true is for those who have no application.
    Config.from_context(
        context(applicationId=None, **proposed)
        if key == "createApplication"
        else context(**proposed)
    )


@pytest.mark.parametrize("countries", [[], ",", ["", " "]], ids=["list", "comma", "blanks"])
def test_empty_list_of_countries_is_as_good_as_none(countries: str | list[str]) -> None:
    """Nobody means to text no country at all."""
    [line] = problems(context(allowedCountries=countries))
    assert line.startswith("Set allowedCountries: ")


def test_refused_countries_are_all_named() -> None:
    """One line names every code that is none, and no code that is one."""
    [line] = problems(context(allowedCountries="GB,UK,US,XX"))
    assert line.startswith("allowedCountries holds UK, XX, which ")


def test_application_is_either_named_or_created() -> None:
    """It cannot be told which of the two would send."""
    [line] = problems(context(createApplication="true"))
    assert "applicationId" in line
    assert "createApplication" in line
    assert "not both" in line


def test_python_without_a_lambda_runtime_must_be_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Synthesized by a newer Python than Lambda has, the stack needs to be told a version."""
    newer = SimpleNamespace(version_info=SimpleNamespace(major=3, minor=99))
    monkeypatch.setattr("infra.config.functions.sys", newer)

    lines = problems(context())

    assert len(lines) == 1
    assert "3.99" in lines[0]
    assert Config.from_context(context(**examples(lines))).python_version in PYTHON_VERSIONS


# --- Unknown ---


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("brandname", "brandName"),
        ("allowedCountry", "allowedCountries"),
        ("applicationID", "applicationId"),
        ("python-version", "pythonVersion"),
    ],
)
def test_unknown_key_is_refused_with_the_one_that_was_meant(typo: str, meant: str) -> None:
    """A typo in an optional key would go unnoticed otherwise."""
    assert problems(context(**{typo: "x"})) == [
        f"There is no configuration key {typo}; did you mean {meant}?"
    ]


def test_unknown_key_like_no_other_is_refused() -> None:
    """Nothing is proposed where nothing is near."""
    assert problems(context(zzz="x")) == ["There is no configuration key zzz."]


def test_missing_impossible_and_unknown_are_said_together() -> None:
    """One run tells everything, one sentence a line."""
    lines = problems(context(brandName=None, architecture="arm", colour="red"))
    assert [line.split()[:2] for line in lines] == [
        ["Set", "brandName:"],
        ["architecture=arm", "cannot"],
        ["There", "is"],
    ]


@pytest.mark.parametrize(
    "key",
    [
        *("aws:cdk:enable-path-metadata", "aws:cdk:bundling-stacks", "aws-cdk:enableDiffNoFail"),
        *("@aws-cdk/core:bootstrapQualifier", "aws-cdk-lib/core:anything"),
        "availability-zones:account=123456789012:region=us-east-1",
        "hosted-zone:account=123456789012:domainName=example.com:region=us-east-1",
        *("acknowledged-issue-numbers", "cli-telemetry"),
    ],
)
def test_key_of_the_cdk_is_none_of_ours(key: str) -> None:
    """What the CDK's command line adds, and remembers of an account, is not a typo."""
    assert Config.from_context(context(**{key: True})) == Config.from_context(context())


def test_feature_flags_of_the_project_are_none_of_ours() -> None:
    """All of cdk.json's own context is taken."""
    assert Config.from_context(context(**cdk_context())) == Config.from_context(context())


# --- Profiles ---

#: What the two profiles decide.
OF_THE_PROFILE = {
    "customer_key": (False, True),
    "keep_data": (False, True),
    "log_retention_days": (30, 365),
    "canary": (False, True),
    "waf": (False, True),
    "api_gateway_log_role": ("none", "existing"),
    "client_certificate": (False, True),
}


def production(**changes: Any) -> Config:
    """Configure the profile production, with changes."""
    return Config.from_context(context(profile="production", region="eu-west-1", **changes))


def test_profile_is_dev_unless_it_is_set() -> None:
    """Whoever tries it pays nothing for a firewall, and leaves nothing behind."""
    config = Config.from_context(context())
    assert config.profile == "dev"
    assert {name: getattr(config, name) for name in OF_THE_PROFILE} == {
        name: dev for name, (dev, _) in OF_THE_PROFILE.items()
    }


def test_production_is_locked_down_and_kept() -> None:
    """One key turns all of it on, and nothing else differs."""
    config = production()
    differing = {
        name
        for name in keys()
        if getattr(config, name) != getattr(Config.from_context(context()), name)
    }
    assert differing == {*OF_THE_PROFILE, "profile", "region"}
    assert {name: getattr(config, name) for name in OF_THE_PROFILE} == {
        name: in_production for name, (_, in_production) in OF_THE_PROFILE.items()
    }


@pytest.mark.parametrize("name", OF_THE_PROFILE)
def test_every_key_of_a_profile_can_be_overridden(name: str) -> None:
    """Each by itself, both ways."""
    dev, in_production = OF_THE_PROFILE[name]
    key = keys()[name].name
    assert getattr(production(**{key: dev}), name) == dev
    lifted = Config.from_context(context(region="eu-west-1", **{key: in_production}))
    assert getattr(lifted, name) == in_production


def test_python_code_is_checked_as_the_command_line_is() -> None:
    """Another team's stack gives Python values, and is told the same sentences."""
    config = Config(
        application_id=APPLICATION_ID,
        origination_identity="+18555550142",
        brand_name="ExampleCorp",
        allowed_countries=("US", "CA"),
    )
    assert config == Config.from_context(context())
    with pytest.raises(ConfigError, match=r"^brandName=x{21} cannot be: set the name"):
        Config(**{**dict(config), "brand_name": "x" * 21})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("profile", "prod"),
        ("region", "Frankfurt"),
        ("region", "eu-north-1"),
        ("region", "cn-north-1"),
        ("stackName", "otp_staging"),
        ("customerKey", "maybe"),
        ("logRetentionDays", "31"),
        ("provisionedConcurrency", "0"),
        ("reservedConcurrency", "-1"),
        ("apiRequestsPerSecond", "1.5"),
        ("apiBurst", "many"),
        ("allowedPrincipals", "12345678901"),
        ("allowedPrincipals", "arn:aws:iam::123456789012:root"),
        ("domainName", "https://otp.example.com"),
        ("certificateArn", "otp.example.com"),
        ("wafRateLimit", "9"),
        ("apiGatewayLogRole", "true"),
        ("alarmTopicArn", "on-call"),
        ("alarmServerErrorPercent", "101"),
        ("alarmTextsPerHour", "0"),
        ("runbookUrl", "a b"),
    ],
)
def test_impossible_value_of_an_optional_key_is_refused(key: str, value: str) -> None:
    """The one problem names the key and its value, and gives an example."""
    [line] = problems(context(**{key: value}))
    assert line.startswith(f"{key}={value} cannot be: set ")
    assert examples([line]).keys() == {key}


# --- What cannot be together ---


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"customerKey": "true"}, "set region", id="a key of no region"),
        pytest.param({"profile": "production"}, "set region", id="production of no region"),
        pytest.param(
            {"snapStart": "true", "pythonVersion": "3.11"}, "Python 3.12", id="Python too old"
        ),
        pytest.param(
            {"snapStart": "true", "pythonVersion": "3.13", "provisionedConcurrency": "1"},
            "cannot be together",
            id="snapshot and warm",
        ),
        pytest.param(
            {"provisionedConcurrency": "3", "reservedConcurrency": "2"},
            "cannot be above reservedConcurrency=2",
            id="more warm than there may be",
        ),
        pytest.param({"canary": "true", "alarms": "false"}, "needs alarms", id="blind canary"),
        pytest.param({"domainName": "otp.example.com"}, "certificateArn", id="no certificate"),
        pytest.param(
            {
                "region": "us-east-1",
                "domainName": "otp.example.com",
                "certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/1",
            },
            "eu-west-1",
            id="certificate of another region",
        ),
        pytest.param({"architecture": "host"}, "for the sandbox", id="this machine on AWS"),
        pytest.param({"wafRateLimit": "100"}, "waf=true", id="rule of no firewall"),
        pytest.param(
            {"alarms": "false", "alarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:on-call"},
            "notifies nobody",
            id="topic of no alarms",
        ),
    ],
)
def test_what_cannot_be_together_is_refused_with_a_sentence(
    given: dict[str, str], said: str
) -> None:
    """Before anything is synthesized; a deployment would fail after minutes, or mean nothing."""
    [line] = problems(context(**given))
    assert said in line


def test_everything_at_once_is_a_configuration() -> None:
    """The examples of all keys, as far as they go together."""
    given = {key.name: key.example for key in keys().values()}
    for name in ("createApplication", "sandboxNumbers", "snapStart"):
        del given[name]
    given["certificateArn"] = given["certificateArn"].replace("eu-west-1", given["region"])
    assert Config.from_context(given).reserved_concurrency == 100
