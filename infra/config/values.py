"""The types of the configuration's values.

`-c key=value` gives strings, `cdk.json` gives JSON, and Python code gives Python values. Each type
takes all three.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from lambda_src.otp.rules.destination import COUNTRIES, NO_COUNTRY

_T = TypeVar("_T")

MOST_MESSAGES = 100_000_000

#: The type of the pydantic error for unknown country codes.
UNKNOWN_COUNTRIES = "unknown_countries"


class Subject(BaseModel):
    """The keys of one subject; an attribute's key is its name in camel case."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_default=True,
        coerce_numbers_to_str=True,
    )


def key(meaning: str, example: str, default: Any = ..., **more: Any) -> Any:  # noqa: ANN401 - as pydantic's own Field
    """Describe a key.

    Args:
        meaning: the end of a sentence that begins with "Set brandName: ".
        example: a valid value.
        default: without one, the operator or the profile must set the key.
        more: further arguments of pydantic's Field.

    """
    if "default_factory" not in more:
        more["default"] = default
    return Field(description=meaning, examples=[example], **more)


def text(pattern: str) -> Any:  # noqa: ANN401 - as above
    """Require that a whole string matches a pattern."""
    return Field(pattern=f"^(?:{pattern})$")


def items(value: Any) -> list[str]:  # noqa: ANN401 - context is JSON
    """Split a string at its commas, or take a list as it is."""
    given = value if isinstance(value, list | tuple | AbstractSet) else str(value).split(",")
    # As strings, None and mappings could be taken for names.
    if (
        value is None
        or isinstance(value, Mapping)
        or not all(isinstance(item, str | int) for item in given)
    ):
        raise ValueError("not a list")
    return [item for item in (str(item).strip() for item in given) if item]


def whole(value: Any) -> int:  # noqa: ANN401 - context is JSON
    """Read a whole number; True is not one."""
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,12}", str(value)):
        raise ValueError("not a whole number")
    return int(value)


def countries(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - context is JSON
    """Read ISO 3166-1 alpha-2 codes."""
    codes = sorted({code.upper() for code in items(value)})
    if unknown := [code for code in codes if code not in COUNTRIES - {NO_COUNTRY}]:
        raise PydanticCustomError(UNKNOWN_COUNTRIES, "{codes}", {"codes": ", ".join(unknown)})
    return tuple(codes)


def _flag(value: Any) -> bool:  # noqa: ANN401 - context is JSON
    if str(value).lower() not in ("true", "false"):
        raise ValueError("neither true nor false")
    return str(value).lower() == "true"


def _off(value: Any) -> Any:  # noqa: ANN401 - context is JSON
    return None if str(value).lower() == "off" else value


def _sorted(values: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(sorted(set(values)))  # type: ignore[type-var]  # texts, all of them


Flag = Annotated[bool, BeforeValidator(_flag)]
Number = Annotated[int, BeforeValidator(whole)]
Percent = Annotated[Number, Field(ge=0, le=100)]
Messages = Annotated[Number, Field(ge=1, le=MOST_MESSAGES)]
Countries = Annotated[tuple[str, ...], BeforeValidator(countries)]
#: A list, or a string with commas.
Listed = Annotated[tuple[_T, ...], BeforeValidator(items), AfterValidator(_sorted)]
#: The type of a limit; `off` means no limit.
OFF = BeforeValidator(_off)
