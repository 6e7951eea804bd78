"""The emulator as an HTTP server: its inbox, its clock, and concurrent calls."""

from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from sandbox.pinpoint.server import OtpServer
from tests.support.at_once import at_once
from tests.support.texts import code_in, wrong_code

from .helpers import DESTINATION, FIELDS, Application, pinpoint_client

OTHER = "+12065550112"


def _get(server: OtpServer, path: str) -> Any:
    return urllib3.request("GET", server.url + path, timeout=10).json()


def test_texts_and_requests_of_all_regions_are_listed_and_filtered(
    server: OtpServer, served: Application
) -> None:
    """Lists end with the newest; filters match exactly, and two filters must both match."""
    elsewhere = Application(pinpoint_client(endpoint_url=server.url, region="eu-west-1"))
    served.send(ReferenceId="a")
    elsewhere.send(ReferenceId="b")
    served.send(ReferenceId="c", DestinationIdentity=OTHER)

    for query, found in {
        "": "abc",
        "?referenceId=c": "c",
        f"?to={quote(DESTINATION)}": "ab",
        # A raw plus in a query decodes to a space; the server reads it as a plus.
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
        # Any web page can post this media type from a form without a preflight.
        (b'{"advanceSeconds": 300}', "text/plain", 415),
    ],
)
def test_clock_only_moves_forward(
    server: OtpServer, served: Application, body: bytes, media_type: str, status: int
) -> None:
    """A code expires once the clock has passed its validity; a refused call changes nothing."""
    served.send(ValidityPeriod=5)
    headers = {"Content-Type": media_type}
    answer = urllib3.request("POST", f"{server.url}/clock", body=body, headers=headers)

    assert answer.status == status
    assert served.verify(code_in(_get(server, "/inbox")[0])) is (status != 200)


@pytest.mark.parametrize("path", ["/2015-03-31/functions", "/moto-api/data.json", "/"])
def test_only_pinpoint_is_served(server: OtpServer, path: str) -> None:
    """Moto selects the service by the request's credential scope, and some services run code."""
    for_lambda = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/lambda/aws4_request"
    answer = urllib3.request("GET", server.url + path, headers={"Authorization": for_lambda})
    assert answer.status == 404


def test_simultaneous_verifies_use_a_code_once(server: OtpServer, served: Application) -> None:
    """One of many concurrent right codes is valid; each concurrent wrong code uses an attempt."""
    served.send()
    code = code_in(_get(server, "/inbox")[0])
    assert sum(at_once(16, lambda: served.verify(code))) == 1

    served.send(AllowedAttempts=5)
    code = code_in(_get(server, "/inbox")[1])
    assert not any(at_once(5, lambda: served.verify(wrong_code(code))))
    assert served.verify(code) is False
