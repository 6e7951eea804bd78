"""The emulator's clock: real time, plus whatever a test has moved it on by."""

import threading
import time
from datetime import UTC, datetime, timedelta

#: The most one ``advance`` may move the clock, in seconds (a year; no code lives beyond an hour).
MAX_ADVANCE_SECONDS = 366 * 24 * 60 * 60


class Clock:
    """A clock that only moves forward, by itself and on demand. Safe to share between threads."""

    def __init__(self) -> None:
        # Elapsed time is taken from the monotonic clock, so that a correction of the machine's
        # wall clock can neither expire a code early nor revive an expired one.
        self._start = datetime.now(UTC)
        self._monotonic_start = time.monotonic()
        self._advanced = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the emulated time, aware, in UTC."""
        elapsed = timedelta(seconds=time.monotonic() - self._monotonic_start)
        with self._lock:
            return self._start + elapsed + self._advanced

    def advance(self, seconds: float) -> None:
        """Move the clock on by ``seconds``, 0 to ``MAX_ADVANCE_SECONDS``; else ``ValueError``."""
        # Written as a chained comparison because it is false for NaN, too.
        if not 0 <= seconds <= MAX_ADVANCE_SECONDS:
            message = f"a clock advances by 0 to {MAX_ADVANCE_SECONDS} seconds, not {seconds}"
            raise ValueError(message)
        with self._lock:
            self._advanced += timedelta(seconds=seconds)
