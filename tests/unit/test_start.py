"""What a start of the function prepares, and what it can do without."""

import gc
import importlib
import sys
import threading
from unittest.mock import Mock

import pytest

from lambda_src.otp.once.records import create_dynamodb_client
from lambda_src.otp.runtime.clients import open_connections
from tests.support.aws_server import Aws
from tests.support.clock import Clock
from tests.support.service import PERSON, SETTINGS, Start, create_clients, entry_point

# One to Pinpoint, one to DynamoDB.
CONNECTIONS = 2


def of_lambda(initialization: str) -> dict[str, str]:
    """Return the variable that tells how a function starts; outside of Lambda it is not set."""
    return {"AWS_LAMBDA_INITIALIZATION_TYPE": initialization}


@pytest.mark.parametrize("initialization", ["on-demand", "provisioned-concurrency"])
def test_a_start_opens_a_connection_to_each_service_and_no_other_is_ever_open(
    start: Start, aws: Aws, monkeypatch: pytest.MonkeyPatch, initialization: str
) -> None:
    """Not even after thirty requests that are refused, given back, or get no answer."""
    # Without SnapStart the runtime may not have this module: an import would fail.
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    service = start(of_lambda(initialization))
    assert (len(aws.opened), len(aws.open)) == (CONNECTIONS, CONNECTIONS)

    for number in range(30):
        # The answers to locks, records, counts and giving back get lost in turn.
        aws.does = {1: "refuses", 3: "is full", 5: "breaks"}.get(number % 7, "works")
        service.send(DestinationIdentity=PERSON)
        assert len(aws.open) <= CONNECTIONS
    aws.does = "works"
    assert service.send(DestinationIdentity=PERSON).status == 200
    assert len(aws.open) == CONNECTIONS


def test_connections_are_closed_for_a_snapshot_and_opened_after_a_restore(
    start: Start, aws: Aws, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request has to open one, even if the restore is a day later."""
    hooks = Mock()
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", hooks)
    service = start(of_lambda("snap-start"))
    for registered in hooks.register_before_snapshot.call_args_list:
        registered.args[0]()
    assert all(aws.closed.acquire(timeout=5) for _ in range(CONNECTIONS))
    clock.now += 24 * 60 * 60
    [registered] = hooks.register_after_restore.call_args_list
    registered.args[0]()
    assert len(aws.opened) == 2 * CONNECTIONS
    assert service.send(DestinationIdentity=PERSON).status == 200
    assert len(aws.opened) == 2 * CONNECTIONS


def test_a_start_does_not_depend_on_aws(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request does what could not be prepared, or reports the error."""
    prepare = Mock(side_effect=ValueError)
    monkeypatch.setattr("lambda_src.otp.pinpoint.delivery.Delivery.warm_up", prepare)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    start(of_lambda("provisioned-concurrency"))
    prepare.assert_called_once_with()


def test_a_start_does_not_wait_long_for_aws(aws: Aws) -> None:
    """It goes on when its time is over, even if nothing has been answered."""
    aws.answers.clear()
    open_connections(of_lambda("on-demand"), [*create_clients("send").values()], seconds=0.01)
    assert "opening a connection" in {thread.name for thread in threading.enumerate()}
    aws.answers.set()


@pytest.mark.parametrize(("variables", "frozen"), [(of_lambda("on-demand"), True), ({}, False)])
@pytest.mark.usefixtures("aws")  # no start may reach the real one
def test_in_lambda_the_garbage_collector_is_off_during_the_imports(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, frozen: bool
) -> None:
    """Afterwards it is on, and skips the objects that the imports have made."""
    gc.unfreeze()
    rested: list[bool] = []
    freeze = gc.freeze

    def note() -> None:
        rested.append(not gc.isenabled())
        freeze()

    monkeypatch.setattr(gc, "freeze", note)
    for name, value in {**SETTINGS.to_environment(), **variables}.items():
        monkeypatch.setenv(name, value)

    importlib.reload(entry_point("send"))
    assert rested == [True] * frozen
    assert gc.isenabled()
    assert (gc.get_freeze_count() > 10_000) is frozen
    gc.unfreeze()


def test_calls_go_where_connections_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if the credentials name an account: DynamoDB has a host for each account."""
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it has read credentials before
    dynamodb = create_dynamodb_client(SETTINGS.time_limits)
    url = dynamodb.generate_presigned_url(
        "get_item", Params={"TableName": "t", "Key": {"id": {"S": "1"}}}
    )
    assert url.startswith(f"{dynamodb.meta.endpoint_url}/?")
