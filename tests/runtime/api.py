"""Lambda's Runtime API, as far as one function needs it: what it asks for, and what it is given.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from typing import Any

NEXT = "GET invocation/next"
RESTORE_NEXT = "GET restore/next"
INIT_ERROR = "POST init/error"

_FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:otp:live"
_VERSION = "/2018-06-01/runtime/"
_FUNCTION_SECONDS = 28
# Far more than a function takes to start, on the slowest of machines.
_PATIENCE_SECONDS = 60


class SilentError(Exception):
    """The function has ended, or has not called for a long time."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the API.

    Attributes:
        what: the method and the path below the version, such as `GET invocation/next`.
        body: decoded; None if there is none.
        error_type: of an error, as its header says.

    """

    what: str
    body: Any = None
    error_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    headers: dict[str, str]
    body: bytes = b""


class RuntimeApi(ThreadingHTTPServer):
    """The API of one function's environment, on a free port.

    What is posted is accepted at once. What is asked for is answered when the test says so, as
    Lambda does when there is an event; so the function stands still while the test looks at it.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._answers: SimpleQueue[_Answer] = SimpleQueue()

    @property
    def address(self) -> str:
        """What `AWS_LAMBDA_RUNTIME_API` is."""
        return f"127.0.0.1:{self.server_port}"

    def next_call(self) -> Call:
        """Wait for the function's next call.

        Raises:
            SilentError: there is none.

        """
        try:
            call = self._calls.get(timeout=_PATIENCE_SECONDS)
        except Empty:
            call = None
        if call is None:
            self._calls.put(None)  # there will be none for the next test, either
            raise SilentError("The function has ended, or hangs.")
        return call

    def hand_out(self, event: Any) -> str:
        """Answer `invocation/next` with an event; returns the ID of its request."""
        request_id = str(uuid.uuid4())
        deadline = int((time.time() + _FUNCTION_SECONDS) * 1000)
        trace = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=1"
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": _FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": trace,
        }
        self._answers.put(_Answer(HTTPStatus.OK, headers, json.dumps(event).encode()))
        return request_id

    def restore(self) -> None:
        """Answer `restore/next`: the function continues from its snapshot."""
        self._answers.put(_Answer(HTTPStatus.OK, {}))

    def function_has_ended(self) -> None:
        """Let nobody wait any more: the test for a call, a connection for an answer."""
        self._calls.put(None)
        self._answers.put(_Answer(HTTPStatus.GONE, {}))

    def answer(self, call: Call) -> _Answer:
        """Tell the test of a call, and find what to answer."""
        self._calls.put(call)
        if call.what.startswith("GET "):
            return self._answers.get()
        return _Answer(HTTPStatus.ACCEPTED, {"Content-Type": "application/json"}, b"{}")


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.server.answer(
            Call(
                what=f"{self.command} {self.path.removeprefix(_VERSION)}",
                body=json.loads(body) if body else None,
                error_type=self.headers.get("Lambda-Runtime-Function-Error-Type"),
            )
        )
        try:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except ConnectionError:
            self.close_connection = True  # it was killed while it waited

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[RuntimeApi]:
    """Serve for the length of a `with` block."""
    with RuntimeApi() as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield api
        finally:
            api.shutdown()
            thread.join()
