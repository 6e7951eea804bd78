"""Clients of a scripted server, of the sandbox, and of a proxy in front of it."""

import threading
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from serverless_otp import OtpClient

from tests.support.deployment import Deployment
from tests.support.proxy import Proxy

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


@pytest.fixture(scope="session")
def proxy(deployment: Deployment) -> Iterator[Proxy]:
    """Start a proxy that injects faults between clients and the sandbox."""
    proxy = Proxy(deployment.state.awsEndpoint, deployment.state)
    yield proxy
    proxy.stop()


@pytest.fixture
def to_sandbox(way: Way, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Return a function that makes clients of the sandbox, or of a proxy in front of it."""
    state = deployment.state
    session = boto3.Session(state.accessKeyId, state.secretAccessKey, region_name=state.region)

    def to_sandbox(url: str = state.awsEndpoint, **options: Any) -> OtpClient:
        if way is Way.HTTP:
            api_url = state.apiUrl.replace(state.awsEndpoint, url)
            return OtpClient(api_url=api_url, session=session, **options)
        session.events.register("before-call.lambda.Invoke", _write_colons)
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        send, verify = state.sendFunction, state.verifyFunction
        return OtpClient(send_function=send, verify_function=verify, session=session, **options)

    return to_sandbox


def _write_colons(params: dict[str, Any], **_: Any) -> None:
    """Leave colons unescaped, because the proxy signs the path as it is."""
    params["url"] = params["url"].replace("%3A", ":")
