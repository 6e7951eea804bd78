"""docs/configuration.md: every key, and what cannot be together."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from infra.config import Config, ConfigError, keys
from infra.keys import Key

from .markdown import NOTHING, code, table

_REQUIRED = frozenset(
    field.name
    for field in fields(Config)
    if field.default is MISSING and field.default_factory is MISSING
)

#: The least that must be set.
LEAST: dict[str, Any] = {
    key.name: key.example for name, key in keys().items() if name in {*_REQUIRED, "application_id"}
}

#: The keys in the order of Config, under headings.
GROUPS = {
    "Who sends what to whom": (
        "applicationId",
        "createApplication",
        "originationIdentity",
        "brandName",
        "allowedCountries",
        "language",
    ),
    "Which numbers, and how many messages": (
        "allowedNumberTypes",
        "blockedPrefixes",
        "allowedBrandNames",
        "allowedOriginationIdentities",
        "destinationPer10Minutes",
        "destinationPerDay",
        "destinationIntervalSeconds",
        "blockPerHour",
        "countryPerDay",
        "countriesPerDay",
        "callerPerHour",
        "deploymentPerHour",
        "sandboxNumbers",
    ),
    "What kind of deployment": (
        "profile",
        "stackName",
        "region",
        "customerKey",
        "keepData",
        "logRetentionDays",
    ),
    "The functions": (
        "pythonVersion",
        "architecture",
        "snapStart",
        "provisionedConcurrency",
        "reservedConcurrency",
        "canary",
    ),
    "The API": (
        "allowedPrincipals",
        "apiRequestsPerSecond",
        "apiBurst",
        "sendRequestsPerSecond",
        "sendBurst",
        "verifyRequestsPerSecond",
        "verifyBurst",
        "domainName",
        "certificateArn",
        "waf",
        "wafRateLimit",
        "apiGatewayLogRole",
        "clientCertificate",
    ),
    "Watching": (
        "alarms",
        "alarmTopicArn",
        "alarmServerErrorPercent",
        "alarmCrashPercent",
        "alarmOutcomeUnknownPercent",
        "alarmLatencyMs",
        "alarmTextsPerHour",
        "alarmVerifiedPercent",
        "alarmVerifiedVolume",
        "alarmVerifiedCountries",
        "alarmRefusedPerHour",
        "dashboard",
        "runbookUrl",
    ),
}

#: What an example needs beside the least, in either profile; None: what it replaces.
NEEDS: dict[str, dict[str, str | None]] = {
    "createApplication": {"applicationId": None},
    "profile": {"region": "eu-west-1"},
    "customerKey": {"region": "eu-west-1"},
    "domainName": {
        "certificateArn": (
            "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
        )
    },
    "certificateArn": {"domainName": "otp.example.com"},
    "wafRateLimit": {"waf": "true"},
}

# Where the default is not simply a value.
_DEFAULTS = {
    "applicationId": ("required, or `createApplication`",) * 2,
    "profile": ("`dev`",) * 2,
    "region": (NOTHING, "required, or `customerKey=false`"),
    "pythonVersion": ("the Python that synthesizes",) * 2,
    "alarmVerifiedCountries": ("those of `allowedCountries`, if they are 2 to 5",) * 2,
}

# What is refused, on top of the least.
_REFUSED: tuple[dict[str, str | None], ...] = (
    {"createApplication": "true"},
    {"profile": "production"},
    {"architecture": "host"},
    {"snapStart": "true", "pythonVersion": "3.11"},
    {"snapStart": "true", "provisionedConcurrency": "5", "pythonVersion": "3.12"},
    {"provisionedConcurrency": "5", "reservedConcurrency": "2"},
    {"canary": "true", "alarms": "false"},
    {"domainName": "otp.example.com"},
    {
        "domainName": "otp.example.com",
        "certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/12345678",
        "region": "us-east-1",
    },
    {"wafRateLimit": "1000"},
    {"alarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:on-call", "alarms": "false"},
    {"brandNmae": "ExampleCorp"},
)

_TRUE_OR_FALSE = "true or false: "
# A limit that there is not.
_OFF = "off"


def parts() -> dict[str, str]:
    """Write the generated parts of the page."""
    return {"keys": _keys(), "refused": _refused()}


def context(changes: Mapping[str, str | None]) -> dict[str, Any]:
    """Give the least context with changes; None takes a key away."""
    return {key: value for key, value in {**LEAST, **changes}.items() if value is not None}


def _keys() -> str:
    by_name = {key.name: (attribute, key) for attribute, key in keys().items()}
    grouped = [name for names in GROUPS.values() for name in names]
    if grouped != list(by_name):
        raise ValueError(
            "GROUPS in docs/generate/configuration.py must hold each key once, in the order of "
            f"Config; missing, unknown or out of order: "
            f"{sorted(set(grouped) ^ set(by_name)) or 'the order'}."
        )
    dev = Config.from_context(LEAST)
    production = Config.from_context(LEAST | {"profile": "production", "region": "us-east-1"})
    return "\n\n".join(
        f"### {title}\n\n"
        + table(
            ("key", "meaning", "default in dev", "in production", "example"),
            (
                (
                    code(name),
                    _meaning(by_name[name][1]),
                    *_defaults(name, by_name[name][0], dev, production),
                    code(by_name[name][1].example),
                )
                for name in names
            ),
        )
        for title, names in GROUPS.items()
    )


def _defaults(name: str, attribute: str, dev: Config, production: Config) -> tuple[str, str]:
    if attribute in _REQUIRED:
        return "required", "required"
    key = keys()[attribute]
    dev_value, production_value = (
        _written(key, getattr(config, attribute)) for config in (dev, production)
    )
    return _DEFAULTS.get(name, (dev_value, production_value))


def _meaning(key: Key) -> str:
    meaning = key.meaning
    if meaning.startswith(_TRUE_OR_FALSE):
        meaning = f"`true`: {meaning.removeprefix(_TRUE_OR_FALSE)}"
    others = NEEDS.get(key.name, {})
    replaced = [code(other) for other, value in others.items() if value is None]
    needed = [code(other) for other, value in others.items() if value is not None]
    if key.name == "profile":
        needed = []  # What production needs is said where it is a default.
    return "; ".join(
        [
            meaning,
            *([f"instead of {' and '.join(replaced)}"] if replaced else []),
            *([f"needs {' and '.join(needed)}"] if needed else []),
        ]
    )


def _written(key: Key, value: Any) -> str:  # noqa: ANN401 - of any key
    match value:
        case None if _knows_off(key):
            return code(_OFF)
        case None | ():
            return NOTHING
        case bool():
            return code(str(value).lower())
        case tuple():
            return code(",".join(value))
        case Mapping():
            pairs = (f"{name}={_OFF if of is None else of}" for name, of in value.items())
            return code(",".join(pairs)) if value else NOTHING
    return code(str(value))


def _knows_off(key: Key) -> bool:
    try:
        return key.read(_OFF) is None
    except ValueError:
        return False


def _refused() -> str:
    return table(
        ("what is set", "what is said"),
        (
            (code(" ".join(f"-c {key}={value}" for key, value in changes.items())), _said(changes))
            for changes in _REFUSED
        ),
    )


def _said(changes: Mapping[str, str | None]) -> str:
    try:
        Config.from_context(context(changes))
    except ConfigError as error:
        return str(error)
    raise ValueError(f"{changes} is not refused any more: take it from the page.")
