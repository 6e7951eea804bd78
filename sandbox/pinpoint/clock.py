"""The emulator's clock: real time, plus the seconds by which tests have advanced it."""

import threading
import time
from datetime import UTC, datetime, timedelta

#: The most one ``advance`` may move the clock, in seconds (a year; codes expire within an hour).
MAX_ADVANCE_SECONDS = 366 * 24 * 60 * 60


class Clock:
    """A clock that tests can advance. Safe to share between threads."""

    def __init__(self) -> None:
        # Elapsed time comes from the monotonic clock: a correction of the machine's wall clock
        # neither expires a code early nor revives an expired one.
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
        """Advance the clock by 0 to ``MAX_ADVANCE_SECONDS``; else raise ``ValueError``."""
        # A chained comparison, because it is also false for NaN.
        if not 0 <= seconds <= MAX_ADVANCE_SECONDS:
            message = f"a clock advances by 0 to {MAX_ADVANCE_SECONDS} seconds, not {seconds}"
            raise ValueError(message)
        with self._lock:
            self._advanced += timedelta(seconds=seconds)
