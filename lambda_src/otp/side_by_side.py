"""Calls that wait for the network at the same time, so that together they are one step."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


class SideBySide:
    """Threads that live as long as the function.

    Args:
        most: how many calls there are at once, at most. More would wait for each other.

    """

    def __init__(self, most: int) -> None:
        # One call is made by the caller's own thread.
        self._threads = ThreadPoolExecutor(max_workers=most - 1, thread_name_prefix="side-by-side")

    def run(self, calls: Sequence[Callable[[], _T]]) -> list[_T]:
        """Make all calls, and return what they return in the same order.

        The calls must not raise: one would be lost while the others run on.
        """
        if not calls:
            return []
        others: list[Future[_T]] = [self._threads.submit(call) for call in calls[1:]]
        return [calls[0](), *(other.result() for other in others)]
