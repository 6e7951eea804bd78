"""What comes before the imports: switches of Powertools are ignored, the garbage collector rests.

Powertools reads variables that would print events, and so codes and numbers, into the log
(POWERTOOLS_LOGGER_LOG_EVENT, POWERTOOLS_DEBUG), leave lines out that alarms and the runbook need
(POWERTOOLS_LOG_LEVEL), or fail on a value that it cannot read. Everything is set in code instead.

Nothing that the imports make is garbage. The collector would look through all of it again and
again, for an eighth of a cold start's CPU.
"""

import gc
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

# Set by Lambda alone: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"

# Switched on, it would let a ReferenceId text twice: `SendSettings` refuses it.
IDEMPOTENCY_DISABLED = "POWERTOOLS_IDEMPOTENCY_DISABLED"
_OFF = frozenset({"", "0", "f", "false", "n", "no", "off"})


def ignore_switches(environment: MutableMapping[str, str]) -> None:
    """Have Powertools find none of its variables; call it before the first import of Powertools."""
    for name in [name for name in environment if name.startswith("POWERTOOLS_")]:
        if name != IDEMPOTENCY_DISABLED or environment[name].lower() in _OFF:
            del environment[name]


@contextmanager
def uncollected_imports() -> Iterator[None]:
    """Import in peace, in Lambda; elsewhere, whoever imports this decides about the collector."""
    if INITIALIZATION not in os.environ:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what is here stays, and need not be looked through again
        gc.enable()
