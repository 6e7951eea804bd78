"""A fixture: the account of the sandbox."""

import pytest

from tests.support.deployment import Deployment

from .account import Account


@pytest.fixture(scope="session")
def account(deployment: Deployment) -> Account:
    """Create the callers' roles once for all tests."""
    return Account(deployment)
