"""Lambda's Runtime API, as far as one function needs it: what it asks for, and what it is given.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, NamedTuple

NEXT = "GET invocation/next"
RESTORE_NEXT = "GET restore/next"

_VERSION = "/2018-06-01/runtime/"
# Far more than a function takes to start, on the slowest of machines.
_PATIENCE_SECONDS = 60


class Call(NamedTuple):
    """A call of the API: method and path, and the decoded body."""

    what: str
    body: Any = None


#: Status, headers and body.
_Answer = tuple[int, dict[str, str], bytes]


class RuntimeApi(ThreadingHTTPServer):
    """The API of one function's environment, on a free port.

    What is asked for is answered when the test says so: the function stands still meanwhile.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._answers: SimpleQueue[_Answer] = SimpleQueue()

    def next_call(self) -> Call:
        """Wait for the function's next call."""
        call = self._calls.get(timeout=_PATIENCE_SECONDS)
        assert call, "The function has ended."
        return call

    def hand_out(self, event: Any) -> str:
        """Answer `invocation/next` with an event; returns the ID of its request."""
        request_id = str(uuid.uuid4())
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 28) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123:function:otp:live",
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{'0' * 24};Sampled=1",
        }
        self._answers.put((200, headers, json.dumps(event).encode()))
        return request_id

    def restore(self) -> None:
        """Answer `restore/next`: the function continues from its snapshot."""
        self._answers.put((200, {}, b""))

    def function_has_ended(self) -> None:
        """Let nobody wait any more: the test for a call, a connection for an answer."""
        self._calls.put(None)
        self._answers.put((410, {}, b""))

    def answer(self, call: Call) -> _Answer:
        """Tell the test of a call, and find what to answer."""
        self._calls.put(call)
        if call.what.startswith("GET "):
            return self._answers.get()
        return 202, {"Content-Type": "application/json"}, b"{}"


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        what = f"{self.command} {self.path.removeprefix(_VERSION)}"
        call = Call(what, json.loads(asked) if asked else None)
        status, headers, body = self.server.answer(call)
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
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
