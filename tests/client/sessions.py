"""Sessions of odd callers."""

from datetime import UTC, datetime
from typing import NoReturn

import boto3
import botocore.session
from botocore.credentials import RefreshableCredentials


class _Expired:
    """Finds credentials that are over, and cannot be refreshed."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def load_credentials(self) -> RefreshableCredentials:
        past = datetime(2026, 1, 1, tzinfo=UTC)
        return RefreshableCredentials("key", "secret", "token", past, self._refresh, "a test")

    def _refresh(self) -> NoReturn:
        raise self._error


def without_refresh(error: Exception) -> boto3.Session:
    """Make a session whose credentials are over, and cannot be refreshed."""
    core = botocore.session.Session()
    core.register_component("credential_provider", _Expired(error))
    return boto3.Session(botocore_session=core)
