"""A sandbox of its own for the whole session, in which IAM is enforced."""

from collections.abc import Iterator

import pytest

from tests.support.sandboxed import AUTH_FOLDER, running

from .account import Account


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """Deploy once, for all tests."""
    with running("--auth", folder=AUTH_FOLDER) as state:
        yield Account(state)
