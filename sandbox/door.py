"""Which requests the sandbox's servers take: those of programs, and of their own pages.

A browser lets every page on the web send requests to 127.0.0.1, and a name that leads there
(DNS rebinding) lets a page read the answers. What a browser says of itself with each request tells
them apart. A program, such as curl or boto3, says none of it.
"""

import re
from collections.abc import Mapping

_THIS_MACHINE = re.compile(
    r"(?:(?:[a-z0-9_-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?", re.IGNORECASE
)
_DEFAULT_PORT = 80


def refusal(headers: Mapping[str, str], port: int) -> str | None:
    """Say why a request is refused; None if it is not.

    Args:
        headers: by their names in lower case.
        port: the server's own, which is on this machine.

    """
    host = headers.get("host", "")
    here = _THIS_MACHINE.fullmatch(host)
    if here is None or int(here[1] or _DEFAULT_PORT) != port:
        return f"The Host of a request must be localhost, 127.0.0.1 or [::1], with :{port}."
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return "A page of another origin may not call the sandbox."
    if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return "Another page may not call or open the sandbox: type its address, or paste it."
    return None


def lets_others_read(header: str) -> bool:
    """Say whether a header of an answer lets pages of other origins read it; none may leave."""
    return header.lower().startswith("access-control-")
