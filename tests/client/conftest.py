"""Clients of a scripted server and of the sandbox."""

import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from serverless_otp import OtpClient

from tests.support.deployment import Deployment

from .scripted import NUMBER, Scripted, Way

#: Makes a client; keyword arguments go to `OtpClient`.
Connect = Callable[..., OtpClient]
#: One of the two operations.
Ask = Callable[[OtpClient], object]

ARN = "arn:aws:lambda:us-east-1:123456789012:function:otp-{}:live"


def send(client: OtpClient) -> object:
    """Call send with a fixed ReferenceId."""
    return client.send(NUMBER, reference_id="mine")


def verify(client: OtpClient) -> object:
    """Call verify with the same ReferenceId."""
    return client.verify(NUMBER, "mine", "123456")


@pytest.fixture(params=Way, ids=lambda way: way.value)
def way(request: pytest.FixtureRequest) -> Way:
    """Run each test over HTTP and by invoke."""
    way: Way = request.param
    return way


@pytest.fixture
def scripted(way: Way) -> Iterator[Scripted]:
    """Start a scripted server."""
    with Scripted(way) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def connect(way: Way, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return a function that makes clients of the scripted server or of another address."""

    def connect(url: str = scripted.url, **options: Any) -> OtpClient:
        options = {"session": _session(), "clock": scripted.clock, **options}
        if way is Way.HTTP:
            return OtpClient(api_url=f"{url}/v1/", **options)
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        send, verify = ARN.format("send"), ARN.format("verify")
        return OtpClient(send_function=send, verify_function=verify, **options)

    return connect


@pytest.fixture
def client(connect: Connect) -> OtpClient:
    """Create a client of the scripted server."""
    return connect()


@cache
def _session() -> boto3.Session:
    # Shared, because each new session reads the service models again.
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture
def of_sandbox(way: Way, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> OtpClient:
    """Create a client of the sandbox."""
    state = deployment.state
    session = boto3.Session(state.accessKeyId, state.secretAccessKey, region_name=state.region)
    if way is Way.HTTP:
        return OtpClient(api_url=state.apiUrl, session=session)
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", state.awsEndpoint)
    return OtpClient(
        send_function=state.sendFunction, verify_function=state.verifyFunction, session=session
    )
