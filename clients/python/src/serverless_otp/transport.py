"""What an attempt is: a request, and the answer that was meant for it.

One way there is HTTP, the other one `lambda:Invoke`.
"""

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

#: What is asked for.
Operation = Literal["send", "verify"]

#: The member that the answer to each has, if it is a success.
MEMBERS: Mapping[Operation, str] = {
    "send": "MessageResponse",
    "verify": "VerificationResponse",
}


@dataclass(frozen=True, slots=True)
class Success:
    """An answer that is a success.

    Attributes:
        response: the operation's own object, as AWS returned it.
        replayed: whether it is the recorded answer to an earlier request.
        request_id: of the request.

    """

    response: dict[str, Any]
    replayed: bool
    request_id: str | None


class Transport(Protocol):
    """A way to the service; one for all threads."""

    def attempt(self, operation: Operation, body: bytes, seconds: float) -> Success:
        """Make one request, once.

        Args:
            operation: what is asked for.
            body: the JSON object, as it is sent.
            seconds: how long it may take to connect and then to wait for the next piece of the
                answer.

        Raises:
            Problem: the service's answer, or what certainly became of the request.
            UnexpectedAnswer: an answer of somebody else's.
            NotSent: the request could not be made.
            Lost: there was no answer.

        """


# There was no connection, so nothing left.
_NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)


def unanswered(error: BotoCoreError, url: str) -> NotSent | Lost:
    """Say what it means that a request failed on its way to a URL."""
    if isinstance(error, _NEVER_LEFT):
        return Lost(sent=False, to=_way(error, url))
    if isinstance(error.kwargs.get("error"), LocationValueError):
        return NotSent(f"The URL of {_way(error, url)} is invalid, so nothing was sent.")
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NotSent(
                f"The certificate of {_way(error, url)} is not trusted, and nothing was sent."
            )
        cause = cause.__cause__ or cause.__context__
    # Any other one, that of TLS included, may come after the request has left.
    return Lost(sent=True)


def _way(error: BotoCoreError, url: str) -> str:
    """Name the host, and the proxy on the way to it."""
    scheme = url.partition(":")[0].lower()
    proxy = error.kwargs.get("proxy_url") or get_environ_proxies(url).get(scheme)
    return f"{_host(url)} through the proxy {_host(proxy)}" if proxy else _host(url)


def _host(url: str) -> str:
    # What is before the last @ are credentials, and people write any character into a password.
    after = url.rpartition("@")[2]
    return re.split("[/?#]", after.rpartition("://")[2], maxsplit=1)[0]


def decoded(body: bytes) -> object:
    """Decode a JSON text; raises ValueError."""
    return json.loads(body.decode())


def success(document: object, operation: Operation) -> dict[str, Any] | None:
    """Give the operation's object in an answer; None where it is not there."""
    response = document.get(MEMBERS[operation]) if isinstance(document, dict) else None
    return response if isinstance(response, dict) else None


def excerpt(body: bytes) -> str:
    """Show how an answer begins that is not the service's, without its digits.

    It may say again what was asked, and that holds a phone number.
    """
    text = " ".join(body[:_EXCERPT_BYTES].decode(errors="replace").split())
    return re.sub(r"\d", "#", "".join(filter(str.isprintable, text)))


_EXCERPT_BYTES = 100
