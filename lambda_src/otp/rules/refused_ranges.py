"""How many ranges are cut off at once, as one environment meets them.

A pump is in few ranges. Where many are cut off at once, it is more likely that verifying is broken,
or nobody tells the guard of it: then the guard refuses nothing, and an alarm tells. Nothing is
asked of the table for this: every environment knows the ranges that it was asked for in this hour.
"""

#: From so many ranges on, and from this share of all, they are too many.
MANY, SHARE = 10, 0.5


class RefusedRanges:
    """The ranges of this hour, and which of them are beyond their allowance."""

    def __init__(self) -> None:
        self._hour = 0
        self._met: dict[str, bool] = {}

    def note(self, digest: str, hour: int, *, refused: bool) -> None:
        """Note what a range was like just now."""
        if hour != self._hour:
            self._hour, self._met = hour, {}
        self._met[digest] = refused

    def are_many(self) -> bool:
        """Say whether too many are refused at once."""
        refused = sum(self._met.values())
        return refused >= MANY and refused >= SHARE * len(self._met)
