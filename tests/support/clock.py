"""A clock that moves only when a test moves it."""

import time
from types import ModuleType

import pytest

from lambda_src.otp.once import records
from lambda_src.otp.pinpoint import calls
from lambda_src.otp.rules import counters, credit, guard, limits, switch
from lambda_src.otp.runtime import deadline

# 2099-11-27 13:45:30 UTC: mid-hour and mid-ten-minutes, so no window ends by accident; and in the
# future, because Powertools checks by the real clock whether a record has expired.
START = 4_099_470_330.0


class Clock:
    """Replaces the module `time` in the given modules for one test."""

    def __init__(self, patch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        self.now = START
        self._waited = 0.0
        for module in modules:
            patch.setattr(module, "time", self)

    def time(self) -> float:
        """Return the time of day."""
        return self.now

    def monotonic(self) -> float:
        """Return the sum of all waits."""
        return self._waited

    def wait(self, seconds: float) -> None:
        """Move both clocks forward."""
        self.now += seconds
        self._waited += seconds

    def __getattr__(self, name: str) -> object:
        return getattr(time, name)


def stopped(patch: pytest.MonkeyPatch) -> Clock:
    """Stop the clock of every module that decides by time."""
    return Clock(patch, calls, counters, credit, deadline, guard, limits, records, switch)
