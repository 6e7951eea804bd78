"""Ranges of numbers for the guard: all numbers that differ only in their last six digits.

A range is never a whole country, or a pump would shut out everybody there. So short numbers share
at least two national digits, besides the country code.
"""

import hashlib
from collections.abc import Collection
from typing import NamedTuple

import phonenumbers

from .phones import counted_by, own_digits

_MOST_OWN_DIGITS, _LEAST_SHARED_DIGITS = 6, 2

# Longer runs of digits are masked in the log.
_MOST_IN_A_ROW = 6


class Range(NamedTuple):
    """A range of numbers.

    Attributes:
        name: its country code and the digits after it, such as `49-15123`.
        digest: identifies it in the table.

    """

    name: str
    digest: str

    def begins_with(self, names: Collection[str]) -> bool:
        """Tell whether one of these ranges is this one or contains it, as `49-151` does."""
        return _digits(self.name).startswith(tuple(_digits(name) for name in names))


def range_of(number: str) -> Range:
    """Return the range of a number in E.164 format, the same for all numbers of a phone."""
    one = counted_by(number)
    parsed = phonenumbers.parse(one)
    country = str(parsed.country_code)
    digits = len(phonenumbers.national_significant_number(parsed))
    shared = one[: -max(min(_MOST_OWN_DIGITS, digits - _LEAST_SHARED_DIGITS), own_digits(digits))]
    national = shared.removeprefix(f"+{country}")
    rows = [national[at : at + _MOST_IN_A_ROW] for at in range(0, len(national), _MOST_IN_A_ROW)]
    return Range("-".join([country, *rows]), hashlib.sha256(shared.encode()).hexdigest())


def _digits(name: str) -> str:
    return name.replace("-", "")
