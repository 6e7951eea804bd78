"""A sandbox of its own, which releases here are to break."""

import os
from collections.abc import Iterator

import pytest

from tests.support.deployment import Deployment
from tests.support.sandboxed import running


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once, for all tests; its log may hold what none may."""
    with running("--auth", folder=os.environ["SANDBOX_FOLDER"]) as state:
        yield Deployment(state)
