"""Early starts: SnapStart, where all environments continue from one snapshot, and provisioned ones.

What a snapshot, taken after the import, must not contain, or cannot preserve:

- Randomness: `uuid4`, `secrets` and `SystemRandom` ask the system every time, and the OpenSSL of
  Lambda's runtime is a build that is safe for snapshots. Nothing uses Python's `random`: botocore
  would for the pauses between retries, but it makes no retries.
- Open connections: the outcome of a text sent on a dead one would be unknown. They are closed
  before the snapshot, and opened anew after every restore.
- Credentials: botocore gets them from the runtime's endpoint, and renews them by the clock.
- Powertools' `cold_start`: unset until the first request, so that every restore logs one.

One-time work is done before the snapshot, where no request waits; with provisioned concurrency, at
the start, which is long before the first request.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from .initialization import INITIALIZATION

if TYPE_CHECKING:
    from botocore.client import BaseClient


_SNAPSTART = "snap-start"
_EARLY = (_SNAPSTART, "provisioned-concurrency")


def start_early(
    environment: Mapping[str, str],
    clients: Iterable["BaseClient"],
    *,
    warm_up: Callable[[], None],
    connect: Callable[[], None],
) -> None:
    """Do one-time work before the first request, see above; an on-demand start does nothing.

    Lambda runs the hooks before a snapshot in the reverse order of registration: clients that a
    later hook uses are still closed.

    Args:
        environment: Lambda's own variables.
        clients: all AWS clients that are created at import.
        warm_up: does one-time work of the first requests. If it fails, they do it themselves.
        connect: opens connections.

    """
    initialization = environment.get(INITIALIZATION)
    if initialization in _EARLY:
        with suppress(Exception):
            warm_up()
    if initialization != _SNAPSTART:
        return
    from snapshot_restore_py import (  # noqa: PLC0415 - exists in Lambda's runtime only
        register_after_restore,
        register_before_snapshot,
    )

    for client in clients:
        register_before_snapshot(client.close)
    register_after_restore(connect)
