"""A clock whose time passes by waiting only."""

from serverless_otp.retry import Clock


class VirtualClock(Clock):
    """Waits for nothing.

    Attributes:
        waits: how long it was told to wait, each time.

    """

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._passed = 0.0

    def now(self) -> float:
        """Give what has passed."""
        return self._passed

    def wall(self) -> float:
        """Give the same."""
        return self._passed

    def wait(self, seconds: float) -> None:
        """Note it, and let it have passed."""
        self.waits.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds
