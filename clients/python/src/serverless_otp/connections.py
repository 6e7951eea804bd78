"""Keeps what holds connections, for as long as they can be trusted."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .retry import CONNECT_SECONDS, Clock

# While Lambda has frozen a function, nobody tells it that the other side has hung up: a request on
# such a connection would be one whose answer is lost.
_TRUSTED_SECONDS = 20

_T = TypeVar("_T")


class Connections(Generic[_T]):
    """Something that holds connections, made when it is needed.

    Args:
        make: makes one, whose attempts take at most so many seconds.
        usual_seconds: how long an attempt takes at most, unless less time is left.
        clock: tells how long nothing was asked.

    """

    def __init__(self, make: Callable[[float], _T], usual_seconds: float, clock: Clock) -> None:
        self._make = make
        self._usual_seconds = usual_seconds
        self._clock = clock
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._kept: _T | None = None
        self._used_at = 0.0

    def within(self, seconds: float) -> _T:
        """Give one whose attempts take at most so long."""
        if seconds < self._usual_seconds:
            # Its time limits are made with it, and little time is left: it is for one attempt.
            return self._make(seconds)
        if self._process != os.getpid():
            # Forked since: the other process reads from the same connections, so each would get
            # answers of the other's, and the lock may have been held.
            self._begin()
        with self._lock:
            now = self._clock.wall()
            if self._kept is None or not 0 <= now - self._used_at <= _TRUSTED_SECONDS:
                # The old one is not closed: others may be using it. Its connections go with it.
                self._kept = self._make(self._usual_seconds)
            self._used_at = now
            return self._kept


def time_limits(seconds: float) -> tuple[float, float]:
    """Divide the time of an attempt into connecting and waiting for the answer."""
    connect = min(CONNECT_SECONDS, seconds / 3)
    return connect, seconds - connect
