"""A local server that answers as DynamoDB and Pinpoint do, over real connections."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

from .service import NUMBER, SETTINGS

SENT = {
    "ApplicationId": SETTINGS.application_id,
    "Result": {NUMBER: {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}},
}
FULL = {
    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    "message": "The conditional request failed",
    "Item": {name: {"N": "1000000"} for name in ("messages", "0123")},
}


class Aws(ThreadingHTTPServer):
    """Answers as DynamoDB and Pinpoint do, over TLS if it has a certificate, with keep-alive."""

    daemon_threads = True

    def __init__(self, certificate: trustme.LeafCert | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"http://127.0.0.1:{self.server_port}"
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(tls)
            self.socket = tls.wrap_socket(self.socket, server_side=True)
            self.url = f"https://localhost:{self.server_port}"
        self.opened: list[_Connection] = []  # every connection so far
        self.open: set[_Connection] = set()  # the connections that are open now
        self.closed = threading.Semaphore(0)  # released for each connection that the client closes
        self.calls = 0
        self.answers = threading.Event()  # while cleared, a GET waits
        self.answers.set()
        # Or "refuses": Pinpoint answers 403; "is full": every limit is reached; "breaks": the next
        # answer is cut off and its connection closed.
        self.does = "works"


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    wbufsize = -1  # one packet per answer: a second one would wait for the first one's ACK
    server: Aws

    def setup(self) -> None:
        self.server.opened.append(self)
        self.server.open.add(self)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.server.open.discard(self)
        self.server.closed.release()

    def do_GET(self) -> None:
        self.server.answers.wait(30)
        self._answer(404, {})

    def do_POST(self) -> None:
        self.server.calls += 1
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        of_pinpoint = self.path.startswith("/v1/apps/")
        if self.server.does == "breaks":
            self.server.does = "works"
            self.close_connection = True
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        elif self.server.does == "is full" and ":one" in asked.get("ExpressionAttributeValues", {}):
            self._answer(400, FULL)
        elif self.server.does == "refuses" and of_pinpoint:
            self._answer(403, {"Message": "No"})
        else:
            self._answer(200, SENT if of_pinpoint else {})

    def _answer(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep stderr quiet."""


@contextmanager
def serving(certificate: trustme.LeafCert | None = None) -> Iterator[Aws]:
    """Serve for the length of a `with` block."""
    with Aws(certificate) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
