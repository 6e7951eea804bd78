"""The emulator as an HTTP server, with boto3 and plain HTTP as its clients."""

# boto3's clients and decoded JSON have no narrower type than Any.

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.server import ThreadedMotoServer

from sandbox.pinpoint import inbox, install
from sandbox.pinpoint.server import OtpServer, serving
from sandbox.pinpoint.transport import LateAnswer
from tests.support.at_once import at_once

from .conftest import APPLICATION_ID
from .helpers import DESTINATION, FIELDS, Application, code_in, pinpoint_client, wrong_code

TOO_LATE = "+12065550108"
SERVER_ERROR = "+12065550109"
DROPPED = "+12065550110"
REPOSITORY = Path(__file__).resolve().parents[2]


def _get(server: OtpServer, path: str) -> Any:
    """Return the JSON that a GET answers."""
    with urllib.request.urlopen(server.url + path, timeout=10) as answer:
        return json.load(answer)


def _post(server: OtpServer, path: str, body: bytes, media_type: str = "application/json") -> Any:
    """Return the JSON that a POST answers; ``HTTPError`` from status 400 on."""
    request = urllib.request.Request(server.url + path, body, {"Content-Type": media_type})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_whole_journey_over_http(server: OtpServer) -> None:
    """boto3 creates an application, sends a code and verifies it, once."""
    assert _get(server, "/health") == {"status": "ok"}
    application = Application(pinpoint_client(endpoint_url=server.url))
    assert application.send()["Result"][DESTINATION]["DeliveryStatus"] == "SUCCESSFUL"
    code = code_in(_get(server, "/inbox")[0])
    said = [application.verify(one) for one in (wrong_code(code), code, code)]
    assert said == [False, True, False]


def test_errors_are_the_modelled_exceptions(server: OtpServer, served: Application) -> None:
    """Over HTTP, too."""
    with pytest.raises(served.client.exceptions.BadRequestException, match="CodeLength"):
        served.send(CodeLength=99)
    with pytest.raises(served.client.exceptions.NotFoundException):
        Application(served.client, "0" * 32).send()
    with pytest.raises(served.client.exceptions.InternalServerErrorException):
        served.send(DestinationIdentity=SERVER_ERROR)
    assert [text["to"] for text in _get(server, "/inbox")] == [SERVER_ERROR]


def test_inbox_is_filtered_by_number_and_reference(server: OtpServer, served: Application) -> None:
    """Both filters keep what matches exactly, together what matches both."""
    other = "+12065550111"
    served.send(ReferenceId="a")
    served.send(ReferenceId="b")
    served.send(ReferenceId="b", DestinationIdentity=other)
    by_number = _get(server, f"/inbox?to={quote(DESTINATION)}")
    assert [text["referenceId"] for text in by_number] == ["a", "b"]
    by_reference = _get(server, "/inbox?referenceId=b")
    assert [text["to"] for text in by_reference] == [DESTINATION, other]
    assert len(_get(server, f"/inbox?to={quote(other)}&referenceId=b")) == 1
    assert _get(server, f"/inbox?to={quote(other)}&referenceId=a") == []
    # A plus in a query means a space; no number has one, so it is read as the plus it was.
    assert _get(server, f"/inbox?to={DESTINATION}") == by_number


def test_inbox_holds_all_regions_newest_last(server: OtpServer, served: Application) -> None:
    """Texts of several regions are in one list, in order of arrival."""
    elsewhere = Application(pinpoint_client(endpoint_url=server.url, region="eu-west-1"))
    served.send(ReferenceId="1")
    elsewhere.send(ReferenceId="2")
    served.send(ReferenceId="3")
    assert [text["referenceId"] for text in _get(server, "/inbox")] == ["1", "2", "3"]


def test_requests_are_listed_and_filtered(server: OtpServer, served: Application) -> None:
    """GET /requests shows the parameters as received."""
    served.send(ReferenceId="a")
    served.send(ReferenceId="b", Language="en-US")
    assert len(_get(server, "/requests")) == 2
    expected = FIELDS | {"ReferenceId": "b", "Language": "en-US"}
    assert _get(server, "/requests?referenceId=b") == [expected]


