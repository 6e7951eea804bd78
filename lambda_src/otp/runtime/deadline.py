"""A time by which several calls are to be over: each begins only if it can still be in time."""

import time


class Deadline:
    """The end of a step.

    Args:
        seconds: how long the step may take, from now on.

    """

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def leaves(self, seconds: float) -> bool:
        """Say whether there is time for something that may take this long."""
        return time.monotonic() + seconds <= self._at
