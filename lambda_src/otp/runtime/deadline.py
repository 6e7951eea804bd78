"""A deadline for several calls: each begins only if it can end in time."""

import time


class Deadline:
    """The end of a step.

    Args:
        seconds: how long the step may take, from now.

    """

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def leaves(self, seconds: float) -> bool:
        """Tell whether that many seconds are left."""
        return time.monotonic() + seconds <= self._at
