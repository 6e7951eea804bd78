"""The number that a phone is counted by, however it is written, and the block around it.

Texts still go to the number that the caller wrote. `PLANS` lists the numbering plans in which one
phone has several numbers that libphonenumber calls valid, each with its source. Numbers that merely
look alike may be two subscribers, as in Brazil: landlines have eight digits there, and mobiles
nine.
"""

from collections.abc import Iterator
from typing import NamedTuple

import phonenumbers

_MOST_OWN_DIGITS = 4


class Plan(NamedTuple):
    """Numbers that are counted by another one, which differs in how it begins.

    Attributes:
        length: of such a number, with its +.
        counted: the prefix that it is counted by, for each prefix that is written.
        mobile: how a mobile is written there, for callers whose number is refused.

    """

    length: int
    counted: dict[str, str]
    mobile: str


_IN_GABON = "A mobile in Gabon is written +241 and eight digits, the first of which is 6 or 7."
_IN_PALESTINE = "A mobile in Palestine is written +970 5 and eight digits."

#: Mexico is not here: +52 1 ended in 2019, and libphonenumber refuses it as too long.
PLANS = (
    # The 9 before the area code marks a mobile, which texts reach without it, too:
    # https://github.com/google/libphonenumber/blob/master/FAQ.md#mx_and_ar
    Plan(
        13,
        {"+541": "+5491", "+542": "+5492", "+543": "+5493"},
        "A mobile in Argentina is written +54 9, then area code and number, without 15.",
    ),
    # Gabon was renumbered in 2019. Before, the zero could be left out before a mobile's number:
    # https://github.com/google/libphonenumber/blob/master/resources/metadata/241/comments.csv
    Plan(
        12,
        {
            "+24101": "+24111",
            "+24102": "+24162",
            "+24104": "+24174",
            "+24105": "+24165",
            "+24106": "+24166",
            "+24107": "+24177",
        },
        _IN_GABON,
    ),
    Plan(
        11,
        {
            "+2412": "+24162",
            "+2413": "+24103",
            "+2414": "+24174",
            "+2415": "+24165",
            "+2416": "+24166",
            "+2417": "+24177",
        },
        _IN_GABON,
    ),
    # Palestine's mobiles and landlines can also be reached through Israel's country code:
    # https://github.com/google/libphonenumber/blob/master/resources/metadata/970/comments.csv
    Plan(13, {"+97256": "+97056", "+97259": "+97059"}, _IN_PALESTINE),
    Plan(
        12,
        {"+97222": "+97022", "+97242": "+97042", "+97282": "+97082", "+97292": "+97092"},
        _IN_PALESTINE,
    ),
    # Kosovo's mobiles had Monaco's country code before their own:
    # https://github.com/google/libphonenumber/blob/master/resources/metadata/377/comments.csv
    Plan(
        12,
        {"+37744": "+38344", "+37745": "+38345"},
        "A mobile in Kosovo is written +383 4 and seven digits.",
    ),
)


def counted_by(number: str) -> str:
    """Return the number, in E.164 format, that a phone is counted by."""
    for plan in PLANS:
        for written, counted in plan.counted.items():
            if len(number) == plan.length and number.startswith(written):
                return counted + number.removeprefix(written)
    return number


def spellings(number: str) -> Iterator[str]:
    """Yield every number that a phone has, in E.164 format."""
    one = counted_by(number)
    yield one
    for plan in PLANS:
        for written, counted in plan.counted.items():
            if one.startswith(counted):
                other = written + one.removeprefix(counted)
                if len(other) == plan.length:
                    yield other


def spelling_of_mobiles(number: str) -> str:
    """Return how a mobile is written, if the phone has a better number than this; else ""."""
    for plan in PLANS:
        if len(number) == plan.length and number.startswith(tuple(plan.counted)):
            return f" {plan.mobile}"
    return ""


def block(number: str) -> tuple[str, str]:
    """Split a number into the digits that it shares with its block, and its own digits."""
    national = phonenumbers.national_significant_number(phonenumbers.parse(number))
    own = own_digits(len(national))
    return number[:-own], number[-own:]


def own_digits(digits: int) -> int:
    """Return in how many digits a block's numbers differ, by the length of the national number.

    Half of them, and at most four: a block of ten thousand would be a tenth of a country whose
    numbers have five digits.
    """
    return min(_MOST_OWN_DIGITS, (digits + 1) // 2)
