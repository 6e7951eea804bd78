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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another server of this machine, with an empty page; its address."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text("<!doctype html><title>Another page</title>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def another_page(browser: Browser, site: str) -> Iterator[Page]:
    """A page that is not the sandbox's."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    yield page
    context.close()


def zipped(code: str) -> str:
    """Pack the code of a function, as Lambda's API wants it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    return base64.b64encode(packed.getvalue()).decode()


def test_another_page_runs_no_code(
    another_page: Page, deployment: Deployment, tmp_path: Path
) -> None:
    """Two requests that no browser asks about first would create a function and run it."""
    trace = tmp_path / "was-here"
    function = {
        "FunctionName": f"another-page-{uuid.uuid4()}",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::123456789012:role/any",
        "Code": {"ZipFile": zipped(f"def handler(*_):\n    open({str(trace)!r}, 'w').close()\n")},
    }
    functions = f"{deployment.state.awsEndpoint}/2015-03-31/functions"

    another_page.evaluate(POST, [functions, json.dumps(function)])
    another_page.evaluate(POST, [f"{functions}/{function['FunctionName']}/invocations", "{}"])

    assert not trace.exists()


def test_another_page_does_not_move_the_clock(another_page: Page, deployment: Deployment) -> None:
    """A code that was just texted is still valid."""
    asked = request()
    deployment.send(asked)
    [text] = deployment.texts(asked["ReferenceId"])

    another_page.evaluate(
        POST, [f"{deployment.state.pinpointEndpoint}/clock", '{"advanceSeconds": 86400}']
    )

    answer = deployment.verify({**asked, "Otp": code_in(text)}).json()
    assert answer["VerificationResponse"]["Valid"] is True


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ("awsEndpoint", "/_ministack/health"),
        ("awsEndpoint", "/2015-03-31/functions/"),
        ("pinpointEndpoint", "/inbox"),
        ("pinpointEndpoint", "/moto-api/data.json"),
        ("pageUrl", "reference"),
    ],
)
def test_another_page_reads_nothing(
    another_page: Page, deployment: Deployment, server: str, path: str
) -> None:
    """No answer is for it, and so the browser gives it none."""
    assert another_page.evaluate(READ, getattr(deployment.state, server) + path) is None


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ("awsEndpoint", "/_ministack/health"),
        ("pinpointEndpoint", "/inbox"),
        ("pageUrl", ""),
    ],
)
def test_another_name_of_this_machine_opens_nothing(
    another_page: Page, deployment: Deployment, server: str, path: str
) -> None:
    """A site whose name leads to 127.0.0.1 (DNS rebinding) is the origin of what it reads there."""
    deployment.send(request())
    port = urllib.parse.urlsplit(getattr(deployment.state, server)).port

    answer = another_page.goto(f"http://attacker.example:{port}/{path.removeprefix('/')}")

    assert answer
    assert answer.status == 403
    assert "One Time Password" not in another_page.content()
