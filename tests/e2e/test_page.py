"""The page's server: requests that it refuses, and the headers of its pages."""

import json
import re
from typing import Any

import pytest
import urllib3

from tests.support.deployment import Deployment, request

INVALID = [("times", 21), ("times", 0), ("path", "/other"), ("body", {})]


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

    url, headers = f"{deployment.state.pageUrl}calls", {"Content-Type": media_type}
    answer = urllib3.request("POST", url, json=asked, headers=headers)

    assert answer.status == refused
    assert deployment.texts() == texts


@pytest.mark.parametrize("path", ["", "reference", "static/phone.js"])
def test_page_loads_only_its_own_files(deployment: Deployment, path: str) -> None:
    """The Content-Security-Policy forbids other origins and inline scripts."""
    page = urllib3.request("GET", deployment.state.pageUrl + path)

    assert page.status == 200
    assert "default-src 'none'; script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert not re.findall(rb"<(?:script|link|img)[^>]*(?:src|href)=.?(?!/static/)[a-z]", page.data)
