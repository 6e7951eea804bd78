"""Requests of one session that come at once, and the stores that they meet."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Given = TypeVar("_Given")


def at_once(count: int, do: Callable[[], _Given]) -> list[_Given]:
    """Do something in so many threads; gives what each got."""
    with ThreadPoolExecutor(count) as pool:
        return [doing.result() for doing in [pool.submit(do) for _ in range(count)]]


class InMemory:
    """A store that forgets nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        """Read what is kept."""
        return self._kept.get(name)

    def swap(self, name: str, before: str | None, after: str) -> bool:
        """Write, if what was read is still what is kept."""
        with self._lock:
            if self._kept.get(name) != before:
                return False
            self._kept[name] = after
            return True


class AllReadFirst(InMemory):
    """A store in which nobody writes before so many have read: the worst that can happen."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._all = threading.Barrier(count)

    def get(self, name: str) -> str | None:
        """Read what is kept, and wait for the others."""
        found = super().get(name)
        self._all.wait(timeout=30)
        return found
