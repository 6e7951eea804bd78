"""docs/configuration.md: every key, and the combinations that are refused."""

from collections.abc import Mapping
from typing import Any

from infra.config import PROFILES, SUBJECTS, Config, ConfigError, Key, keys
from infra.config.never_texted import never_texted
from lambda_src.otp.rules.destination import COUNTRIES, NO_COUNTRY

from .markdown import NOTHING, code, table

_REQUIRED = frozenset(
    name
    for name, field in Config.model_fields.items()
    if field.is_required() and field.alias not in PROFILES["dev"]
)

#: The keys that must be set.
LEAST: dict[str, Any] = {
    key.name: key.example for name, key in keys().items() if name in {*_REQUIRED, "application_id"}
}

#: The other keys that an example needs, in either profile. None: a key that it replaces.
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

# Defaults that are not simply a value, in dev and in production.
_DEFAULTS = {
    "applicationId": ("required, or set `createApplication`",) * 2,
    "profile": ("`dev`",) * 2,
    "region": (NOTHING, "required with `customerKey`"),
    "pythonVersion": ("the Python that synthesizes",) * 2,
    "alarmVerifiedCountries": ("`allowedCountries`, if 2 to 5",) * 2,
}

# Combinations that are refused, each beside the keys that must be set.
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
    {"guardTextsPerVerified": "3"},
)

_TRUE_OR_FALSE = "true or false: "
# A limit that is not set.
_OFF = "off"


def parts() -> dict[str, str]:
    """Write the generated parts of the page."""
    return {"keys": _keys(), "refused": _refused(), "countries": _countries()}


def context(changes: Mapping[str, str | None]) -> dict[str, Any]:
    """Give the context with the keys that must be set and some changes; None removes a key."""
    return {key: value for key, value in {**LEAST, **changes}.items() if value is not None}


def _keys() -> str:
    dev = Config.from_context(LEAST)
    production = Config.from_context(LEAST | {"profile": "production", "region": "us-east-1"})
    return "\n\n".join(
        f"### {(subject.__doc__ or '').rstrip('.')}\n\n"
        + table(
            ("key", "meaning", "default", "example"),
            (
                (
                    code(key.name),
                    _meaning(key),
                    _default(key, attribute, dev, production),
                    code(key.example),
                )
                for attribute, key in keys().items()
                if attribute in subject.model_fields
            ),
        )
        for subject in SUBJECTS
    )


def _default(key: Key, attribute: str, dev: Config, production: Config) -> str:
    """Give the default, and that of production where it differs."""
    if attribute in _REQUIRED:
        return "required"
    written = tuple(_written(key, getattr(config, attribute)) for config in (dev, production))
    in_dev, in_production = _DEFAULTS.get(key.name, written)
    return in_dev if in_dev == in_production else f"{in_dev}; in production {in_production}"


def _meaning(key: Key) -> str:
    meaning = key.meaning
    if meaning.startswith(_TRUE_OR_FALSE):
        meaning = f"`true`: {meaning.removeprefix(_TRUE_OR_FALSE)}"
    others = NEEDS.get(key.name, {})
    replaced = [code(other) for other, value in others.items() if value is None]
    needed = [code(other) for other, value in others.items() if value is not None]
    if key.name == "profile":
        needed = []  # The defaults say what production needs.
    return "; ".join(
        [
            meaning,
            *([f"instead of {' and '.join(replaced)}"] if replaced else []),
            *([f"needs {' and '.join(needed)}"] if needed else []),
        ]
    )


def _written(key: Key, value: Any) -> str:  # noqa: ANN401 - of any key
    match value:
        case None if key.may_be_off:
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


def _refused() -> str:
    return "\n".join(f"- {_said(changes)}" for changes in _REFUSED)


def _countries() -> str:
    every = Config.from_context(
        context({"allowedCountries": ",".join(sorted(COUNTRIES - {NO_COUNTRY}))})
    )
    never = never_texted(every)
    by_others: dict[frozenset[str], list[str]] = {}
    for country, others in never.items():
        by_others.setdefault(others, []).append(code(country))
    counted = (
        f"{', '.join(countries)} as {', '.join(map(code, sorted(others)))}"
        for others, countries in by_others.items()
    )
    return f"{'; '.join(counted)}."


def _said(changes: Mapping[str, str | None]) -> str:
    try:
        Config.from_context(context(changes))
    except ConfigError as error:
        return str(error)
    raise ValueError(f"{changes} is not refused any more: remove it from the page.")
