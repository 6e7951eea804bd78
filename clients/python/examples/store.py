"""Where an example keeps what it knows of a person, by the ID of the session, for an hour.

A limit holds only if counting is one step. Of twenty requests that come at once, all read the same
count; only the first one may write the next. Elsewhere, keep the value as one text, and write it:

- DynamoDB: `PutItem` with the condition `kept = :before`, or `attribute_not_exists(kept)` where
  nothing was kept. ConditionalCheckFailedException is False. Read with `ConsistentRead`.
- SQL: `UPDATE … SET kept = :after WHERE name = :name AND kept = :before`, or `INSERT … ON CONFLICT
  DO NOTHING`. True if it was one row.
- Redis: a script of three lines (`EVAL`) that gets, compares and sets.

The session of a web framework is no such store: the last request that ends overwrites the others.
"""

import threading
from typing import Generic, Protocol, TypeVar

Kept = TypeVar("Kept")


class Store(Protocol[Kept]):
    """What the examples need of a store."""

    def get(self, name: str) -> Kept | None:
        """Read what is kept, as it is now."""

    def swap(self, name: str, before: Kept | None, after: Kept) -> bool:
        """Write, if what was read is still what is kept; says whether it was."""


class InOneProcess(Generic[Kept]):
    """A store for tests, and for a site that is one process. It forgets nothing."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Kept | None:
        """Read what is kept, as it is now."""
        return self._kept.get(name)

    def swap(self, name: str, before: Kept | None, after: Kept) -> bool:
        """Write, if what was read is still what is kept; says whether it was."""
        with self._lock:
            if self._kept.get(name) != before:
                return False
            self._kept[name] = after
            return True
