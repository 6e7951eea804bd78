"""Late and dropped answers: real ones in a server, boto3's errors in ``mock_aws``.

``mock_aws`` has no connection to delay or drop, so this module raises the botocore exception that
the caller would get. moto's stubber catches only werkzeug's ``HTTPException``, and botocore treats
an exception of its ``before-send`` handlers as a failed attempt. So botocore's retries work as they
do over a real connection.
"""

import socket
import threading

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.request import Request

#: Longer than any sensible read timeout of a client, shorter than botocore's default of 60 s.
DEFAULT_LATE_ANSWER_SECONDS = 30.0

#: The WSGI environ key of a server's ``LateAnswer``.
LATE_ANSWER_KEY = "sandbox.pinpoint.late_answer"


class LateAnswer:
    """The wait before a late answer; a server that stops ends it early."""

    def __init__(self, seconds: float = DEFAULT_LATE_ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._released = threading.Event()

    def wait(self) -> None:
        """Wait for the configured time, or until ``release`` is called."""
        self._released.wait(self._seconds)

    def release(self) -> None:
        """End every wait, present and future."""
        self._released.set()


def wait_until_too_late(request: Request) -> None:
    """Delay the answer; in ``mock_aws``, raise ``ReadTimeoutError`` at once."""
    if not request.from_wsgi_server:
        raise ReadTimeoutError(endpoint_url=request.url, error="reserved destination")
    # A plain moto server with the OTP operations installed sets no LateAnswer.
    late_answer: LateAnswer = request.environ.get(LATE_ANSWER_KEY) or LateAnswer()
    late_answer.wait()


def drop_connection(request: Request) -> None:
    """Close the caller's connection; in ``mock_aws``, raise ``ConnectionClosedError``.

    In a server this returns, and the answer is then written to a closed socket.
    """
    connection: socket.socket | None = request.environ.get("werkzeug.socket")
    if connection is None:
        raise ConnectionClosedError(endpoint_url=request.url)
    connection.shutdown(socket.SHUT_RDWR)
