"""A fixture: a separate sandbox, because these tests deploy broken releases."""

from collections.abc import Iterator

import pytest

from tests.support.deployment import Deployment
from tests.support.sandboxed import running

from .release import FOLDER


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """Deploy once for all tests; a broken release may log numbers, so nothing checks its log."""
    with running("--auth", folder=FOLDER) as state:
        yield Deployment(state)
