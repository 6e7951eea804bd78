"""A page of another origin, open in the developer's browser, reaches nothing of the sandbox."""

import base64
import functools
import http.server
import io
import json
import threading
import urllib.parse
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.deployment import Deployment, code_in, request

# Whatever becomes of it: some requests are sent, though their answers cannot be read.
POST = """async ([url, body]) => {
  try { await fetch(url, {method: "POST", mode: "no-cors", body}); } catch {}
}"""
READ = """async url => {
  try { return await (await fetch(url)).text(); } catch { return null; }
}"""


@pytest.fixture
def another_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """An empty page of another server of this machine."""
    (tmp_path / "index.html").write_text("<!doctype html><title>Another page</title>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        context.close()
        server.shutdown()


def test_another_page_runs_no_code_and_does_not_move_the_clock(
    another_page: Page, deployment: Deployment, tmp_path: Path
) -> None:
    """No browser asks first about a request that would create a function, run it or pass time."""
    trace, packed = tmp_path / "was-here", io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        code = f"def handler(*_):\n    open({str(trace)!r}, 'w').close()\n"
        archive.writestr("index.py", code)
    function = {
        "FunctionName": f"another-page-{uuid.uuid4()}",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::123456789012:role/any",
        "Code": {"ZipFile": base64.b64encode(packed.getvalue()).decode()},
    }
    functions = f"{deployment.state.awsEndpoint}/2015-03-31/functions"
    clock = f"{deployment.state.pinpointEndpoint}/clock"
    asked = request()
    deployment.send(asked)
    [text] = deployment.texts(asked["ReferenceId"])

    another_page.evaluate(POST, [functions, json.dumps(function)])
    another_page.evaluate(POST, [f"{functions}/{function['FunctionName']}/invocations", "{}"])
    another_page.evaluate(POST, [clock, '{"advanceSeconds": 86400}'])

    assert not trace.exists()
    # The code is still valid.
    answer = deployment.verify({**asked, "Otp": code_in(text)}).json()
    assert answer["VerificationResponse"]["Valid"] is True


@pytest.mark.parametrize(
    ("server", "path"),
    [("awsEndpoint", "/_ministack/health"), ("pinpointEndpoint", "/inbox"), ("pageUrl", "")],
)
def test_another_page_reads_nothing(
    another_page: Page, deployment: Deployment, server: str, path: str
) -> None:
    """Nor does a site whose name leads to 127.0.0.1 (DNS rebinding): it is of that origin."""
    deployment.send(request())
    url = getattr(deployment.state, server) + path
    assert another_page.evaluate(READ, url) is None

    parts = urllib.parse.urlsplit(url)
    answer = another_page.goto(f"http://attacker.example:{parts.port}{parts.path}")

    assert answer
    assert answer.status == 403
    assert "One Time Password" not in another_page.content()
