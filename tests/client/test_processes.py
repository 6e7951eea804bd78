"""A client that is shared across a fork, as with gunicorn's preload and Celery's prefork."""

import os
import signal
import threading
import warnings
from typing import Any
from unittest.mock import Mock

import botocore.session
from botocore.credentials import RefreshableCredentials
from serverless_otp import OtpClient

from .conftest import Connect, verify
from .scripted import VERIFIED, Scripted

_SECONDS = 20


def verified_in_a_fork(client: OtpClient) -> bool:
    """Tell whether a forked process can verify; a hanging one is killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the server's thread stays behind
        child = os.fork()
    if not child:
        signal.alarm(_SECONDS)
        try:
            os._exit(0 if verify(client) else 1)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def test_forked_process_opens_its_own_connection(connect: Connect, scripted: Scripted) -> None:
    """On a shared connection, a process could read the other's answer."""
    scripted.says(VERIFIED)
    client = connect()
    verify(client)

    assert verified_in_a_fork(client)
    verify(client)

    before, of_the_child, after = [asked.connection for asked in scripted.asked]
    assert before == after != of_the_child


def test_fork_during_a_credential_refresh_does_not_hang_the_child(
    connect: Connect, scripted: Scripted
) -> None:
    """The refreshing thread holds the credentials' lock, and does not exist in the child."""
    refreshing, over, parent = threading.Event(), threading.Event(), os.getpid()

    def refresh() -> dict[str, Any]:
        if os.getpid() == parent:
            refreshing.set()
            over.wait(2 * _SECONDS)
        return written("2100-01-01T00:00:00Z")

    def written(expiry_time: str) -> dict[str, Any]:
        keys = {"access_key": "key", "secret_key": "secret", "token": "token"}
        return {**keys, "expiry_time": expiry_time}

    credentials = RefreshableCredentials.create_from_metadata(
        written("2000-01-01T00:00:00Z"), refresh_using=refresh, method="test"
    )
    core = botocore.session.Session()
    core.register_component("credential_provider", Mock(load_credentials=lambda: credentials))
    scripted.says(VERIFIED)
    client = connect(session=core)
    thread = threading.Thread(target=verify, args=(client,))
    thread.start()
    assert refreshing.wait(_SECONDS)

    verified = verified_in_a_fork(client)

    over.set()
    thread.join()
    assert verified
    assert len(scripted.asked) == 2
