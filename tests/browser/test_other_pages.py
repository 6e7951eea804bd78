"""A page of another origin in the developer's browser can read nothing of the sandbox."""

import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from tests.support.deployment import Deployment, request

READ = """async url => {
  try { return await (await fetch(url)).text(); } catch { return null; }
}"""


@pytest.fixture
def another_page(browser: Browser) -> Iterator[Page]:
    """Open a page of another server of this machine: its error page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        context.close()
        server.shutdown()


@pytest.mark.parametrize(
    ("server", "path"),
    [("awsEndpoint", "/_ministack/health"), ("pinpointEndpoint", "/inbox"), ("pageUrl", "")],
)
def test_another_page_reads_nothing(
    another_page: Page, deployment: Deployment, server: str, path: str
) -> None:
    """Nor can a site whose name resolves to 127.0.0.1 (DNS rebinding)."""
    deployment.send(request())
    url = getattr(deployment.state, server) + path
    assert another_page.evaluate(READ, url) is None

    parts = urllib.parse.urlsplit(url)
    answer = another_page.goto(f"http://attacker.example:{parts.port}{parts.path}")

    assert answer
    assert answer.status == 403
    assert "One Time Password" not in another_page.content()
