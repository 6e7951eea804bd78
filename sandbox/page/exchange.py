"""Calls the deployed API, and keeps the request and the answer as HTTP messages."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from sandbox import client
from sandbox.state import State

MOST_AT_ONCE = 20

# Headers of any HTTP server, which say nothing about this service.
_OF_ANY_SERVER = {"connection", "date", "server"}


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP request or answer.

    Attributes:
        line: the request line or the status line.
        headers: in their order, as name and value.
        body: as text.

    """

    line: str
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        request: signed, as it was sent.
        answer: as it was received.
        status: of the answer.
        milliseconds: from the request to the answer.

    """

    request: Message
    answer: Message
    status: int
    milliseconds: int


def exchange(state: State, path: str, body: str) -> Exchange:
    """`POST` a body to the API, signed.

    Args:
        state: the sandbox.
        path: of the API, such as `/otp`.
        body: sent as it is.

    """
    request = client.sign(state, path, body.encode())
    address = urlsplit(request.url)
    started = time.monotonic()
    answer = client.make(request)
    elapsed = time.monotonic() - started
    return Exchange(
        request=Message(
            f"{request.method} {address.path} HTTP/1.1",
            [
                ("Host", address.netloc),
                *((name, _text(value)) for name, value in request.headers.items()),
            ],
            body,
        ),
        answer=Message(
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            [
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _OF_ANY_SERVER
            ],
            answer.body.decode(errors="replace"),
        ),
        status=answer.status,
        milliseconds=round(elapsed * 1000),
    )


def exchanges(state: State, path: str, body: str, times: int) -> Iterator[Exchange]:
    """Make the same call several times at once; yields each exchange when it is answered.

    Args:
        state: the sandbox.
        path: of the API.
        body: of each call.
        times: how many, at most `MOST_AT_ONCE`.

    """
    with ThreadPoolExecutor(times) as pool:
        calls = [pool.submit(exchange, state, path, body) for _ in range(times)]
        for call in as_completed(calls):
            yield call.result()


def _text(value: str | bytes) -> str:
    """Return a header's value as text; some of botocore's are bytes."""
    return value if isinstance(value, str) else value.decode("latin-1")
