"""The interface of the two transports, signed HTTP and `lambda:Invoke`, and what they share."""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
)
from botocore.utils import get_environ_proxies
from urllib3.exceptions import LocationValueError

from .problems import NotSent
from .retry import Lost

#: The operation of a request.
Operation = Literal["send", "verify"]

#: The member of a successful answer, by operation.
MEMBERS: Mapping[Operation, str] = {
    "send": "MessageResponse",
    "verify": "VerificationResponse",
}


@dataclass(frozen=True, slots=True)
class Success:
    """A successful answer.

    Attributes:
        response: the operation's object, as Pinpoint returned it.
        replayed: whether it is the recorded answer to an earlier request.
        request_id: the ID of the request.

    """

    response: dict[str, Any]
    replayed: bool
    request_id: str | None


class Transport(Protocol):
    """A way to call the service. All threads share one."""

    def attempt(self, operation: Operation, body: bytes, seconds: float) -> Success:
        """Make one request, once.

        Args:
            operation: the operation.
            body: the JSON object to send.
            seconds: the time limit to connect and to wait for each piece of the answer.

        Raises:
            Problem: the service's answer, or an answer of AWS that tells the outcome as surely.
            UnexpectedAnswer: the answer is not from the service.
            NotSent: the request could not be made.
            Lost: there was no answer.

        """


# There was no connection, so the request did not leave.
_NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)


def unanswered(error: BotoCoreError, url: str) -> NotSent | Lost:
    """Translate a failure of the connection to a URL."""
    if isinstance(error, _NEVER_LEFT):
        return Lost(sent=False, to=_way(error, url))
    if isinstance(error.kwargs.get("error"), LocationValueError):
        return NotSent(f"The URL of {_way(error, url)} is invalid, so nothing was sent.")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NotSent(
                f"The certificate of {_way(error, url)} is not trusted, so nothing was sent."
            )
        cause = cause.__cause__ or cause.__context__
    # Any other error, including one of TLS, may come after the request has left.
    return Lost(sent=True)


def _way(error: BotoCoreError, url: str) -> str:
    """Name the host, and the proxy if there is one."""
    scheme = url.partition(":")[0].lower()
    proxy = error.kwargs.get("proxy_url") or get_environ_proxies(url).get(scheme)
    return f"{_host(url)} through the proxy {_host(proxy)}" if proxy else _host(url)


def _host(url: str) -> str:
    # Credentials stand before the last @, and a password may contain any character.
    after = url.rpartition("@")[2]
    return re.split("[/?#]", after.rpartition("://")[2], maxsplit=1)[0]


def decoded(body: bytes) -> object:
    """Decode a JSON text. Raises ValueError."""
    return json.loads(body.decode())


def success(document: object, operation: Operation) -> dict[str, Any] | None:
    """Return the operation's object in an answer, or None if it is missing."""
    response = document.get(MEMBERS[operation]) if isinstance(document, dict) else None
    return response if isinstance(response, dict) else None


def excerpt(body: bytes) -> str:
    """Return the beginning of an answer that is not from the service, with its digits masked.

    The answer may repeat the request, which contains a phone number.
    """
    text = " ".join(body[:_EXCERPT_BYTES].decode(errors="replace").split())
    return re.sub(r"\d", "#", "".join(filter(str.isprintable, text)))


_EXCERPT_BYTES = 100
