"""A sandbox of its own for the whole session, in which IAM is enforced."""

from collections.abc import Iterator

import pytest

from sandbox.state import ROOT, State
from tests.support import ahead

from .account import Account


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """Deploy once, for all tests; leave nothing running."""
    folder, _ = ahead.SANDBOXES["account"]
    try:
        ahead.started("account")
        yield Account(State.read(ROOT / folder))
    finally:
        ahead.ended("account")
