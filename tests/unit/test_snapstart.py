"""What functions that continue from one snapshot share, and what they do not."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from lambda_src.otp.pinpoint import calls as pinpoint
from tests.support.aws_server import Aws
from tests.support.clock import Clock
from tests.support.starting import CONNECTIONS, PERSON, Start

if TYPE_CHECKING:
    from collections.abc import Callable


class Runtime(ModuleType):
    """Lambda's `snapshot_restore_py`, and what the runtime does with the hooks."""

    def __init__(self) -> None:
        super().__init__("snapshot_restore_py")
        self._before_snapshot: list[Callable[[], None]] = []
        self._after_restore: list[Callable[[], None]] = []

    def register_before_snapshot(self, hook: Any, *args: Any, **keywords: Any) -> Any:
        """Take a hook that runs before the snapshot, last registered first."""
        self._before_snapshot.append(lambda: hook(*args, **keywords))
        return hook

    def register_after_restore(self, hook: Any, *args: Any, **keywords: Any) -> Any:
        """Take a hook that runs after every restore."""
        self._after_restore.append(lambda: hook(*args, **keywords))
        return hook

    def snapshot(self) -> None:
        """Take the snapshot."""
        while self._before_snapshot:
            self._before_snapshot.pop()()

    def restore(self) -> None:
        """Continue from the snapshot."""
        for hook in self._after_restore:
            hook()


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Provide the module that Lambda provides."""
    runtime = Runtime()
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    return runtime


def test_no_connection_is_in_the_snapshot_and_new_ones_are_there_after_a_restore(
    runtime: Runtime,
    start: Start,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All are closed when the snapshot is taken; no request has to open one, even a day later."""
    clock = Clock(monkeypatch, pinpoint)
    service = start("snap-start")
    assert service.send(DestinationIdentity=PERSON).status == 200
    before = aws.opened

    runtime.snapshot()

    for _ in range(before):
        assert aws.closed.acquire(timeout=5)

    clock.now += 24 * 60 * 60
    runtime.restore()
    assert aws.opened == before + CONNECTIONS

    assert service.send(DestinationIdentity=PERSON).status == 200
    assert aws.opened == before + CONNECTIONS


@pytest.mark.parametrize("initialization_type", [None, "on-demand", "provisioned-concurrency"])
def test_without_snapstart_the_function_starts_without_the_hooks_module(
    start: Start, monkeypatch: pytest.MonkeyPatch, initialization_type: str | None
) -> None:
    """The runtime may not have it: nothing is imported, nothing is registered."""
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)  # an import of it would fail
    start(initialization_type)
