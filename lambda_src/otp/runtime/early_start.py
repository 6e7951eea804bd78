"""SnapStart: every execution environment continues from one snapshot, taken after the import.

What must not be the same in two of them, or is gone when one of them begins:

- Randomness: `uuid4`, `secrets` and `SystemRandom` ask the system every time, and the OpenSSL of
  Lambda's runtime is a build that is safe for snapshots. Nothing draws from Python's `random`:
  botocore would for the pauses between its retries, of which it makes none.
- Open connections: a request on a dead one would look like one whose answer is lost, which is a
  message that may have been sent. They are closed before the snapshot, where there is time, and the
  other side is still there to be told; and opened anew after every restore.
- Credentials: botocore takes them from the runtime's endpoint here, and renews them by the clock.
- Powertools' `cold_start`: unset until the first request, so that every restore logs one.

And whatever takes time but is the same for all is done before the snapshot, where nobody waits; as
it is with provisioned concurrency, which has no snapshot, but starts long before the first request.

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
    """Do what can be done early, where there is an early: see above. A usual start does nothing.

    Lambda runs the hooks before a snapshot in the reverse order of registration: what registers
    later, and uses a client, is still cleaned up.

    Args:
        environment: Lambda's own variables.
        clients: all AWS clients that are created at import.
        warm_up: does what the first requests would do once. That it fails is no reason not to
            start: they do it then.
        connect: opens connections.

    """
    initialization = environment.get(INITIALIZATION)
    if initialization in _EARLY:
        with suppress(Exception):
            warm_up()
    if initialization != _SNAPSTART:
        return
    from snapshot_restore_py import (  # noqa: PLC0415 - the runtime has it, and nobody else
        register_after_restore,
        register_before_snapshot,
    )

    for client in clients:
        register_before_snapshot(client.close)
    register_after_restore(connect)
