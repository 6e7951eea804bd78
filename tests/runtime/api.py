"""The part of Lambda's Runtime API that one function needs.

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
from typing import Any

NEXT = "GET invocation/next"
RESTORE_NEXT = "GET restore/next"

_VERSION = "/2018-06-01/runtime/"
# Far more than a function needs to start on a slow machine.
_PATIENCE_SECONDS = 60


class RuntimeApi(ThreadingHTTPServer):
    """The API of one execution environment; a GET waits until the test answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.calls: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self.answers: SimpleQueue[tuple[dict[str, str], bytes]] = SimpleQueue()

    def next_call(self) -> tuple[str, Any]:
        """Wait for the function's next call; returns its method and path, and the decoded body."""
        return self.calls.get(timeout=_PATIENCE_SECONDS)

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
        self.answers.put((headers, json.dumps(event).encode()))
        return request_id

    def restore(self) -> None:
        """Answer `restore/next`: the function continues from its snapshot."""
        self.answers.put(({}, b""))


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        self._tell()
        self._answer(200, *self.server.answers.get())

    def do_POST(self) -> None:
        self._tell()
        self._answer(202, {"Content-Type": "application/json"}, b"{}")

    def _tell(self) -> None:
        asked = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        what = f"{self.command} {self.path.removeprefix(_VERSION)}"
        self.server.calls.put((what, json.loads(asked) if asked else None))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep stderr quiet."""


@contextmanager
def serving() -> Iterator[RuntimeApi]:
    """Serve for the length of a `with` block."""
    with RuntimeApi() as api:
        threading.Thread(target=api.serve_forever, args=(0.01,)).start()
        try:
            yield api
        finally:
            api.shutdown()
