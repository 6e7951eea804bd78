"""`make fuzz`: over a thousand requests that schemathesis generates from docs/openapi.json."""

from collections import Counter
from collections.abc import Iterator

import pytest

from .generation import SEED

LEAST_REQUESTS = 1000
#: Kinds of answers that a good mix of requests must get.
LEAST_KINDS = (
    *("sendOtp 200 sent", "sendOtp 200 replayed", "sendOtp 400", "sendOtp 422 ReferenceId"),
    *("verifyOtp 200", "verifyOtp 400"),
)


@pytest.fixture(scope="session")
def tally() -> Iterator[Counter[str]]:
    """Count answers by operation, status and code; at the end, check number and variety."""
    tally: Counter[str] = Counter()
    yield tally
    print(
        f"\nFUZZ_SEED={SEED}",
        *(f"{count:6}  {kind}" for kind, count in sorted(tally.items())),
        sep="\n",
    )
    assert tally.total() >= LEAST_REQUESTS
    assert [kind for kind in LEAST_KINDS if not any(of.startswith(kind) for of in tally)] == []
