"""The emulator as an HTTP server, with boto3 and plain HTTP as its clients."""

from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from sandbox.pinpoint.server import OtpServer
from tests.support.at_once import at_once

from .helpers import (
    DESTINATION,
    FIELDS,
    Application,
    code_in,
    pinpoint_client,
    wrong_code,
)

OTHER = "+12065550112"


def _get(server: OtpServer, path: str) -> Any:
    """Return the JSON that a GET answers."""
    return urllib3.request("GET", server.url + path, timeout=10).json()


def test_texts_and_requests_of_all_regions_are_listed_and_filtered(
    server: OtpServer, served: Application
) -> None:
    """Newest last; a filter keeps what matches exactly, two keep what matches both."""
    elsewhere = Application(pinpoint_client(endpoint_url=server.url, region="eu-west-1"))
    served.send(ReferenceId="a")
    elsewhere.send(ReferenceId="b")
    served.send(ReferenceId="c", DestinationIdentity=OTHER)

    for query, found in {
        "": "abc",
        "?referenceId=c": "c",
        f"?to={quote(DESTINATION)}": "ab",
        # A plus in a query means a space; no number has one, so it is read as the plus it was.
        f"?to={OTHER}&referenceId=c": "c",
        f"?to={OTHER}&referenceId=a": "",
    }.items():
        texts = _get(server, f"/inbox{query}")
        assert "".join(text["referenceId"] for text in texts) == found, query
    assert [asked["ReferenceId"] for asked in _get(server, "/requests")] == [*"abc"]
    assert _get(server, "/requests?referenceId=b") == [FIELDS | {"ReferenceId": "b"}]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b'{"advanceSeconds": 300}', "application/json", 200),
        *((body, "application/json", 400) for body in (b"", b"[]", b"{}")),
        *(
            (b'{"advanceSeconds": ' + value + b"}", "application/json", 400)
            for value in (b'"5"', b"true", b"-1")
        ),
        # What a form can post: a browser sends it for every page, without asking first.
        (b'{"advanceSeconds": 300}', "text/plain", 415),
    ],
)
def test_clock_moves_on_and_takes_nothing_else(
    server: OtpServer, served: Application, body: bytes, media_type: str, status: int
) -> None:
    """A code expires without anybody waiting, or stays valid."""
    served.send(ValidityPeriod=5)
    headers = {"Content-Type": media_type}
    answer = urllib3.request("POST", f"{server.url}/clock", body=body, headers=headers)

    assert answer.status == status
    assert served.verify(code_in(_get(server, "/inbox")[0])) is (status != 200)


@pytest.mark.parametrize("path", ["/2015-03-31/functions", "/moto-api/data.json", "/"])
def test_nothing_but_pinpoint_is_served(server: OtpServer, path: str) -> None:
    """Some services of moto run code; it takes the service from what a request says of itself."""
    lambda_s = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/lambda/aws4_request"
    answer = urllib3.request("GET", server.url + path, headers={"Authorization": lambda_s})
    assert answer.status == 404


def test_simultaneous_verifies_use_a_code_once(server: OtpServer, served: Application) -> None:
    """Of many calls at once, one is told it is valid; wrong ones use an attempt each."""
    served.send()
    code = code_in(_get(server, "/inbox")[0])
    assert sum(at_once(16, lambda: served.verify(code))) == 1

    served.send(AllowedAttempts=5)
    code = code_in(_get(server, "/inbox")[1])
    assert not any(at_once(5, lambda: served.verify(wrong_code(code))))
    assert served.verify(code) is False
