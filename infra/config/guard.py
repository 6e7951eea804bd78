"""The guard."""

from typing import Annotated, Literal

from pydantic import Field

from .values import Listed, Number, Subject, key, text

# A name as the log writes it, or its beginning.
_Range = Annotated[str, text(r"[1-9][0-9]{0,2}(-[0-9]{1,12})*")]


class Guard(Subject):
    """The guard."""

    guard: Literal["off", "record", "refuse"] = key(
        "off, record or refuse: what the guard does about ranges of numbers that nobody verifies",
        "refuse",
        "record",
    )
    guard_allowance: Annotated[Number, Field(ge=1, le=10_000)] = key(
        "the unverified texts of an hour after which a range is cut off", "60", 30
    )
    guard_texts_per_verified: Annotated[Number, Field(ge=1, le=100)] = key(
        "the texts that a verified code makes up for; 100 divided by it is the verified percentage "
        "above which a range is not cut off",
        "5",
        4,
    )
    guard_probe_seconds: Annotated[Number, Field(ge=1, le=3600)] = key(
        "the seconds between two texts to a range that is cut off", "60", 120
    )
    guard_ranges: Listed[_Range] = key(
        "ranges that are never cut off, or their beginnings, as the log names them",
        "49-15123,1-206",
        (),
    )
