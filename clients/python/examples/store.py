"""Where an example keeps what it knows of a person, by the ID of the session, for an hour.

A limit holds only if counting is one step. Of twenty requests that come at once, all read the same
count; only the first one may write the next. `InSqlite` is for one machine. Elsewhere:

- DynamoDB: `PutItem` with the condition `kept = :before`, or `attribute_not_exists(kept)` where
  nothing was kept. ConditionalCheckFailedException is False. Read with `ConsistentRead`.
- SQL: as here.
- Redis: a script of three lines (`EVAL`) that gets, compares and sets.

The session of a web framework is no such store: the last request that ends overwrites the others,
and where it is a cookie, the person can send an old one again.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

SECONDS_KEPT = 60 * 60


class Store(Protocol):
    """What the examples need of a store."""

    def get(self, name: str) -> str | None:
        """Read what is kept, as it is now."""

    def swap(self, name: str, before: str | None, after: str) -> bool:
        """Write, if what was read is still what is kept; says whether it was."""


class InSqlite:
    """A file that all processes of a machine share. It forgets what is an hour old.

    Args:
        file: where; it holds phone numbers.
        now: tells the time.

    """

    def __init__(self, file: str | Path, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self._now = now
        self._run(
            "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT, written REAL)"
        )

    def get(self, name: str) -> str | None:
        """Read what is kept, as it is now."""
        _, rows = self._run(
            "SELECT value FROM kept WHERE name = ? AND written > ?", name, self._oldest()
        )
        return rows[0][0] if rows else None

    def swap(self, name: str, before: str | None, after: str) -> bool:
        """Write, if what was read is still what is kept; says whether it was."""
        now = self._now()
        self._run("DELETE FROM kept WHERE written <= ?", self._oldest())
        if before is None:
            sql = "INSERT INTO kept VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
            return self._run(sql, name, after, now)[0] == 1
        sql = "UPDATE kept SET value = ?, written = ? WHERE name = ? AND value = ?"
        return self._run(sql, after, now, name, before)[0] == 1

    def _oldest(self) -> float:
        return self._now() - SECONDS_KEPT

    def _run(self, sql: str, *values: object) -> tuple[int, list[tuple[str]]]:
        """Run a statement; gives how many rows it wrote, and those that it read."""
        with closing(sqlite3.connect(self._file)) as database, database:
            cursor = database.execute(sql, values)
            return cursor.rowcount, cursor.fetchall()
