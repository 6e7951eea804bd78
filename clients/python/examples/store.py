"""Stores the state of a login by session ID, for an hour.

A limit holds only if counting is one step. Twenty simultaneous requests all read the same count,
and only the first one may write the next count. `InSqlite` is for one machine. Elsewhere:

- DynamoDB: `PutItem` with the condition `kept = :before`, or `attribute_not_exists(kept)` if
  nothing was stored. ConditionalCheckFailedException means False. Read with `ConsistentRead`.
- SQL: as here.
- Redis: a script of three lines (`EVAL`) that gets, compares and sets.

The session of a web framework is not such a store. The request that ends last overwrites the
others, and if the session is a cookie, the person can send an old one again.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

SECONDS_KEPT = 60 * 60


class Store(Protocol):
    """The operations that the examples need."""

    def get(self, name: str) -> str | None:
        """Read the current value, consistently."""

    def swap(self, name: str, before: str | None, after: str) -> bool:
        """Write `after` if the value is still `before`. Returns whether it was written."""


class InSqlite:
    """A file that all processes of one machine share. Values expire after an hour.

    Args:
        file: the path. The file holds phone numbers.
        now: returns the time in seconds since 1970.

    """

    def __init__(self, file: str | Path, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self._now = now
        self._run(
            "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT, written REAL)"
        )

    def get(self, name: str) -> str | None:
        """Read the current value, consistently."""
        _, rows = self._run(
            "SELECT value FROM kept WHERE name = ? AND written > ?", name, self._oldest()
        )
        return rows[0][0] if rows else None

    def swap(self, name: str, before: str | None, after: str) -> bool:
        """Write `after` if the value is still `before`. Returns whether it was written."""
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
        """Run a statement. Returns the number of rows written, and the rows read."""
        with closing(sqlite3.connect(self._file)) as database, database:
            cursor = database.execute(sql, values)
            return cursor.rowcount, cursor.fetchall()
