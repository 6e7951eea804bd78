"""The sandbox's servers serve programs and their own pages, and refuse pages of other origins."""

import urllib.parse

import pytest
import urllib3

from sandbox.door import refusal
from tests.support.deployment import Deployment

ATTACKER = "attacker.example"
#: What a browser reports of the page that makes a request, and the name by which it found the
#: server; the server listens on 127.0.0.1:8000.
SERVED: list[dict[str, str]] = [
    {},  # programs send no origin
    *({"host": host} for host in ("localhost:8000", "bucket.s3.localhost:8000", "[::1]:8000")),
    {"sec-fetch-site": "none"},  # a typed address
    {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"},
]
REFUSED = [
    *({"origin": origin} for origin in (f"https://{ATTACKER}", "http://localhost:1", "null")),
    *(
        {"origin": origin}
        for origin in ("http://attacker.localhost:8000", "https://127.0.0.1:8000")
    ),
    *({"sec-fetch-site": site} for site in ("cross-site", "same-site")),
    *({"host": host} for host in (ATTACKER, f"{ATTACKER}:8000", f"localhost.{ATTACKER}:8000")),
    *({"host": host} for host in (f"127.0.0.1.{ATTACKER}:8000", f"localhost:8000.{ATTACKER}")),
    *({"host": host} for host in ("notlocalhost:8000", "localhost:1", "localhost", "0.0.0.0:8000")),
    {"host": ""},
]


@pytest.mark.parametrize("headers", SERVED + REFUSED, ids=str)
def test_request_of_another_origin_is_refused(headers: dict[str, str]) -> None:
    """Programs and the sandbox's own pages are served; DNS rebinding does not help a page."""
    assert (refusal({"host": "127.0.0.1:8000", **headers}, 8000) is None) == (headers in SERVED)


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ("awsEndpoint", "/_ministack/health"),
        ("pinpointEndpoint", "/health"),
        ("pageUrl", "/reference"),
    ],
)
def test_every_server_checks_the_origin(deployment: Deployment, server: str, path: str) -> None:
    """No answer has a CORS header, not even the one to a preflight."""
    port = urllib.parse.urlsplit(getattr(deployment.state, server)).port

    def ask(method: str = "GET", **headers: str) -> urllib3.BaseHTTPResponse:
        headers["Access-Control-Request-Method"] = "POST"
        return urllib3.request(method, f"http://127.0.0.1:{port}{path}", headers=headers)

    served = ask(), ask(Host=f"localhost:{port}", Origin=f"http://localhost:{port}")
    asked = [ask("OPTIONS"), ask("OPTIONS", Origin=f"https://{ATTACKER}")]
    refused = ask(Origin=f"https://{ATTACKER}"), ask(Host=f"{ATTACKER}:{port}")

    assert [answer.status for answer in served + refused] == [200, 200, 403, 403]
    for answer in (*served, *asked, *refused):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
