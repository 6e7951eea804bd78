"""A client that was used before a fork, as gunicorn's preload and Celery's prefork do."""

import os
import warnings

from .conftest import Connect, verify
from .scripted import VERIFIED, Scripted


def test_each_process_has_connections_of_its_own(connect: Connect, scripted: Scripted) -> None:
    """On a shared one, a process would read an answer that is another's."""
    scripted.says(VERIFIED)
    client = connect()
    verify(client)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the server's thread stays behind
        child = os.fork()
    if not child:
        try:
            verify(client)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    verify(client)

    before, of_the_child, after = [asked.connection for asked in scripted.asked]
    assert before == after != of_the_child
