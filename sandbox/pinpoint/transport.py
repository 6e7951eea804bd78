"""Answers that come too late or not at all: really so in a server, as boto3's errors in mock_aws.

In ``mock_aws`` there is no connection to keep waiting or to drop. There, the botocore exception
that the caller would meet is raised instead. moto's stubber catches none but werkzeug's
``HTTPException``, and botocore treats whatever its ``before-send`` handlers raise as the failure
of that attempt, so that even botocore's retries behave as they do over a real connection.
"""

import socket
import threading

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.request import Request

#: Longer than any sensible read timeout of a client, shorter than botocore's default of 60 s.
DEFAULT_LATE_ANSWER_SECONDS = 30.0

#: Key of the WSGI environ under which a server leaves its ``LateAnswer``.
LATE_ANSWER_KEY = "sandbox.pinpoint.late_answer"


class LateAnswer:
    """The wait before a late answer, which a stopping server can cut short."""

    def __init__(self, seconds: float = DEFAULT_LATE_ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._released = threading.Event()

    def wait(self) -> None:
        """Return after the configured time, or as soon as ``release`` is called."""
        self._released.wait(self._seconds)

    def release(self) -> None:
        """End every wait, present and future."""
        self._released.set()


def wait_until_too_late(request: Request) -> None:
    """Hold the answer back; in ``mock_aws`` raise ``ReadTimeoutError`` at once."""
    if not request.from_wsgi_server:
        raise ReadTimeoutError(endpoint_url=request.url, error="reserved destination")
    # A plain moto server with the OTP operations installed leaves no LateAnswer of its own.
    late_answer: LateAnswer = request.environ.get(LATE_ANSWER_KEY) or LateAnswer()
    late_answer.wait()


def drop_connection(request: Request) -> None:
    """Close the caller's connection under the answer; in ``mock_aws`` raise what that leads to.

    The error is ``ConnectionClosedError``. In a server this returns, and whatever is answered
    afterwards meets a closed socket.
    """
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is None:
        raise ConnectionClosedError(endpoint_url=request.url)
    connection.shutdown(socket.SHUT_RDWR)
