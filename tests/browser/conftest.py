"""A browser for the session, and a page of the sandbox for each test."""

import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tests.support.deployment import Deployment

from . import browser as machine

OpenPage = Callable[..., Page]

# Twenty functions that start at once take a small machine a while.
_MILLISECONDS = 60_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    try:
        executable = machine.find()
    except FileNotFoundError as missing:
        pytest.fail(str(missing), pytrace=False)
    expect.set_options(timeout=_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=list(machine.ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, deployment: Deployment) -> Iterator[OpenPage]:
    """Opens the page in a browser of its own; whatever it complains of, fails the test."""
    complaints: list[str] = []
    contexts = []
    url = deployment.state.pageUrl

    def watch(request: Request) -> None:
        if urllib.parse.urlsplit(request.url)[:2] != urllib.parse.urlsplit(url)[:2]:
            complaints.append(f"asks for {request.url}")

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    def open_(path: str = "", *, width: int = 1440, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
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
    """The page of the phone, on a usual window."""
    return open_page()
