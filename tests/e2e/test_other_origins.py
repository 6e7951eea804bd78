"""Each server of the sandbox takes requests of programs and of its own pages, and no others."""

import http.client
import urllib.parse
from collections.abc import Mapping
from email.message import Message

import pytest

from sandbox.door import refusal
from tests.support.deployment import Deployment


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        # Programs say nothing of an origin; and what is typed in, and the page that is open.
        ({}, True),
        ({"host": "localhost:8000"}, True),
        ({"host": "bucket.s3.localhost:8000"}, True),
        ({"host": "[::1]:8000"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8000"}, True),
        # The browser says where a page is from, and by which name it found the server.
        ({"origin": "https://attacker.example"}, False),
        ({"origin": "http://localhost:1"}, False),
        ({"origin": "http://attacker.localhost:8000"}, False),
        ({"origin": "https://127.0.0.1:8000"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"host": "attacker.example"}, False),
        ({"host": "attacker.example:8000"}, False),
        ({"host": "localhost.attacker.example:8000"}, False),
        ({"host": "127.0.0.1.attacker.example:8000"}, False),
        ({"host": "localhost:8000.attacker.example"}, False),
        ({"host": "notlocalhost:8000"}, False),
        ({"host": "localhost:1"}, False),
        ({"host": "localhost"}, False),
        ({"host": "0.0.0.0:8000"}, False),
        ({"host": ""}, False),
    ],
    ids=str,
)
def test_what_another_page_would_say_is_refused(
    headers: Mapping[str, str],
    taken: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """And programs and the sandbox's own pages are served."""
    assert (refusal({"host": "127.0.0.1:8000", **headers}, 8000) is None) == taken


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ("awsEndpoint", "/_ministack/health"),
        ("pinpointEndpoint", "/health"),
        ("pageUrl", "/reference"),
    ],
)
def test_every_server_has_that_door_and_shares_no_answer(
    deployment: Deployment, server: str, path: str
) -> None:
    """Not the one to a question before a request, either."""
    port = urllib.parse.urlsplit(getattr(deployment.state, server)).port

    def ask(method: str = "GET", **headers: str) -> tuple[int, Message]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        asks = {"Access-Control-Request-Method": "POST", **headers}
        connection.request(method, path, headers=asks)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers

    served = ask(), ask(Host=f"localhost:{port}", Origin=f"http://localhost:{port}")
    asked = [ask("OPTIONS"), ask("OPTIONS", Origin="https://attacker.example")]
    refused = ask(Origin="https://attacker.example"), ask(Host=f"attacker.example:{port}")

    assert [status for status, _ in served + refused] == [200, 200, 403, 403]
    for _, headers in (*served, *asked, *refused):
        assert not [name for name in headers if name.lower().startswith("access-control")]
