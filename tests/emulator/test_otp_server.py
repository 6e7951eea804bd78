"""The emulator as an HTTP server, with boto3 and plain HTTP as its clients."""

import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ConnectionClosedError
from moto.server import ThreadedMotoServer

from sandbox.pinpoint import inbox
from sandbox.pinpoint.server import OtpServer
from sandbox.state import ROOT
from tests.support.at_once import at_once

from .helpers import (
    DESTINATION,
    DROPPED,
    FIELDS,
    SERVER_ERROR,
    TOO_LATE,
    Application,
    code_in,
    pinpoint_client,
    wrong_code,
)

OTHER = "+12065550111"


def _get(server: OtpServer, path: str) -> Any:
    """Return the JSON that a GET answers."""
    with urllib.request.urlopen(server.url + path, timeout=10) as answer:
        return json.load(answer)


def _post(server: OtpServer, path: str, body: bytes, media_type: str = "application/json") -> Any:
    """Return the JSON that a POST answers, whatever its status, with that."""
    request = urllib.request.Request(server.url + path, body, {"Content-Type": media_type})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def test_whole_journey_over_http(server: OtpServer) -> None:
    """boto3 creates an application, sends a code and verifies it, once; errors are modelled."""
    assert _get(server, "/health") == {"status": "ok"}
    application = Application(pinpoint_client(endpoint_url=server.url))
    assert application.send()["Result"][DESTINATION]["DeliveryStatus"] == "SUCCESSFUL"
    code = code_in(_get(server, "/inbox")[0])
    said = [application.verify(one) for one in (wrong_code(code), code, code)]
    assert said == [False, True, False]
    with pytest.raises(application.client.exceptions.InternalServerErrorException):
        application.send(DestinationIdentity=SERVER_ERROR)
    assert [text["to"] for text in _get(server, "/inbox")] == [DESTINATION, SERVER_ERROR]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a", "b", "c", "c"]),
        (f"?to={quote(DESTINATION)}", ["a", "b", "c"]),
        # A plus in a query means a space; no number has one, so it is read as the plus it was.
        (f"?to={DESTINATION}", ["a", "b", "c"]),
        ("?referenceId=c", ["c", "c"]),
        (f"?to={quote(OTHER)}&referenceId=c", ["c"]),
        (f"?to={quote(OTHER)}&referenceId=a", []),
    ],
)
def test_inbox_holds_all_regions_newest_last_and_is_filtered(
    server: OtpServer, served: Application, query: str, found: list[str]
) -> None:
    """Both filters keep what matches exactly, together what matches both."""
    served.send(ReferenceId="a")
    elsewhere = Application(pinpoint_client(endpoint_url=server.url, region="eu-west-1"))
    elsewhere.send(ReferenceId="b")
    served.send(ReferenceId="c")
    served.send(ReferenceId="c", DestinationIdentity=OTHER)

    assert [text["referenceId"] for text in _get(server, f"/inbox{query}")] == found


def test_requests_are_listed_and_filtered(server: OtpServer, served: Application) -> None:
    """By their ReferenceId."""
    served.send()
    served.send(ReferenceId="b", Language="en-US")
    last = FIELDS | {"ReferenceId": "b", "Language": "en-US"}
    assert _get(server, "/requests") == [FIELDS, last]
    assert _get(server, "/requests?referenceId=b") == [last]


def test_clock_moves_on(server: OtpServer, served: Application) -> None:
    """POST /clock expires a code without anybody waiting."""
    served.send(ValidityPeriod=5)
    code = code_in(_get(server, "/inbox")[0])
    answer = _post(server, "/clock", b'{"advanceSeconds": 300}')
    assert answer == (200, {"advancedSeconds": 300})
    assert served.verify(code) is False


@pytest.mark.parametrize(
    ("body", "media_type", "refused"),
    [
        *((body, "application/json", 400) for body in (b"", b"[]", b"{}")),
        *(
            (b'{"advanceSeconds": ' + value + b"}", "application/json", 400)
            for value in (b'"5"', b"true", b"-1", b"NaN")
        ),
        # What a form can post: a browser sends it for every page, without asking first.
        *(
            (b'{"advanceSeconds": 300}', media_type, 415)
            for media_type in ("text/plain", "application/x-www-form-urlencoded")
        ),
    ],
)
def test_clock_refuses_anything_else(
    server: OtpServer, body: bytes, media_type: str, refused: int
) -> None:
    """With a sentence."""
    status, answer = _post(server, "/clock", body, media_type)
    assert (status, list(answer)) == (refused, ["error"])


@pytest.mark.parametrize("path", ["/2015-03-31/functions", "/moto-api/data.json", "/"])
def test_nothing_but_pinpoint_is_served(server: OtpServer, path: str) -> None:
    """Some services of moto run code; it takes the service from what a request says of itself."""
    lambda_s = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/lambda/aws4_request"
    request = urllib.request.Request(server.url + path, headers={"Authorization": lambda_s})

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=10).close()


def test_late_answer_holds_up_nobody_else(server: OtpServer, served: Application) -> None:
    """Others are served while an answer is held back, and stopping the server releases it."""
    with ThreadPoolExecutor() as pool:
        late = pool.submit(served.send, DestinationIdentity=TOO_LATE)
        while not _get(server, "/inbox"):
            time.sleep(0.01)
        served.send()
        assert not late.done()
        server.shutdown()
        assert late.result(timeout=10)["Result"][TOO_LATE]["DeliveryStatus"] == "SUCCESSFUL"


def test_dropped_connection_comes_after_the_text(server: OtpServer, served: Application) -> None:
    """The next call gets through on a new connection."""
    with pytest.raises(ConnectionClosedError):
        served.send(DestinationIdentity=DROPPED)
    [text] = _get(server, "/inbox")
    assert served.verify(code_in(text), DestinationIdentity=DROPPED) is True


def test_simultaneous_verifies_use_a_code_once(server: OtpServer, served: Application) -> None:
    """Of many calls at once, one is told it is valid; wrong ones use an attempt each."""
    served.send()
    code = code_in(_get(server, "/inbox")[0])
    assert sum(at_once(16, lambda: served.verify(code))) == 1

    served.send(AllowedAttempts=5)
    code = code_in(_get(server, "/inbox")[1])
    assert not any(at_once(5, lambda: served.verify(wrong_code(code))))
    assert served.verify(code) is False


def test_connection_stays_open_between_requests(server: OtpServer) -> None:
    """Two requests, one of them with a body nobody reads, share a connection."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    connection.request("GET", "/health", body=b"unread")
    connection.getresponse().read()
    opened = connection.sock
    connection.request("GET", "/health")
    assert json.load(connection.getresponse()) == {"status": "ok"}
    assert connection.sock is opened
    connection.close()


@pytest.mark.usefixtures("application")
def test_moto_server_has_the_operations_once_installed() -> None:
    """The server of moto itself, without ours in front, sends and verifies, too."""
    moto_server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto_server.start()
    try:
        host, port = moto_server.get_host_and_port()
        served = Application(pinpoint_client(endpoint_url=f"http://{host}:{port}"))
        served.send()
        assert served.verify(code_in(inbox()[0])) is True
    finally:
        moto_server.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_until_a_signal(number: signal.Signals) -> None:
    """It says where it listens, serves the application, and ends cleanly and quietly."""
    options = ("--application-id", "cli", "--region", "eu-west-1")
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.pinpoint.server", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        client = pinpoint_client(endpoint_url=line.split()[-1], region="eu-west-1")
        assert Application(client, "cli").send()["ApplicationId"] == "cli"
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert (process.returncode, rest, errors) == (0, "", "")
