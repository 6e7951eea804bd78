"""The page's server: requests that it refuses, and the headers of its pages."""

import json
import re
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

import pytest

from tests.support.deployment import Deployment, request

INVALID = [("times", 21), ("times", 0), ("path", "/other"), ("body", {})]


def call(
    deployment: Deployment, path: str, content: Any = None, media_type: str = "application/json"
) -> tuple[int, Message, bytes]:
    """`GET` a path, or `POST` content to it."""
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
        # Another page could post this without a preflight.
        ({}, "text/plain", 415),
        *(({name: value}, "application/json", 400) for name, value in INVALID),
    ],
)
def test_request_that_the_page_never_makes_is_refused(
    deployment: Deployment, change: dict[str, Any], media_type: str, refused: int
) -> None:
    """A refused request texts nobody."""
    asked = {"path": "/otp", "body": json.dumps(request()), "times": 1, **change}
    texts = deployment.texts()

    status, _, _ = call(deployment, "calls", asked, media_type)

    assert status == refused
    assert deployment.texts() == texts


@pytest.mark.parametrize("path", ["", "reference", "static/phone.js"])
def test_page_loads_only_its_own_files(deployment: Deployment, path: str) -> None:
    """The Content-Security-Policy forbids other origins and inline scripts."""
    status, headers, body = call(deployment, path)

    assert status == 200
    assert "default-src 'none'; script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert not re.findall(rb"<(?:script|link|img)[^>]*(?:src|href)=.?(?!/static/)[a-z]", body)
