"""Counts the ranges that are cut off at once, as one execution environment sees them.

A pump uses few ranges. If many are cut off at once, it is more likely that verifying is broken, or
that credits are lost: then the guard refuses nothing, and an alarm goes off. This needs no call of
the table: each environment knows the ranges of its own requests in this hour.
"""

#: Too many: at least so many ranges, and this share of all.
MANY, SHARE = 10, 0.5


class RefusedRanges:
    """The ranges of this hour, and which of them are beyond their allowance."""

    def __init__(self) -> None:
        self._hour = 0
        self._met: dict[str, bool] = {}

    def note(self, digest: str, hour: int, *, refused: bool) -> None:
        """Note whether a range is cut off now."""
        if hour != self._hour:
            self._hour, self._met = hour, {}
        self._met[digest] = refused

    def are_many(self) -> bool:
        """Tell whether too many are cut off at once."""
        refused = sum(self._met.values())
        return refused >= MANY and refused >= SHARE * len(self._met)
