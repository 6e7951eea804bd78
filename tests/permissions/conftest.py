"""The sandbox of the session, as the account that it is."""

import pytest

from tests.support.deployment import Deployment

from .account import Account


@pytest.fixture(scope="session")
def account(deployment: Deployment) -> Account:
    """Look at the account once, for all tests."""
    return Account(deployment)
