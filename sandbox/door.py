"""The sandbox's servers accept requests from programs and from their own pages, and no others.

A browser lets any page on the web send requests to 127.0.0.1, and a domain name that resolves to
127.0.0.1 (DNS rebinding) lets a page read the answers. The browser's Host, Origin and
Sec-Fetch-Site headers reveal such a page. Programs such as curl and boto3 send only a Host.
"""

import re
from collections.abc import Mapping

_THIS_MACHINE = re.compile(
    r"(?:(?:[a-z0-9_-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?", re.IGNORECASE
)
_DEFAULT_PORT = 80


def refusal(headers: Mapping[str, str], port: int) -> str | None:
    """Return why a request is refused, or None if it is accepted.

    Args:
        headers: by lower-case name.
        port: the server's own.

    """
    host = headers.get("host", "")
    here = _THIS_MACHINE.fullmatch(host)
    if here is None or int(here[1] or _DEFAULT_PORT) != port:
        return f"The Host of a request must be localhost, 127.0.0.1 or [::1], with :{port}."
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return "A page of another origin may not call the sandbox."
    if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return "Another page may not call or open the sandbox: type or paste its address."
    return None


def lets_others_read(header: str) -> bool:
    """Return whether an answer's header gives other origins access; the servers drop those."""
    return header.lower().startswith("access-control-")
