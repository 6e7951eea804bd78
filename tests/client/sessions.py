"""Sessions of odd callers."""

from datetime import UTC, datetime
from typing import NoReturn

import boto3
import botocore.session
from botocore.credentials import RefreshableCredentials


def without_refresh(error: Exception) -> boto3.Session:
    """Make a session whose credentials are over, and cannot be refreshed."""

    def refresh() -> NoReturn:
        raise error

    core = botocore.session.Session()
    core._credentials = RefreshableCredentials(  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way in
        "key", "secret", "token", datetime(2026, 1, 1, tzinfo=UTC), refresh, "a test"
    )
    return boto3.Session(botocore_session=core)
