"""A server that answers what it is told to: API Gateway or Lambda, for what no emulator plays."""

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
    """How a caller comes."""

    HTTP = "http"
    LAMBDA = "invoke"


class Reply(NamedTuple):
    """An answer; the connection may end in the middle of it or instead, or nothing comes."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}
    how: Literal["whole", "cut", "dropped", "never"] = "whole"


class Asked(NamedTuple):
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    fields: Any
    connection: int


# An answer as it is, a success, a problem, or a problem and how many seconds to wait.
Said = Reply | dict[str, Any] | tuple[dict[str, Any], int]


class VirtualClock(Clock):
    """A clock whose time passes by waiting only; it keeps how long, each time."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._passed = 0.0

    def now(self) -> float:
        """Give what has passed."""
        return self._passed

    wall = now

    def wait(self, seconds: float) -> None:
        """Note it, and let it have passed."""
        self.waits.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._passed += seconds


class Scripted(ThreadingHTTPServer):
    """Gives one reply after the other, and then the last one for ever."""

    daemon_threads = True

    def __init__(self, way: Way) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[Asked] = []
        self.clock = VirtualClock()  # of its clients, if they want it
        self.over = threading.Event()
        self._way = way
        self._replies: list[Reply] = []

    def says(self, *said: Said) -> None:
        """Tell it what to answer."""
        self._replies = [written(self._way, one) for one in said]

    def next(self) -> Reply:
        """Choose the reply."""
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the first that keeps connections
    disable_nagle_algorithm = True  # the head and the body are written one after the other
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
        """Say nothing."""


def problem(code: str, status: int, *, retryable: bool = False, **more: Any) -> dict[str, Any]:
    """Make a problem document as the service does."""
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
    """Write an answer as the service does for those who come this way."""
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
    """Write a function error."""
    return Reply(200, json.dumps(error).encode(), {"X-Amz-Function-Error": "Unhandled"})
