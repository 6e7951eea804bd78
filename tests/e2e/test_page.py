"""What the page's server gives to the page, and refuses to everybody else."""

import json
import re
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

import pytest

from tests.support.deployment import Deployment, request

NOT_TAKEN = [("times", 21), ("times", 0), ("path", "/other"), ("body", {})]


def call(
    deployment: Deployment, path: str, content: Any = None, media_type: str = "application/json"
) -> tuple[int, Message, bytes]:
    """`GET` something of the page's; with content, `POST` it."""
    body = None if content is None else json.dumps(content).encode()
    headers = {"Content-Type": media_type}
    asked = urllib.request.Request(deployment.state.pageUrl + path, body, headers)
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()


@pytest.mark.parametrize(
    ("change", "media_type", "refused"),
    [
        # A form of another page can send no JSON without asking, and nobody answers that.
        ({}, "text/plain", 415),
        *(({name: value}, "application/json", 400) for name, value in NOT_TAKEN),
    ],
)
def test_what_the_page_would_not_ask_for_is_refused(
    deployment: Deployment, change: dict[str, Any], media_type: str, refused: int
) -> None:
    """And nobody is texted."""
    asked = {"path": "/otp", "body": json.dumps(request()), "times": 1, **change}
    texts = deployment.texts()

    status, _, _ = call(deployment, "calls", asked, media_type)

    assert status == refused
    assert deployment.texts() == texts


@pytest.mark.parametrize("path", ["", "reference", "static/phone.js"])
def test_pages_load_nothing_from_elsewhere_and_run_nothing_inline(
    deployment: Deployment, path: str
) -> None:
    """The browser is told so."""
    status, headers, body = call(deployment, path)

    assert status == 200
    assert "default-src 'none'; script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert not re.findall(rb"<(?:script|link|img)[^>]*(?:src|href)=.?(?!/static/)[a-z]", body)
