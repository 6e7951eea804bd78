"""The functions as Lambda runs them, on emulated AWS of this machine."""

import re
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.server import ThreadedMotoServer

from infra.bundle.build import HOST, build
from sandbox.environment import OF_AWS, OF_SEND, OF_VERIFY
from sandbox.pinpoint import inbox
from sandbox.pinpoint.server import create_server, serving

from .api import NEXT
from .function import Function, Runtime, install_client, running

#: What the stack sets, by function.
SETTINGS = {"send": OF_SEND, "verify": OF_VERIFY}


class Starter:
    """Starts functions; they end with the test.

    Args:
        start: starts one, for as long as a `with` block.

    Attributes:
        started: those that have been.

    """

    def __init__(self, start: Callable[..., AbstractContextManager[Function]]) -> None:
        self._start = start
        self._ends = ExitStack()
        self.started: list[Function] = []

    def __call__(
        self, handler: str, environment: Mapping[str, str], layers: Sequence[Path] = ()
    ) -> Function:
        """Start one.

        Args:
            handler: such as `otp.send.handler`.
            environment: what the stack and Lambda set for this function.
            layers: folders with more code.

        """
        function = self._ends.enter_context(self._start(handler, environment, layers))
        self.started.append(function)
        return function

    def end(self) -> None:
        """End all of them."""
        self._ends.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the functions have said, where a test fails."""
    report = yield
    if report.failed:
        for value in item.funcargs.values():
            started = value.started if isinstance(value, Starter) else [value]
            for function in started:
                if isinstance(function, Function):
                    report.sections.append(("The function's output", function.said()))
    return report


@pytest.fixture(scope="package")
def aws() -> Iterator[Mapping[str, str]]:
    """Serve DynamoDB, with the table, and Pinpoint, with the application; say where they are."""
    # Entering and leaving mock_aws resets moto's backends, which the server shares.
    with mock_aws():
        pass
    dynamodb = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    dynamodb.start()
    host, port = dynamodb.get_host_and_port()
    url = f"http://{host}:{port}"
    pinpoint = create_server(application_ids=[OF_VERIFY["OTP_APPLICATION_ID"]])
    with serving(pinpoint):
        boto3.client("dynamodb", endpoint_url=url).create_table(
            TableName=OF_SEND["OTP_TABLE_NAME"],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield {"AWS_ENDPOINT_URL": url, "AWS_ENDPOINT_URL_PINPOINT": pinpoint.url}
    dynamodb.stop()


@pytest.fixture(scope="package")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    """Build the bundle for this Python, and put AWS's runtime client beside it."""
    client = tmp_path_factory.mktemp("client")
    install_client(client)
    return Runtime(
        bundle=build(f"{sys.version_info.major}.{sys.version_info.minor}", HOST),
        client=client,
        folder=tmp_path_factory.mktemp("functions"),
    )


@pytest.fixture(scope="package")
def launch(
    runtime: Runtime, aws: Mapping[str, str]
) -> Callable[..., AbstractContextManager[Function]]:
    """Start functions which find AWS on this machine."""

    def launch(
        handler: str, environment: Mapping[str, str], layers: Sequence[Path] = ()
    ) -> AbstractContextManager[Function]:
        found = {**OF_AWS, **aws, **environment}
        return running(runtime, handler, found, layers)

    return launch


@pytest.fixture
def start(launch: Callable[..., AbstractContextManager[Function]]) -> Iterator[Starter]:
    """Start functions that are this test's own."""
    starter = Starter(launch)
    try:
        yield starter
    finally:
        starter.end()


@pytest.fixture(scope="package")
def sending(launch: Callable[..., AbstractContextManager[Function]]) -> Iterator[Function]:
    """Give the send function, ready, one for all tests."""
    yield from _ready(launch, "send")


@pytest.fixture(scope="package")
def verifying(launch: Callable[..., AbstractContextManager[Function]]) -> Iterator[Function]:
    """Give the verify function, as the other one."""
    yield from _ready(launch, "verify")


def _ready(
    launch: Callable[..., AbstractContextManager[Function]], name: str
) -> Iterator[Function]:
    with launch(f"otp.{name}.handler", SETTINGS[name]) as function:
        initialized = function.initialize()
        assert initialized.what == NEXT, f"{initialized}\n{function.said()}"
        yield function
        said = function.said()
    for text in inbox():
        assert text["to"][1:] not in said
        [code] = re.findall(r"\b[0-9]{5,8}\b", text["body"])
        # Alone, not within an ID or a time.
        assert not re.search(rf"(?<![\w.-]){code}(?![\w.-])", said), said
