"""Before the imports: ignores Powertools' variables, and stops the garbage collector.

Powertools' variables could write events, and so codes and numbers, into the log
(POWERTOOLS_LOGGER_LOG_EVENT, POWERTOOLS_DEBUG), suppress lines that alarms and the runbook need
(POWERTOOLS_LOG_LEVEL), or fail on an invalid value. Everything is set in code instead.

The imports make no garbage, and looking for it would take an eighth of a cold start's CPU.
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
    """Remove Powertools' variables; call this before the first import of Powertools."""
    for name in [name for name in environment if name.startswith("POWERTOOLS_")]:
        if name != IDEMPOTENCY_DISABLED or environment[name].lower() in _OFF:
            del environment[name]


@contextmanager
def uncollected_imports() -> Iterator[None]:
    """Import without the garbage collector, in Lambda; elsewhere, leave the collector alone."""
    if INITIALIZATION not in os.environ:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # imported objects stay: the collector may skip them
        gc.enable()
