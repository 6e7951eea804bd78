"""A server with scripted answers, in place of API Gateway or Lambda, for cases no emulator has."""

import json
import threading
from collections.abc import Mapping
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NamedTuple

from serverless_otp.retry import Clock

NUMBER = "+12065550100"

MESSAGE = {"MessageResponse": {"Result": {NUMBER: {"MessageId": "message", "StatusCode": 200}}}}
VERIFIED = {"VerificationResponse": {"Valid": True}}


class Way(Enum):
    """How a client calls the service."""

    HTTP = "http"
    LAMBDA = "invoke"


class Reply(NamedTuple):
    """An answer; it may be cut off, replaced by a closed connection, or never come."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    how: Literal["whole", "cut", "dropped", "never"] = "whole"


class Asked(NamedTuple):
    """A received request."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    fields: Any
    connection: int


# A raw answer; a success or a problem; or a problem and its Retry-After in seconds.
Said = Reply | dict[str, Any] | tuple[dict[str, Any], int]


class VirtualClock(Clock):
    """A clock that only waits move; records each wait."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._passed = 0.0

    def now(self) -> float:
        """Return the seconds that have passed."""
        return self._passed

    wall = now

    def wait(self, seconds: float) -> None:
        """Record the wait and move the clock."""
        self.waits.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        self._passed += seconds


class Scripted(ThreadingHTTPServer):
    """Plays its replies in order, then repeats the last one."""

    daemon_threads = True

    def __init__(self, way: Way) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[Asked] = []
        self.clock = VirtualClock()  # for its clients
        self.over = threading.Event()
        self._way = way
        self._replies: list[Reply] = []

    def says(self, *said: Said) -> None:
        """Set the replies."""
        self._replies = [written(self._way, one) for one in said]

    def next(self) -> Reply:
        """Return the next reply."""
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    disable_nagle_algorithm = True  # otherwise the body waits for the ACK of the head
    server: Scripted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.path, headers, body, json.loads(body), self.client_address[1])
        self.server.asked.append(asked)
        reply = self.server.next()
        if reply.how == "never":
            self.server.over.wait()
        self.close_connection = reply.how != "whole"
        if reply.how in {"never", "dropped"}:
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[:20] if reply.how == "cut" else reply.body)

    def log_message(self, *_: object) -> None:
        """Keep stderr quiet."""


def problem(code: str, status: int, *, retryable: bool = False, **more: Any) -> dict[str, Any]:
    """Make a problem document like the service's."""
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


def written(way: Way, said: Said) -> Reply:
    """Encode an answer as the service does for HTTP or for an invoke."""
    if isinstance(said, Reply):
        return said
    document, seconds = said if isinstance(said, tuple) else (said, None)
    if way is Way.HTTP:
        kind = "problem+json" if "code" in document else "json"
        headers = {"Content-Type": f"application/{kind}", "X-Request-Id": "a-request"}
        if seconds is not None:
            headers["Retry-After"] = str(seconds)
        if document.get("IdempotentReplayed"):
            headers["Idempotent-Replayed"] = "true"
            document = {"MessageResponse": document["MessageResponse"]}
        return Reply(document.get("status", 200), json.dumps(document).encode(), headers)
    if "code" not in document:
        return Reply(200, json.dumps(document).encode(), {"x-amzn-RequestId": "a-request"})
    more = {} if seconds is None else {"retryAfter": seconds}
    return failed({"errorType": document["code"], "errorMessage": json.dumps(document | more)})


def failed(error: object) -> Reply:
    """Encode a function error."""
    return Reply(200, json.dumps(error).encode(), {"X-Amz-Function-Error": "Unhandled"})
