"""The example's SQLite store, which processes share."""

from pathlib import Path

from clients.python.examples.store import SECONDS_KEPT, InSqlite
from tests.support.at_once import at_once

from .scripted import VirtualClock


def test_stores_share_entries_until_they_expire(tmp_path: Path) -> None:
    """A write restarts the hour; an expired entry counts as absent."""
    clock = VirtualClock()
    one, other = (InSqlite(tmp_path / "kept", clock.wall) for _ in range(2))
    assert one.get("name") is None
    assert one.swap("name", None, "first")
    clock.advance(SECONDS_KEPT - 1)

    assert (other.get("name"), other.get("another")) == ("first", None)
    assert other.swap("name", "first", "second")
    clock.advance(SECONDS_KEPT - 1)
    assert one.get("name") == "second"
    clock.advance(1)
    assert one.get("name") is None
    assert not one.swap("name", "second", "third")
    assert other.swap("name", None, "third")


def test_one_of_twenty_concurrent_writes_wins(tmp_path: Path) -> None:
    """This holds for an absent entry and for an existing one."""
    store = InSqlite(tmp_path / "kept")
    for before, after in ((None, "first"), ("first", "second")):
        assert at_once(20, lambda now=(before, after): store.swap("name", *now)).count(True) == 1  # type: ignore[misc]  # bound now
    assert store.get("name") == "second"
