"""A browser for the session, and a page of the sandbox for each test."""

import os
import shutil
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.support.deployment import Deployment

OpenPage = Callable[..., Page]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

ARGUMENTS = [
    # Chromium's own sandbox does not work for root or in containers; we trust our pages.
    "--no-sandbox",
    # No requests of the browser's own.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # A site whose name resolves to this machine.
    "--host-resolver-rules=MAP attacker.example 127.0.0.1",
]

HOW_TO_GET_ONE = (
    "There is no browser. Install Chromium (Debian: apt-get install chromium; "
    "macOS: brew install --cask chromium), or name one with CHROMIUM=/path/to/browser."
)

# A small machine needs time to start twenty functions at once.
_MILLISECONDS = 60_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start the browser of this machine; none is downloaded."""
    wanted = os.environ.get("CHROMIUM")
    found = [path for name in ([wanted] if wanted else NAMES) if (path := shutil.which(name))]
    if not found:
        pytest.fail(HOW_TO_GET_ONE, pytrace=False)
    expect.set_options(timeout=_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found[0], args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, deployment: Deployment) -> Iterator[OpenPage]:
    """Open a page in a new context; errors, warnings and foreign requests fail the test."""
    complaints: list[str] = []
    contexts = []
    url = deployment.state.pageUrl

    def watch(request: Request) -> None:
        if urllib.parse.urlsplit(request.url)[:2] != urllib.parse.urlsplit(url)[:2]:
            complaints.append(f"asks for {request.url}")

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def open_(path: str = "", *, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(_MILLISECONDS)
        page = context.new_page()
        page.on("request", watch)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", complain)
        page.goto(url + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """Open the page of the phone, in the window of a small laptop."""
    return open_page()
