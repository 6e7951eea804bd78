"""What the page's server gives to the page, and refuses to everybody else."""

import itertools
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
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


def events(deployment: Deployment, last: str = "") -> Iterator[tuple[str, Any]]:
    """The texts after the last one that was seen, by their IDs; `ready` after the old ones."""
    asked = urllib.request.Request(
        deployment.state.pageUrl + "events", headers={"Last-Event-ID": last}
    )
    with urllib.request.urlopen(asked, timeout=60) as answer:
        event: dict[str, str] = {}
        for line in answer:
            name, _, value = line.decode().strip().partition(": ")
            event[name] = value
            if name:
                continue
            # An empty line ends an event.
            if event.get("event") == "ready":
                yield "ready", None
            elif "id" in event:
                yield event["id"], json.loads(event["data"])
            event = {}


def test_call_is_answered_with_both_sides_of_it(deployment: Deployment) -> None:
    """The API's own answer, and the request as it was signed."""
    asked = json.dumps(request())

    status, _, body = call(deployment, "calls", {"path": "/otp", "body": asked, "times": 1})

    [exchange] = map(json.loads, body.splitlines())
    assert (status, exchange["status"]) == (200, 200)
    assert exchange["request"]["body"] == asked
    assert dict(exchange["request"]["headers"])["Authorization"].startswith("AWS4-HMAC-SHA256 ")
    assert "MessageResponse" in exchange["answer"]["body"]


def test_events_go_on_after_the_last_one_that_was_seen(deployment: Deployment) -> None:
    """A browser that connects again misses nothing, and has nothing twice.

    It is told when all earlier texts were there. One that saw those of an earlier sandbox gets all
    of this one.
    """
    deployment.send(request())
    deployment.send(request())
    texts = deployment.texts()

    ids = [event for event, _ in itertools.islice(events(deployment), len(texts) + 1)]
    assert ids.index("ready") == len(texts)
    following = events(deployment, ids[-3])
    assert next(following) == (ids[-2], texts[-1])
    assert next(following) == ("ready", None)
    deployment.send(request())
    event, text = next(following)

    assert event not in ids
    assert text not in texts
    assert next(events(deployment, "0123456789abcdef-99")) == (ids[0], texts[0])


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


def test_written_is_what_is_about_the_request_and_nothing_else(deployment: Deployment) -> None:
    """Of several in the same log: its lines, and its metrics once. Of an unknown one, nothing.

    A caller may choose the ID, and so write a number into it, which is masked.
    """
    started = time.time() - 1
    own = ("foo", "ABCDEFAB-0000-4000-8000-012065550100")
    answers = [
        deployment.post(json.dumps(request()).encode(), {"X-Amzn-RequestId": it}) for it in own
    ]
    assert [answer.status for answer in answers] == [200, 200]
    asked = [answer.headers["X-Request-Id"] for answer in answers]
    assert asked[0].endswith("_REPLACED_INVALID_REQUEST_ID")
    assert asked[1] == "ABCDEFAB-0000-4000-8000-**********00"
    deployment.verify({**request(), "Otp": "123456"})

    for request_id in asked:
        path, until = f"written/{request_id}?since={started}", time.monotonic() + 30
        # It comes a little later than the answer.
        while (answer := call(deployment, path))[0] != 200:
            assert time.monotonic() < until
        written = json.loads(answer[2])
        assert {json.loads(line)["correlation_id"] for line in written["lines"]} == {request_id}
        counted = [(metric["name"], metric["value"]) for metric in written["metrics"]]
        assert [one for one in counted if one[0] == "Requests"] == [("Requests", 1)]
        assert ("Texts", 1) in counted
    assert call(deployment, "written/00000000-0000-4000-8000-000000000000")[0] == 204
