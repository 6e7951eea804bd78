"""Calls that wait for the network at the same time, so that together they are one step."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from .sdk import INITIALIZATION

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


def stay_on_one_processor(environment: Mapping[str, str]) -> None:
    """Run this thread, and those that it starts from now on, on one processor. Never raises.

    Python's threads take turns, one at a time, and give theirs up at every call of the network. To
    pass it on to a thread on another processor, that one has to be woken up: a third of the CPU of
    a message, where Lambda gives a function two processors, and less than one's time.

    Args:
        environment: Lambda's own variables; outside of Lambda, nothing changes.

    """
    if INITIALIZATION in environment and hasattr(os, "sched_setaffinity"):  # Linux has it
        with suppress(OSError):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
