"""Clients of the sandbox, of a proxy in front of it, and of a scripted server."""

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

#: Makes a client that comes one way; with these arguments of `OtpClient`.
Connect = Callable[..., OtpClient]
#: One of the two operations.
Ask = Callable[[OtpClient], object]

ARN = "arn:aws:lambda:us-east-1:123456789012:function:otp-{}:live"


def send(client: OtpClient) -> object:
    """Send."""
    return client.send(NUMBER, reference_id="mine")


def verify(client: OtpClient) -> object:
    """Verify."""
    return client.verify(NUMBER, "mine", "123456")


@pytest.fixture(params=Way, ids=lambda way: way.value)
def way(request: pytest.FixtureRequest) -> Way:
    """Go both ways."""
    way: Way = request.param
    return way


@pytest.fixture
def scripted(way: Way) -> Iterator[Scripted]:
    """Serve what a test says."""
    with Scripted(way) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def connect(way: Way, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make clients of the scripted server, or of another address: `connect(url, session=…)`."""

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
    """Give a client of the scripted server."""
    return connect()


@cache
def _session() -> boto3.Session:
    """Give one to all, since each reads the models of AWS again."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture(scope="session")
def proxy(deployment: Deployment) -> Iterator[Proxy]:
    """Stand between clients and the sandbox, and break what a test says."""
    proxy = Proxy(deployment.state.awsEndpoint, deployment.state)
    yield proxy
    proxy.stop()


@pytest.fixture
def to_sandbox(way: Way, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make clients of the sandbox, or of a proxy's address: `to_sandbox(url, clock=…)`."""
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
    """Write the function's ARN as the proxy does, which signs the path as it came."""
    params["url"] = params["url"].replace("%3A", ":")
