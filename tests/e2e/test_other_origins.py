"""Each server of the sandbox takes requests of programs and of its own pages, and no others."""

import http.client
import urllib.parse
from collections.abc import Mapping
from email.message import Message

import pytest

from sandbox.door import refusal
from tests.support.deployment import Deployment


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://attacker.localhost:80"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "attacker.example"},
        {"Host": "attacker.example:8000"},
        {"Host": "localhost.attacker.example:8000"},
        {"Host": "127.0.0.1.attacker.example:8000"},
        {"Host": "notlocalhost:8000"},
        {"Host": "localhost:1"},
        {"Host": "localhost"},
        {"Host": "0.0.0.0:8000"},
        {"Host": ""},
    ],
    ids=str,
)
def test_what_another_page_would_say_is_refused(headers: Mapping[str, str]) -> None:
    """The browser says where a page is from, and by which name it found the server."""
    said = {name.lower(): value for name, value in headers.items()}

    assert refusal({"host": "127.0.0.1:8000", **said}, 8000)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:8000"},
        {"Host": "bucket.s3.localhost:8000"},
        {"Host": "[::1]:8000"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8000"},
    ],
    ids=str,
)
def test_programs_and_own_pages_are_served(headers: Mapping[str, str]) -> None:
    """Those that say nothing of an origin, what is typed in, and the page that is open."""
    said = {name.lower(): value for name, value in headers.items()}

    assert refusal({"host": "127.0.0.1:8000", **said}, 8000) is None


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
