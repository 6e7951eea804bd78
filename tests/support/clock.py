"""A clock that stands still until it is told to move."""

import time
from types import ModuleType

import pytest

from lambda_src.otp.once import records
from lambda_src.otp.pinpoint import calls
from lambda_src.otp.rules import counters, credit, guard, limits, switch
from lambda_src.otp.runtime import deadline

# 2099-11-27 13:45:30 UTC: in the middle of an hour and of ten minutes, and in the future, for
# Powertools looks at its own clock whether a record has expired.
START = 4_099_470_330.0


class Clock:
    """What some modules take for the time, for as long as a test."""

    def __init__(self, patch: pytest.MonkeyPatch, *modules: ModuleType) -> None:
        self.now = START
        self._waited = 0.0
        for module in modules:
            patch.setattr(module, "time", self)

    def time(self) -> float:
        """Say what time it is."""
        return self.now

    def monotonic(self) -> float:
        """Say how long it has been waited, all in all."""
        return self._waited

    def wait(self, seconds: float) -> None:
        """Let some time pass, for all clocks."""
        self.now += seconds
        self._waited += seconds

    def __getattr__(self, name: str) -> object:
        return getattr(time, name)


def stopped(patch: pytest.MonkeyPatch) -> Clock:
    """Stop the time of all that decides by it."""
    return Clock(patch, calls, counters, credit, deadline, guard, limits, records, switch)
