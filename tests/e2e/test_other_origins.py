"""Each server of the sandbox takes requests of programs and of its own pages, and no others."""

import http.client
import urllib.parse
from collections.abc import Mapping
from email.message import Message

import pytest

from tests.support.deployment import Deployment

SERVERS = {
    "awsEndpoint": "/_ministack/health",
    "pinpointEndpoint": "/health",
    "pageUrl": "/reference",
}


def ask(
    deployment: Deployment, server: str, headers: Mapping[str, str], method: str = "GET"
) -> tuple[int, Message]:
    """Ask a server, as a browser or a program that says this of itself; `PORT` is the server's."""
    port = urllib.parse.urlsplit(getattr(deployment.state, server)).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    said = {name: value.replace("PORT", str(port)) for name, value in headers.items()}
    connection.request(method, SERVERS[server], headers=said)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://attacker.localhost:PORT"},
        {"Origin": "https://127.0.0.1:PORT"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "attacker.example"},
        {"Host": "attacker.example:PORT"},
        {"Host": "localhost.attacker.example:PORT"},
        {"Host": "127.0.0.1.attacker.example:PORT"},
        {"Host": "notlocalhost:PORT"},
        {"Host": "localhost:1"},
        {"Host": "localhost"},
        {"Host": "0.0.0.0:PORT"},
        {"Host": ""},
    ],
    ids=str,
)
def test_what_another_page_would_say_is_refused(
    deployment: Deployment, server: str, headers: dict[str, str]
) -> None:
    """The browser says where a page is from, and by which name it found the server."""
    status, _ = ask(deployment, server, headers)

    assert status == 403


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:PORT"},
        {"Host": "bucket.s3.localhost:PORT"},
        {"Host": "[::1]:PORT"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:PORT"},
    ],
    ids=str,
)
def test_programs_and_own_pages_are_served(
    deployment: Deployment, server: str, headers: dict[str, str]
) -> None:
    """Those that say nothing of an origin, what is typed in, and the page that is open."""
    status, _ = ask(deployment, server, headers)

    assert status == 200


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", [{}, {"Origin": "https://attacker.example"}])
def test_no_answer_is_shared_with_other_origins(
    deployment: Deployment, server: str, method: str, origin: dict[str, str]
) -> None:
    """Not the one to a question before a request, either."""
    asks = {**origin, "Access-Control-Request-Method": "POST"}

    _, headers = ask(deployment, server, asks, method)

    assert [name for name in headers if name.lower().startswith("access-control")] == []
