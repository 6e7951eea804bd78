"""What answers as AWS does when all is well, or not, over real connections."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .service import APPLICATION, NUMBER

FULL = {
    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    "message": "The conditional request failed",
    "Item": {name: {"N": "1000000"} for name in ("messages", "0123")},
}


class Aws(ThreadingHTTPServer):
    """Answers as DynamoDB and Pinpoint do, and keeps connections open.

    Attributes:
        counting: is held while `opened` is changed.
        opened: how many connections there have been.
        open: how many there are.
        until: what a request that asks for nothing waits for before it is answered.
        does: `works`; `refuses`: Pinpoint answers 403; `is full`: counts are; `hangs up`: the next
            answer is lost, and the connection with it.
        closed: can be acquired once for every connection that the client has closed.

    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.counting = threading.Lock()
        self.opened = 0
        self.until = threading.Barrier(1)
        self.open = 0
        self.does = "works"
        self.closed = threading.Semaphore(0)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the first that keeps connections
    wbufsize = -1  # an answer in one piece: in two, the second would wait for the first's receipt
    server: Aws

    def setup(self) -> None:
        with self.server.counting:
            self.server.opened += 1
            self.server.open += 1
        super().setup()

    def finish(self) -> None:
        super().finish()
        with self.server.counting:
            self.server.open -= 1
        self.server.closed.release()

    def do_GET(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self.server.until.wait()
        self._answer(404, {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        result = {NUMBER: {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}}
        answer = {"ApplicationId": APPLICATION, "Result": result}
        of_pinpoint = self.path.startswith("/v1/apps/")
        if self.server.does == "hangs up":
            self.server.does = "works"
            self.close_connection = True
        elif self.server.does == "is full" and ":one" in asked.get("ExpressionAttributeValues", {}):
            self._answer(400, FULL)
        elif not of_pinpoint:
            self._answer(200, {})
        elif self.server.does == "refuses":
            self._answer(403, {"Message": "No"})
        else:
            self._answer(200, answer)

    def _answer(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Aws]:
    """Serve for a while."""
    with Aws() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
