"""Concurrent calls, and in-memory stores for the login example that they run against."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Given = TypeVar("_Given")


def at_once(count: int, do: Callable[[], _Given]) -> list[_Given]:
    """Call a function in `count` threads at the same time; returns every result."""
    start = threading.Barrier(count)

    def call() -> _Given:
        start.wait()
        return do()

    with ThreadPoolExecutor(count) as pool:
        return [called.result() for called in [pool.submit(call) for _ in range(count)]]


class InMemory:
    """A login store that never expires an entry."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> str | None:
        """Return the current value."""
        return self._kept.get(name)

    def swap(self, name: str, before: str | None, after: str) -> bool:
        """Compare and swap: write only if the current value is `before`."""
        with self._lock:
            if self._kept.get(name) != before:
                return False
            self._kept[name] = after
            return True


class AllReadFirst(InMemory):
    """A store in which `count` callers read before the first one writes: the worst race."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._all = threading.Barrier(count)

    def get(self, name: str) -> str | None:
        """Return the current value once all callers have read it."""
        found = super().get(name)
        self._all.wait(timeout=30)
        return found
