"""What becomes of ranges of numbers that nobody verifies."""

from typing import Annotated, Literal

from pydantic import Field

from .values import Listed, Number, Subject, key, text

# A name as the log writes it, or how it begins.
_Range = Annotated[str, text(r"[1-9][0-9]{0,2}(-[0-9]{1,12})*")]


class Guard(Subject):
    """What becomes of ranges of numbers that nobody verifies."""

    guard: Literal["off", "record", "refuse"] = key(
        "off, record or refuse: whether texts to ranges of numbers that nobody verifies are "
        "refused, or only told",
        "refuse",
        "record",
    )
    guard_allowance: Annotated[Number, Field(ge=1, le=10_000)] = key(
        "how many texts a range gets in an hour that nobody verifies", "60", 30
    )
    guard_texts_per_verified: Annotated[Number, Field(ge=1, le=100)] = key(
        "how many texts a verified code makes up for: 100 divided by it is the percentage of "
        "verified texts from which on a range is never cut off",
        "5",
        4,
    )
    guard_probe_seconds: Annotated[Number, Field(ge=1, le=3600)] = key(
        "a range that is cut off gets one text every so many seconds", "60", 120
    )
    guard_ranges: Listed[_Range] = key(
        "the ranges that are never cut off, as the log names them, or how they begin",
        "49-15123,1-206",
        (),
    )
