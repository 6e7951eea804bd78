"""A server that answers what it is told to: API Gateway or Lambda, for what no emulator plays."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NUMBER = "+12065550100"


class How(Enum):
    """What becomes of an answer."""

    WHOLE = auto()
    CUT = auto()  # the connection ends in the middle of it
    DROPPED = auto()  # the connection ends instead
    NEVER = auto()  # the connection stays, and nothing comes


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    how: How = How.WHOLE


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int

    def json(self) -> Any:
        """Decode it."""
        return json.loads(self.body)


class Scripted(ThreadingHTTPServer):
    """Gives one reply after the other, and then the last one for ever.

    Attributes:
        asked: the requests so far.

    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[Asked] = []
        self.connections = 0
        self.over = threading.Event()
        self._replies: list[Reply] = []

    def says(self, *replies: Reply) -> None:
        """Tell it what to answer."""
        self._replies = list(replies)

    def next(self) -> Reply:
        """Choose the reply."""
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the first that keeps connections
    disable_nagle_algorithm = True  # the head and the body are written one after the other
    server: Scripted

    def setup(self) -> None:
        self.server.connections += 1
        self._number = self.server.connections
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append(Asked(self.path, headers, body, self._number))
        reply = self.server.next()
        if reply.how is How.NEVER:
            self.server.over.wait()
        if reply.how in {How.NEVER, How.DROPPED}:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.how is How.CUT:
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Scripted]:
    """Serve for a while."""
    with Scripted() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def problem(code: str, status: int, *, retryable: bool = False, **more: Any) -> dict[str, Any]:
    """Write a problem document as the service does."""
    return {
        "type": f"urn:problem-type:serverless-otp:{code}",
        "title": f"The title of {code}",
        "status": status,
        "detail": f"What {code} is about.",
        "code": code,
        "retryable": retryable,
        "requestId": "11111111-2222-4333-8444-555555555555",
        **more,
    }


MESSAGE = {"MessageResponse": {"Result": {NUMBER: {"MessageId": "message", "StatusCode": 200}}}}
VERIFIED = {"VerificationResponse": {"Valid": True}}


class Http:
    """How the service writes its answers for those who come through API Gateway."""

    name = "http"

    def success(self, response: Mapping[str, Any], *, replayed: bool = False) -> Reply:
        """Write a success."""
        headers = {"Content-Type": "application/json", "X-Request-Id": "a-request"}
        if replayed:
            headers["Idempotent-Replayed"] = "true"
        return Reply(200, json.dumps(response).encode(), headers)

    def problem(self, document: Mapping[str, Any], retry_after: int | None = None) -> Reply:
        """Write a problem."""
        headers = {"Content-Type": "application/problem+json"}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return Reply(document["status"], json.dumps(document).encode(), headers)


class Invoke:
    """The same, as Lambda does. Only some of its problems say when to come again."""

    name = "invoke"

    def success(self, response: Mapping[str, Any], *, replayed: bool = False) -> Reply:
        """Write a success."""
        more = {"IdempotentReplayed": True} if replayed else {}
        return Reply(
            200, json.dumps({**response, **more}).encode(), {"x-amzn-RequestId": "a-request"}
        )

    def problem(self, document: Mapping[str, Any], retry_after: int | None = None) -> Reply:
        """Write a problem."""
        more = {} if retry_after is None else {"retryAfter": retry_after}
        error = {"errorType": document["code"], "errorMessage": json.dumps({**document, **more})}
        return failed(error)


def failed(error: object) -> Reply:
    """Write a function error."""
    return Reply(200, json.dumps(error).encode(), {"X-Amz-Function-Error": "Unhandled"})


Way = Http | Invoke
WAYS: tuple[Way, Way] = (Http(), Invoke())
