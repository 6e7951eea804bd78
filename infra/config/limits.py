"""Limits."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from lambda_src.otp.contract.fields import BrandNameText, OriginationIdentityText
from lambda_src.otp.rules.destination import NUMBER_TYPES

from .values import OFF, Flag, Listed, Messages, Number, Subject, countries, items, key, text

# docs/abuse.md says what PERSONAL_NUMBER and VOIP mean.
_TEXTED_TYPES = ("FIXED_LINE_OR_MOBILE", "MOBILE", "PERSONAL_NUMBER", "VOIP")

# A DynamoDB item holds 400 KB. A block's item for a day grows by up to 29 bytes a text.
MOST_PER_BLOCK = 200


def _number_type(name: str) -> str:
    if name not in NUMBER_TYPES.values():
        raise ValueError("not a type of numbers")
    return name


def _by_country(value: Any) -> dict[str, Any]:  # noqa: ANN401 - context is JSON
    """Read limits of countries, such as `US=20000,JM=off` or a mapping."""
    pairs = [*value.items()] if isinstance(value, Mapping) else [_pair(one) for one in items(value)]
    limits = {str(code).strip().upper(): limit for code, limit in pairs}
    # A country that is there twice is ambiguous, and an empty name is no country.
    if len(countries([*limits])) != len(pairs):
        raise ValueError("not one limit for each country")
    return dict(sorted(limits.items()))


def _pair(written: str) -> tuple[str, str]:
    code, equals, limit = written.partition("=")
    if not equals:
        raise ValueError("not a country and its limit")
    return code.strip(), limit.strip()


_PerNumber = Annotated[Annotated[Number, Field(ge=1, le=1000)] | None, OFF]
_PerBlock = Annotated[Annotated[Number, Field(ge=1, le=MOST_PER_BLOCK)] | None, OFF]
_Seconds = Annotated[Annotated[Number, Field(ge=1, le=3600)] | None, OFF]
_Shared = Annotated[Messages | None, OFF]
_ByCountry = Annotated[
    Mapping[str, _Shared], BeforeValidator(_by_country), AfterValidator(MappingProxyType)
]


class Limits(Subject):
    """Limits."""

    allowed_number_types: Listed[Annotated[str, AfterValidator(_number_type)]] = key(
        f"the types of numbers that may be texted, of {', '.join(sorted(NUMBER_TYPES.values()))}",
        "MOBILE,FIXED_LINE_OR_MOBILE",
        _TEXTED_TYPES,
    )
    blocked_prefixes: Listed[Annotated[str, text(r"\+[1-9][0-9]{0,14}")]] = key(
        "the prefixes of numbers that are never texted", "+4470,+1876", ()
    )
    allowed_brand_names: Listed[BrandNameText] = key(
        "the BrandNames that callers may set, by default any",
        "ExampleCorp,ExampleShop",
        (),
    )
    allowed_origination_identities: Listed[OriginationIdentityText] = key(
        "the OriginationIdentities that callers may set, by default any",
        "+18555550142,EXAMPLE",
        (),
    )
    destination_per_10_minutes: _PerNumber = key(
        "the most texts to a number in ten minutes, or off", "3", 5
    )
    destination_per_day: _PerNumber = key(
        "the most texts to a number in a UTC day, or off", "20", 10
    )
    destination_interval_seconds: _Seconds = key(
        "the least seconds between two texts to a number, or off",
        "30",
        None,
    )
    block_per_hour: _PerBlock = key(
        "the most texts in an hour to numbers that differ only in their last digits, mostly four, "
        "or off",
        "50",
        20,
    )
    country_per_day: _Shared = key(
        "the most texts to a country in a UTC day, or off", "20000", 5000
    )
    countries_per_day: _ByCountry = key(
        "the same for single countries, each a number or off",
        "US=20000,CA=500",
        {},
    )
    caller_per_hour: _Shared = key(
        "the most texts for an IAM role or user in an hour, or off; all federated users of an "
        "account are one caller, and so are all direct invocations",
        "500",
        None,
    )
    deployment_per_hour: _Shared = key(
        "the most texts in an hour, or off: a cap on the cost", "5000", 1000
    )
    sandbox_numbers: Flag = key(
        "true or false: the sandbox's failing numbers are texted, without limits; for the sandbox "
        "only",
        "true",
        default=False,
    )
