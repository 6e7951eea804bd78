"""Requests of one session that come at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from clients.python.examples.store import InOneProcess, Kept

_Given = TypeVar("_Given")


def at_once(count: int, do: Callable[[], _Given]) -> list[_Given]:
    """Do something in so many threads; gives what each got."""
    with ThreadPoolExecutor(count) as pool:
        return [doing.result() for doing in [pool.submit(do) for _ in range(count)]]


class AllReadFirst(InOneProcess[Kept]):
    """A store in which nobody writes before so many have read: the worst that can happen."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._all = threading.Barrier(count)

    def get(self, name: str) -> Kept | None:
        """Read what is kept, and wait for the others."""
        found = super().get(name)
        self._all.wait(timeout=30)
        return found
