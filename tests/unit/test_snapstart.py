"""What functions that continue from one snapshot share, and what they do not."""

import importlib
import io
import json
import random
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import lambda_src.otp

from .service import APPLICATION, ENVIRONMENT, NUMBER, Service

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

ENTRY_POINT = "lambda_src.otp.send"


class Runtime(ModuleType):
    """Lambda's `snapshot_restore_py`, and what the runtime does with the hooks."""

    def __init__(self) -> None:
        super().__init__("snapshot_restore_py")
        self._before_snapshot: list[Callable[[], None]] = []
        self._after_restore: list[Callable[[], None]] = []

    def register_before_snapshot(self, hook: Any, *args: Any, **keywords: Any) -> Any:
        """Take a hook that runs before the snapshot, last registered first."""
        self._before_snapshot.append(lambda: hook(*args, **keywords))
        return hook

    def register_after_restore(self, hook: Any, *args: Any, **keywords: Any) -> Any:
        """Take a hook that runs after every restore."""
        self._after_restore.append(lambda: hook(*args, **keywords))
        return hook

    def snapshot(self) -> None:
        """Take the snapshot."""
        while self._before_snapshot:
            self._before_snapshot.pop()()

    def restore(self) -> None:
        """Continue from the snapshot."""
        for hook in self._after_restore:
            hook()


class Aws(ThreadingHTTPServer):
    """Answers as DynamoDB and Pinpoint do when all is well, and keeps connections open.

    Attributes:
        opened: how many connections there have been.
        closed: can be acquired once for every connection that the client has closed.

    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.opened = 0
        self.closed = threading.Semaphore(0)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the first that keeps connections
    server: Aws

    def setup(self) -> None:
        self.server.opened += 1
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.server.closed.release()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        result = {NUMBER: {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}}
        answer = {"ApplicationId": APPLICATION, "Result": result}
        body = json.dumps(answer if self.path.startswith("/v1/apps/") else {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Serve for the length of a test."""
    with Aws() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def start(
    send_module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], ModuleType]:
    """Import the entry point anew; the one that all tests share is in its place afterwards."""
    monkeypatch.setitem(sys.modules, ENTRY_POINT, send_module)
    monkeypatch.setattr(lambda_src.otp, "send", send_module)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def start(initialization_type: str | None) -> ModuleType:
        if initialization_type:
            monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", initialization_type)
        del sys.modules[ENTRY_POINT]
        return importlib.import_module(ENTRY_POINT)

    return start


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    """Provide the module that Lambda provides; the test's own randomness is back afterwards."""
    runtime = Runtime()
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    state = random.getstate()
    yield runtime
    random.setstate(state)


def test_two_restores_of_one_snapshot_draw_different_numbers(
    runtime: Runtime, start: Callable[[str | None], ModuleType]
) -> None:
    """The state is the same, until the hooks have run."""
    start("snap-start")
    runtime.snapshot()
    state = random.getstate()
    drawn = []
    for _ in range(2):
        random.setstate(state)
        runtime.restore()
        drawn.append(random.random())  # noqa: S311 - it is what botocore draws from

    assert drawn[0] != drawn[1]


def test_no_connection_is_in_the_snapshot_and_the_clients_work_after_a_restore(
    runtime: Runtime,
    start: Callable[[str | None], ModuleType],
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    table_client: "DynamoDBClient",
) -> None:
    """Pinpoint's and DynamoDB's are closed when the snapshot is taken, and opened on demand."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{aws.server_port}")
    module = start("snap-start")
    log = io.StringIO()
    module.logger.registered_handler.setStream(log)
    service = Service(module, log, table_client)
    assert service.send().status == 200
    assert service.send().status == 200
    assert aws.opened == 2, "connections are not kept open, and so none could be left"

    runtime.snapshot()

    assert aws.closed.acquire(timeout=5)
    assert aws.closed.acquire(timeout=5)
    for _ in range(2):
        runtime.restore()
        assert service.send().status == 200
    assert aws.opened == 4


@pytest.mark.parametrize("initialization_type", [None, "on-demand", "provisioned-concurrency"])
def test_without_snapstart_the_function_starts_without_the_hooks_module(
    start: Callable[[str | None], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    initialization_type: str | None,
) -> None:
    """The runtime may not have it: nothing is imported, nothing is registered."""
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)  # an import of it would fail

    assert start(initialization_type).handler
