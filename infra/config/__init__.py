"""The configuration: flat keys of CDK context, checked before the stack is built.

Set a key for one command with `-c brandName=ExampleCorp`, or for good in the `context` of
`cdk.json`; in Python, `Config(brand_name="ExampleCorp", …)`. docs/configuration.md is generated
from this package. Each module holds the keys of one subject.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from .contradictions import about_the_application, contradictions
from .functions import PYTHON_VERSIONS
from .keys import SUBJECTS, Keys
from .kind import PROFILES
from .never_texted import INSTEAD
from .sending import EMPTY
from .values import OFF, UNKNOWN_COUNTRIES

__all__ = ["PROFILES", "PYTHON_VERSIONS", "SUBJECTS", "Config", "ConfigError", "Key", "keys"]

# The CDK's own keys (@aws-cdk/…, aws:cdk:…, availability-zones:…), and those that its command line
# keeps in cdk.context.json.
_OF_THE_CDK = re.compile("[:/@]|^aws-|^(acknowledged-issue-numbers|cli-telemetry)$")


class ConfigError(Exception):
    """A key is missing or invalid; the message says what to set, with an example."""


class Config(Keys):
    """The configuration of one deployment. Each attribute's key describes it.

    Raises:
        ConfigError: names everything that is missing or invalid, one sentence a line.

    """

    def __init__(self, **values: Any) -> None:  # noqa: ANN401 - checked here
        names = {name: field.alias for name, field in type(self).model_fields.items()}
        given = {names.get(name) or name: value for name, value in values.items()}
        profile = PROFILES.get(str(given.get("profile")), PROFILES["dev"])
        problems = [*about_the_application(given)]
        try:
            super().__init__(**{**profile, **given})
        except ValidationError as invalid:
            problems += dict.fromkeys(
                _sentences(invalid, given)
            )  # a list may have several bad items
        # Contradictions are looked for only if every value is valid.
        problems = problems or [*contradictions(self)]
        if problems:
            raise ConfigError("\n".join(problems))

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> "Config":
        """Parse CDK context, the CDK's own keys included.

        Foreign keys, such as those in ~/.cdk.json, are ignored.

        Raises:
            ConfigError: as above, and for a key that resembles one of ours: it may be a typo.

        """
        ours = {key.name for key in keys().values()}
        return cls(
            **{
                key: value
                for key, value in context.items()
                if value not in ("", None)
                and not _OF_THE_CDK.search(key)
                and (key in ours or _close(key, ours))
            }
        )


class Key(NamedTuple):
    """One key of the configuration.

    Attributes:
        name: in CDK context, such as `brandName`.
        meaning: the end of a sentence that begins with "Set brandName: ".
        example: a valid value.
        may_be_off: whether `off` is a valid value.

    """

    name: str
    meaning: str
    example: str
    may_be_off: bool

    @classmethod
    def of(cls, field: FieldInfo) -> "Key":
        """Read a key from an attribute's field."""
        [example] = field.examples or [""]
        return cls(str(field.alias), str(field.description), str(example), OFF in field.metadata)


def keys() -> dict[str, Key]:
    """Give the key of each attribute of the configuration, in order."""
    return {name: Key.of(field) for name, field in Config.model_fields.items()}


def _close(name: str, names: Iterable[str]) -> str | None:
    """Find the key that a typo resembles."""
    return next(iter(difflib.get_close_matches(name, names, n=1)), None)


def _sentences(invalid: ValidationError, given: Mapping[str, Any]) -> Iterator[str]:
    """Say what to set for each missing or invalid key."""
    by_name = {key.name: key for key in keys().values()}
    for error in invalid.errors(include_url=False):
        name = str(error["loc"][0])
        if name in Config.model_fields:  # pydantic's name for a key whose default is invalid
            name = str(Config.model_fields[name].alias)
        key = by_name.get(name)
        if not key:
            close = _close(name, by_name)
            meant = f"; did you mean {close}? The CDK also reads ~/.cdk.json." if close else "."
            yield f"There is no configuration key {name}{meant}"
            continue
        example = f"(-c {name}={key.example})"
        if error["type"] in ("missing", EMPTY):
            yield f"Set {name}: {key.meaning} {example}."
        elif error["type"] == UNKNOWN_COUNTRIES:
            codes = error["msg"].split(", ")
            known = [f"{INSTEAD[code]} for {code}" for code in codes if code in INSTEAD]
            yield (
                f"{name} holds {error['msg']}: no phone number has such an ISO 3166-1 alpha-2 "
                f"country code; set {', '.join(known) or 'other codes'} {example}."
            )
        else:
            value = given.get(name, error["input"])
            written = ",".join(map(str, value)) if isinstance(value, list | tuple) else value
            yield f"{name}={written} is invalid: set {key.meaning} {example}."
