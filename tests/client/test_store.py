"""The example of a store, which several processes share."""

from pathlib import Path

from clients.python.examples.store import SECONDS_KEPT, InSqlite
from tests.support.at_once import at_once

from .scripted import VirtualClock


def test_what_one_process_writes_another_one_reads_until_an_hour_is_over(tmp_path: Path) -> None:
    """Written again, it begins anew; forgotten, it is written as if it had never been."""
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


def test_of_twenty_that_write_at_once_one_does(tmp_path: Path) -> None:
    """Of what is there, and of what is not."""
    store = InSqlite(tmp_path / "kept")
    for before, after in ((None, "first"), ("first", "second")):
        assert at_once(20, lambda now=(before, after): store.swap("name", *now)).count(True) == 1  # type: ignore[misc]  # bound now
    assert store.get("name") == "second"
