"""The garbage collector rests during the imports: nothing that they make is garbage.

It would look through all of it again and again, for an eighth of a cold start's CPU.
"""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

# Set by Lambda alone: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
INITIALIZATION = "AWS_LAMBDA_INITIALIZATION_TYPE"


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
