"""A lock that allows one sandbox per folder; the kernel releases it however the process ends."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from .state import FOLDER, PYTHON

_FILE = FOLDER / "lock"


class AlreadyRunningError(Exception):
    """A sandbox of this folder is running or starting."""

    def __init__(self) -> None:
        super().__init__(
            "The sandbox of this folder is running already. Use it, or end it with: "
            f"{PYTHON} -m sandbox --stop"
        )


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the lock, and write this process's ID into it.

    Raises:
        AlreadyRunningError: another process holds it.

    """
    FOLDER.mkdir(exist_ok=True)
    with _FILE.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def holder() -> int | None:
    """Return the process ID of the sandbox that is running or starting, or None."""
    with contextlib.suppress(FileNotFoundError), _FILE.open("r+") as lock:
        try:
            # Shared, so that two callers do not take each other for a sandbox.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0) or None
    return None
