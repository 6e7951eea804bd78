"""Allowed countries that have no numbers to text.

A territory may share its ranges with a larger country, and libphonenumber then assigns its numbers
to that country. Or a country has no numbers of the allowed types.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice

import phonenumbers
from phonenumbers import PhoneMetadata

from lambda_src.otp.rules.destination import ISO_3166, NUMBER_TYPES, country

from .keys import Keys

# The digits by which libphonenumber tells countries apart that share a plan.
_BEGINNING = 4
_END = "1234567890"

#: Places without numbers of their own, and the country whose numbering plan serves them (ITU-T
#: E.164, list of assigned country codes; for AQ, libphonenumber's FAQ: Scott Base).
INSTEAD: Mapping[str, str] = {
    **{region: code for region, code in ISO_3166.items() if region.isalpha()},
    "AQ": "NZ",
    "BV": "NO",
    "GS": "FK",
    "HM": "AU",
    "PN": "NZ",
    "TF": "RE",
    "UM": "US",
    "UK": "GB",
}


def never_texted(config: Keys) -> dict[str, frozenset[str]]:
    """Find the allowed countries without numbers, and the countries that their numbers count as."""
    types = frozenset(config.allowed_number_types)
    counted = {code: counted_as(code, types) for code in config.allowed_countries}
    return {code: others for code, others in counted.items() if code not in others}


def why(never: Mapping[str, frozenset[str]]) -> str:
    """Explain why countries are never texted."""
    return "; ".join(
        f"numbers of {code} count as {', '.join(sorted(others))}"
        if others
        else f"no number of {code} is of a type in allowedNumberTypes, but of {_types(code)}"
        for code, others in never.items()
    )


def instead(never: Mapping[str, frozenset[str]]) -> str:
    """Name the countries to allow instead."""
    return ",".join(sorted({other for others in never.values() for other in others}))


@cache
def counted_as(code: str, types: frozenset[str]) -> frozenset[str]:
    """Find the countries that a country's numbers of some types count as."""
    found: set[str] = set()
    for number, type_ in _examples(code):
        if type_ in types:
            found.add(country(number))
    if code not in found:
        for number in _numbers(code):
            if _type(number) in types:
                found.add(country(number))
    return frozenset(found)


def _types(code: str) -> str:
    return ", ".join(
        sorted({of for number, of in _examples(code) if of and country(number) == code})
    )


def _examples(code: str) -> Iterator[tuple[str, str | None]]:
    for region in _regions(code):
        for value in NUMBER_TYPES:
            if example := phonenumbers.example_number_for_type(region, value):
                e164 = phonenumbers.PhoneNumberFormat.E164
                number = phonenumbers.format_number(example, e164)
                yield number, _type(number)


def _numbers(code: str) -> Iterator[str]:
    """Give a number for each prefix of a country: a single example may be in a shared range."""
    for region in _regions(code):
        plan = PhoneMetadata.metadata_for_region(region)
        if not (plan and (every := plan.general_desc) and every.national_number_pattern):
            continue
        matches = re.compile(every.national_number_pattern).fullmatch
        for beginning in range(10**_BEGINNING):
            filled = f"{beginning:0{_BEGINNING}}{_END}"
            lengths = (filled[:length] for length in every.possible_length)
            numbers = (f"+{plan.country_code}{of}" for of in lengths if matches(of))
            yield from islice((of for of in numbers if _is_of(of, region)), 1)


def _is_of(number: str, region: str) -> bool:
    return phonenumbers.is_valid_number_for_region(phonenumbers.parse(number), region)


def _regions(code: str) -> list[str]:
    return [code, *(region for region, of in ISO_3166.items() if of == code)]


def _type(number: str) -> str | None:
    return NUMBER_TYPES.get(phonenumbers.number_type(phonenumbers.parse(number)))
