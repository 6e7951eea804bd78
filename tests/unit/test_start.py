"""What a start of the function prepares, and what it does without."""

import gc
import io
import os
import threading
from typing import TYPE_CHECKING

import pytest

from .server import Aws
from .service import Service
from .starting import CONNECTIONS, PERSON, Start

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
# Before any start.
PROCESSORS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {0}

on_linux = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="processors can be chosen on Linux only"
)


@pytest.mark.parametrize("initialization_type", ["on-demand", "provisioned-concurrency"])
def test_a_start_opens_all_connections_that_a_message_needs(
    start: Start, aws: Aws, table_client: "DynamoDBClient", initialization_type: str
) -> None:
    """All at the same time: none is answered before the last one is there."""
    aws.until = threading.Barrier(CONNECTIONS, timeout=5)
    service = Service(start(initialization_type), io.StringIO(), table_client)
    assert aws.opened == CONNECTIONS

    for _ in range(2):
        assert service.send(DestinationIdentity=PERSON).status == 200

    assert aws.opened == CONNECTIONS


def test_outside_of_lambda_nothing_is_connected(start: Start, aws: Aws) -> None:
    """An import of the module is no reason to call AWS."""
    start(None)

    assert aws.opened == 0


def test_a_start_does_not_depend_on_aws(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be reached is no reason not to start; the request will say what is wrong."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    assert start("on-demand").handler


def test_a_start_does_not_wait_long_for_aws(
    start: Start, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on when its time for that is over, though nothing has been answered."""
    monkeypatch.setattr("lambda_src.otp.sdk._OPENING_SECONDS", 0.01)
    aws.until = threading.Barrier(CONNECTIONS + 1, timeout=30)

    assert start("on-demand").handler

    assert "opening a connection" in {thread.name for thread in threading.enumerate()}
    aws.until.abort()


def test_the_garbage_collector_works_again_after_the_start(start: Start) -> None:
    """It rests while the modules are imported, and need not look at them any more."""
    gc.unfreeze()

    start(None)

    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000


@on_linux
@pytest.mark.skipif(len(PROCESSORS) == 1, reason="there is one processor only")
@pytest.mark.parametrize(("initialization_type", "stays"), [(None, False), ("on-demand", True)])
def test_in_lambda_the_function_stays_on_one_processor(
    start: Start, initialization_type: str | None, *, stays: bool
) -> None:
    """And the threads that it starts; elsewhere, whoever runs it decides."""
    module = start(initialization_type)

    allowed = module.counters._side_by_side.run([lambda: os.sched_getaffinity(0)] * 2)  # noqa: SLF001 - as they are started
    assert allowed == [{min(PROCESSORS)} if stays else PROCESSORS] * 2


@on_linux
def test_a_start_does_not_depend_on_staying_on_one_processor(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs it may not allow that."""

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)

    assert start("on-demand").handler


def test_a_start_does_not_depend_on_what_is_done_early(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be prepared is done by the first request."""

    def fail(_: object) -> None:
        raise ValueError

    monkeypatch.setattr("lambda_src.otp.delivery.Delivery.prepare", fail)

    assert start("provisioned-concurrency").handler


def test_calls_go_where_connections_are_opened(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where credentials name an account: DynamoDB has hosts for each of them."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it has read credentials before
    dynamodb = start(None).dynamodb

    url = dynamodb.generate_presigned_url(
        "get_item", Params={"TableName": "t", "Key": {"id": {"S": "1"}}}
    )

    assert url.startswith(f"{dynamodb.meta.endpoint_url}/?")


def test_what_is_given_back_goes_over_new_connections(
    start: Start, aws: Aws, table_client: "DynamoDBClient"
) -> None:
    """It is asked for once, so a connection that died since the last time would lose it."""
    aws.until = threading.Barrier(CONNECTIONS, timeout=5)
    service = Service(start("on-demand"), io.StringIO(), table_client)
    aws.refuses = True

    for _ in range(2):
        opened = aws.opened
        assert service.send(DestinationIdentity=PERSON).code == "Misconfigured"
        assert aws.opened > opened
