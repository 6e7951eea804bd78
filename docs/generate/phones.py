"""The tables of docs/abuse.md about numbers: which are one phone, and how small blocks are."""

import re
from collections.abc import Iterator
from itertools import islice

import phonenumbers
from phonenumbers import PhoneMetadata

from infra.config import Config
from lambda_src.otp.rules.destination import country
from lambda_src.otp.rules.phones import PLANS, own_digits

from .configuration import LEAST
from .markdown import code, table

# Longer numbers keep the last four digits to themselves, as all did before.
_SHORT = range(4, 7)
_BEFORE = 4

# Where libphonenumber has the ranges of the types that are texted by default.
_RANGES = ("mobile", "personal_number", "voip")


def parts() -> dict[str, str]:
    """Write the generated parts of the page."""
    heads = ("country", "digits:", "blocks before:", "texts an hour:", "now:", "texts an hour:")
    return {
        "spellings": table(("begins with", "digits:", "is counted as"), _spellings()),
        "blocks": table(heads, _blocks()),
    }


def _spellings() -> Iterator[tuple[str, ...]]:
    for plan in PLANS:
        written, counted = (
            ", ".join(map(code, of)) for of in zip(*plan.counted.items(), strict=True)
        )
        yield written, str(plan.length - len("+")), counted


def _blocks() -> Iterator[tuple[str, ...]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        calling_code = f"+{phonenumbers.country_code_for_region(region)}"
        for digits in _SHORT:
            numbers = [
                f"{calling_code}{national}" for national in _one_of_each_block(region, digits)
            ]
            # Åland's, for one, count as Finland's.
            if numbers and _region(numbers[0]) == region:
                before = {number[:-_BEFORE] for number in numbers}
                cells = (f"{of:,}" for many in map(len, (before, numbers)) for of in _hour(many))
                yield f"{country(numbers[0])}, {calling_code}", str(digits), *cells


def _one_of_each_block(region: str, digits: int) -> Iterator[str]:
    """Give a number of each block of a country's numbers of so many digits, without its code."""
    metadata = PhoneMetadata.metadata_for_region(region)
    ranges = [getattr(metadata, name) for name in _RANGES]
    patterns = [
        of.national_number_pattern for of in ranges if of and digits in (of.possible_length or ())
    ]
    if patterns:
        matches = re.compile("|".join(patterns)).fullmatch
        own = own_digits(digits)
        ends = [f"{end:0{own}}" for end in range(10**own)]
        for shared in (f"{of:0{digits - own}}" for of in range(10 ** (digits - own))):
            yield from islice((shared + end for end in ends if matches(shared + end)), 1)


def _region(number: str) -> str | None:
    region: str | None = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return region


def _hour(blocks: int) -> tuple[int, int]:
    """Give how many blocks there are, and how many texts they get in an hour by default."""
    defaults = Config.from_context(LEAST)
    most = defaults.deployment_per_hour or 0
    return blocks, min(blocks * (defaults.block_per_hour or 0), most)