def test_clock_moves_on(server: OtpServer, served: Application) -> None:
    """POST /clock expires a code without anybody waiting."""
    served.send(ValidityPeriod=5)
    code = code_in(_get(server, "/inbox")[0])
    assert _post(server, "/clock", b'{"advanceSeconds": 300}') == {"advancedSeconds": 300}
    assert served.verify(code) is False


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"advanceSeconds": "5"}', b'{"advanceSeconds": true}',
             b'{"advanceSeconds": -1}', b'{"advanceSeconds": NaN}']
)  # fmt: skip
def test_clock_refuses_anything_else(server: OtpServer, body: bytes) -> None:
    """What is no number of seconds to move on by is answered with 400."""
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        _post(server, "/clock", body)
    with caught.value as answer:
        assert json.load(answer)["error"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_what_a_form_can_post_is_refused(server: OtpServer, media_type: str) -> None:
    """A browser sends these for every page, without asking the server first."""
    with pytest.raises(urllib.error.HTTPError, match="415") as caught:
        _post(server, "/clock", b'{"advanceSeconds": 300}', media_type)
    with caught.value as answer:
        assert json.load(answer)["error"]


@pytest.mark.parametrize("path", ["/2015-03-31/functions", "/moto-api/data.json", "/"])
def test_nothing_but_pinpoint_is_served(server: OtpServer, path: str) -> None:
    """Some services of moto run code; it takes the service from what a request says of itself."""
    lambda_s = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/lambda/aws4_request"
    request = urllib.request.Request(server.url + path, headers={"Authorization": lambda_s})

    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(request, timeout=10).close()


class _SignallingLateAnswer(LateAnswer):
    """A late answer that says when its wait has begun."""

    def __init__(self) -> None:
        super().__init__(600)
        self.begun = threading.Event()

    def wait(self) -> None:
        self.begun.set()
        super().wait()


def test_late_answer_holds_up_nobody_else() -> None:
    """Others are served while an answer is held back, and stopping the server releases it."""
    late_answer = _SignallingLateAnswer()
    install()
    with serving(OtpServer("127.0.0.1", 0, late_answer)) as server, ThreadPoolExecutor() as pool:
        patient = Application(pinpoint_client(endpoint_url=server.url))
        late = pool.submit(patient.send, DestinationIdentity=TOO_LATE)
        assert late_answer.begun.wait(timeout=10)
        Application(pinpoint_client(endpoint_url=server.url)).send()
        assert not late.done()
        server.shutdown()
        assert late.result(timeout=10)["Result"][TOO_LATE]["DeliveryStatus"] == "SUCCESSFUL"


@pytest.mark.parametrize(
    ("destination", "seconds", "error"),
    [(TOO_LATE, 1, ReadTimeoutError), (DROPPED, 60, ConnectionClosedError)],
)
def test_lost_answer_comes_after_the_text_went_out(
    server: OtpServer, served: Application, destination: str, seconds: int, error: type[Exception]
) -> None:
    """The client gives up, or is hung up on; the next call gets through on a new connection."""
    client = pinpoint_client(endpoint_url=server.url, read_timeout=seconds)
    with pytest.raises(error):
        Application(client, APPLICATION_ID).send(DestinationIdentity=destination)
    [text] = _get(server, "/inbox")
    assert text["to"] == destination
    assert served.verify(code_in(text), DestinationIdentity=destination) is True


def test_simultaneous_verifies_use_a_code_once(server: OtpServer, served: Application) -> None:
    """Of many calls at once, one is told it is valid; wrong ones use an attempt each."""
    served.send(AllowedAttempts=5)
    code = code_in(_get(server, "/inbox")[0])
    assert sum(at_once(16, lambda: served.verify(code))) == 1

    served.send(AllowedAttempts=5)
    code = code_in(_get(server, "/inbox")[1])
    assert not any(at_once(4, lambda: served.verify(wrong_code(code))))
    assert served.verify(wrong_code(code)) is False
    assert served.verify(code) is False


def test_connection_stays_open_between_requests(server: OtpServer) -> None:
    """Two requests, one of them with a body nobody reads, share a connection."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request("GET", "/health", body=b"unread")
        connection.getresponse().read()
        opened = connection.sock
        connection.request("GET", "/health")
        assert json.load(connection.getresponse()) == {"status": "ok"}
        assert connection.sock is opened
    finally:
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


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """Start the server as its users do."""
    arguments = ["-m", "sandbox.pinpoint.server", "--application-id", "cli", "--region"]
    started = subprocess.Popen(
        [sys.executable, *arguments, "eu-west-1"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_serves_until_a_signal(
    process: subprocess.Popen[str], number: signal.Signals
) -> None:
    """It says where it listens, serves the application, and ends cleanly and quietly."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:")
    client = pinpoint_client(endpoint_url=line.split()[-1], region="eu-west-1")
    assert Application(client, "cli").send()["ApplicationId"] == "cli"
    os.kill(process.pid, number)
    rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")
