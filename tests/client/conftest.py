"""Clients of the sandbox, of a proxy in front of it, and of a scripted server."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from serverless_otp import OtpClient

from sandbox.state import State
from tests.support.deployment import Deployment
from tests.support.proxy import Proxy

from .clock import VirtualClock
from .scripted import WAYS, Scripted, Way, serving

#: Makes a client that comes one way, to an address; with more arguments of `OtpClient`.
Connect = Callable[..., OtpClient]

ARN = "arn:aws:lambda:us-east-1:123456789012:function:otp-{}:live"


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request: pytest.FixtureRequest) -> Way:
    """Go both ways."""
    way: Way = request.param
    return way


@pytest.fixture
def clock() -> VirtualClock:
    """Wait for nothing."""
    return VirtualClock()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Serve what a test says."""
    with serving() as server:
        yield server


@pytest.fixture
def client(
    way: Way, scripted: Scripted, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> OtpClient:
    """Give a client of the scripted server."""
    return connect(way, scripted.url, monkeypatch, clock=clock)


def connect(way: Way, url: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> OtpClient:
    """Make a client whose requests go to a server."""
    options.setdefault("session", _session())
    if way.name == "http":
        return OtpClient(api_url=f"{url}/v1/", **options)
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
    return OtpClient(
        send_function=ARN.format("send"), verify_function=ARN.format("verify"), **options
    )


@cache
def _session() -> boto3.Session:
    """Give one to all, since each reads the models of AWS again."""
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture(scope="session")
def proxy(deployment: Deployment) -> Iterator[Proxy]:
    """Stand between clients and the sandbox; every test mends it."""
    proxy = Proxy(deployment.state.awsEndpoint, deployment.state)
    yield proxy
    proxy.stop()


@pytest.fixture
def to_sandbox(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Make clients of the sandbox: `to_sandbox(way, through=proxy, deadline_seconds=…)`."""

    def to_sandbox(way: Way, through: Proxy | None = None, **options: Any) -> OtpClient:
        state = deployment.state
        endpoint = through.url if through else state.awsEndpoint
        return sandbox_client(way, state, endpoint, monkeypatch, **options)

    return to_sandbox


def sandbox_client(
    way: Way, state: State, endpoint: str, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> OtpClient:
    """Make a client whose requests go to an endpoint, which may be a proxy."""
    session = boto3.Session(state.accessKeyId, state.secretAccessKey, region_name=state.region)
    if way.name == "http":
        api_url = state.apiUrl.replace(state.awsEndpoint, endpoint)
        return OtpClient(api_url=api_url, session=session, **options)
    session.events.register("before-call.lambda.Invoke", _write_colons)
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", endpoint)
    return OtpClient(
        send_function=state.sendFunction,
        verify_function=state.verifyFunction,
        session=session,
        **options,
    )


def _write_colons(params: dict[str, Any], **_: Any) -> None:
    """Write the function's ARN as the proxy does, which signs the path as it came."""
    params["url"] = params["url"].replace("%3A", ":")
