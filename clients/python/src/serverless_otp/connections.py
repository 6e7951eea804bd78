"""Keeps what holds connections, for as long as they can be trusted."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .retry import CONNECT_SECONDS, Clock

# While Lambda has frozen a function, nobody tells it that the other side has hung up: a request on
# such a connection would be one whose answer is lost.
_TRUSTED_SECONDS = 20

# More than a process has threads: urllib3 drops the connections beyond, with a warning for each.
MOST_CONNECTIONS = 1000

_T = TypeVar("_T")


@dataclass
class _Kept(Generic[_T]):
    """What one process keeps: its connections, when they were used, and the lock of its threads."""

    process: int = field(default_factory=os.getpid)
    lock: threading.Lock = field(default_factory=threading.Lock)
    connections: _T | None = None
    used_at: float = 0.0


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
        self._kept = _Kept[_T]()

    def within(self, seconds: float) -> _T:
        """Give one whose attempts take at most so long."""
        if seconds < self._usual_seconds:
            # Its time limits are made with it, and little time is left: it is for one attempt.
            return self._make(seconds)
        kept = self._kept
        if kept.process != os.getpid():
            # Forked since: the other process reads from the same connections, so each would get
            # answers of the other's, and the lock may have been held. Replaced as a whole: another
            # thread sees all of it or nothing.
            self._kept = kept = _Kept()
        with kept.lock:
            now = self._clock.wall()
            if kept.connections is None or not 0 <= now - kept.used_at <= _TRUSTED_SECONDS:
                # The old one is not closed: others may be using it. Its connections go with it.
                kept.connections = self._make(self._usual_seconds)
            kept.used_at = now
            return kept.connections


def time_limits(seconds: float) -> tuple[float, float]:
    """Divide the time of an attempt into connecting and waiting for the answer."""
    connect = min(CONNECT_SECONDS, seconds / 3)
    return connect, seconds - connect
