"""A sandbox of its own, which releases here are to break."""

from collections.abc import Iterator

import pytest

from tests.support.deployment import Deployment
from tests.support.sandboxed import running

from .release import FOLDER


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once, for all tests; its log may hold what none may."""
    with running("--auth", folder=FOLDER) as state:
        yield Deployment(state)
