"""A call of the deployed API, and all that its caller could see of it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from sandbox import client
from sandbox.state import State

MOST_AT_ONCE = 20

# What every answer of an HTTP server has, and tells nobody anything about this service.
_OF_ANY_SERVER = {"connection", "date", "server"}


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP request or answer.

    Attributes:
        line: the request line or the status line.
        headers: in their order, as name and value.
        body: the text.

    """

    line: str
    headers: list[tuple[str, str]]
    body: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        request: signed, as it was sent.
        answer: as it came.
        status: of the answer.
        milliseconds: from the one to the other.

    """

    request: Message
    answer: Message
    status: int
    milliseconds: int


def exchange(state: State, path: str, body: str) -> Exchange:
    """`POST` a body to the API, signed, and keep both sides.

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
    """Make the same call several times at once; gives each when its answer has come.

    Args:
        state: the sandbox.
        path: of the API.
        body: of every one of them.
        times: how many, at most `MOST_AT_ONCE`.

    """
    with ThreadPoolExecutor(times) as pool:
        calls = [pool.submit(exchange, state, path, body) for _ in range(times)]
        for call in as_completed(calls):
            yield call.result()


def _text(value: str | bytes) -> str:
    """Write a header's value; botocore has some as bytes."""
    return value if isinstance(value, str) else value.decode("latin-1")
