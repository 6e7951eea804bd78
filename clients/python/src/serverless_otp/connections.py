"""Reuses connections for as long as they can be trusted."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .retry import CONNECT_SECONDS, Clock

# A function that Lambda has frozen does not notice that the other side has closed a connection. The
# answer to a request on that connection would be lost.
_TRUSTED_SECONDS = 20

# More than a process has threads: urllib3 drops further connections, with a warning for each.
MOST_CONNECTIONS = 1000

_T = TypeVar("_T")


@dataclass
class _Kept(Generic[_T]):
    """The state of one process: its connections, when they were last used, and a lock."""

    process: int = field(default_factory=os.getpid)
    lock: threading.Lock = field(default_factory=threading.Lock)
    connections: _T | None = None
    used_at: float = 0.0


class Connections(Generic[_T]):
    """An object that holds connections, made when it is needed.

    Args:
        make: makes such an object, given the time limit of an attempt in seconds.
        usual_seconds: the time limit of an attempt, unless less time is left.
        clock: tells how long the connections were idle.

    """

    def __init__(self, make: Callable[[float], _T], usual_seconds: float, clock: Clock) -> None:
        self._make = make
        self._usual_seconds = usual_seconds
        self._clock = clock
        self._kept = _Kept[_T]()

    def within(self, seconds: float) -> _T:
        """Return an object whose attempts have this time limit."""
        if seconds < self._usual_seconds:
            # Little time is left. Time limits are fixed when it is made, so it is for one attempt.
            return self._make(seconds)
        kept = self._kept
        if kept.process != os.getpid():
            # The process has forked. Both processes would read from the same connections and get
            # each other's answers, and the lock may have been held. Replace the state as a whole:
            # another thread sees all of it or nothing.
            self._kept = kept = _Kept()
        with kept.lock:
            now = self._clock.wall()
            if kept.connections is None or not 0 <= now - kept.used_at <= _TRUSTED_SECONDS:
                # Do not close the old one: other threads may be using it. Its connections are
                # closed when it is deleted.
                kept.connections = self._make(self._usual_seconds)
            kept.used_at = now
            return kept.connections


def time_limits(seconds: float) -> tuple[float, float]:
    """Divide an attempt's time limit into one to connect and one to wait for the answer."""
    connect = min(CONNECT_SECONDS, seconds / 3)
    return connect, seconds - connect
