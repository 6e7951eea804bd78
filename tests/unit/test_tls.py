"""Pinpoint over TLS: a certificate that is not trusted comes before any request."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import trustme

from tests.support.service import NUMBER, Service
from tests.support.starting import Start

_YESTERDAY = datetime.now(UTC) - timedelta(days=1)

#: The certificates, by what is wrong with them; each is given the authority that is trusted.
NOT_TRUSTED: dict[str, Callable[[trustme.CA], trustme.LeafCert]] = {
    "unknown root": lambda _: trustme.CA().issue_cert("localhost"),
    "expired": lambda trusted: trusted.issue_cert(
        "localhost", not_before=_YESTERDAY - timedelta(days=1), not_after=_YESTERDAY
    ),
    "wrong name": lambda trusted: trusted.issue_cert("pinpoint.example.com"),
}


@dataclass
class Server:
    """A TLS server that breaks every connection in the middle of its answer.

    Attributes:
        url: where it is.
        connections: how many there have been.
        received: all bytes of all requests.

    """

    url: str
    connections: int = 0
    received: bytearray = field(default_factory=bytearray)

    def accept(self, listening: socket.socket, tls: ssl.SSLContext) -> None:
        """Answer until the socket is closed."""
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self.connections += 1
                with (
                    suppress(OSError),  # a failed handshake is one
                    connection,
                    tls.wrap_socket(connection, server_side=True) as secured,
                ):
                    self.received += secured.recv(65536)
                    secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")


@contextmanager
def serving(certificate: trustme.LeafCert) -> Iterator[Server]:
    """Serve with a certificate, for the length of a `with` block."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(f"https://localhost:{listening.getsockname()[1]}")
        thread = Thread(target=server.accept, args=(listening, tls))
        thread.start()
        yield server
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def send(
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[[Server, trustme.CA], Service]:
    """Give a way to start a function that trusts an authority, and finds Pinpoint at a server."""

    def send(server: Server, trusted: trustme.CA) -> Service:
        roots = tmp_path / "roots.pem"
        trusted.cert_pem.write_to_path(str(roots))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(roots))
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", server.url)
        return start(None)

    return send


@pytest.mark.parametrize("certificate", NOT_TRUSTED.values(), ids=NOT_TRUSTED)
def test_a_certificate_that_is_not_trusted_means_that_nothing_was_sent(
    send: Callable[[Server, trustme.CA], Service],
    certificate: Callable[[trustme.CA], trustme.LeafCert],
) -> None:
    """503 Unavailable, a failure of ours that wakes somebody; no byte of a request has left."""
    trusted = trustme.CA()
    with serving(certificate(trusted)) as server:
        service = send(server, trusted)
        answer = service.send(DestinationIdentity=NUMBER)

    assert (answer.status, answer.code) == (503, "Unavailable")
    assert server.connections > 0
    assert server.received == b""
    assert any(json.loads(line).get("ServerErrors") == [1] for line in service.metric_lines())


def test_a_connection_that_breaks_in_an_answer_leaves_the_outcome_unknown(
    send: Callable[[Server, trustme.CA], Service],
) -> None:
    """504 OutcomeUnknown, after one request."""
    trusted = trustme.CA()
    with serving(trusted.issue_cert("localhost")) as server:
        answer = send(server, trusted).send(DestinationIdentity=NUMBER)
    assert (answer.status, answer.code) == (504, "OutcomeUnknown")
    assert server.received.count(b"POST /v1/apps/") == 1
