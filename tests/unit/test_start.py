"""What a start of the function prepares, and what it does without."""

import gc
import importlib
import threading

import pytest

from lambda_src.otp.once.records import create_dynamodb_client
from lambda_src.otp.runtime.clients import open_connections
from tests.support.aws_server import Aws
from tests.support.service import ENVIRONMENT, SETTINGS, create_clients, entry_point
from tests.support.starting import CONNECTIONS, PERSON, Start, of_lambda


@pytest.mark.parametrize("initialization_type", ["on-demand", "provisioned-concurrency"])
def test_a_start_opens_a_connection_to_each_service_and_no_other_is_ever_open(
    start: Start, aws: Aws, initialization_type: str
) -> None:
    """Then come fifty messages, some refused, given back, or of a lost answer."""
    service = start(initialization_type)
    assert (aws.opened, aws.open) == (CONNECTIONS, CONNECTIONS)

    for number in range(50):
        # Lost at random are the answers to locks, records, counts, and what is given back.
        aws.does = {1: "refuses", 3: "is full", 5: "hangs up"}.get(number % 7, "works")
        service.send(DestinationIdentity=PERSON)
        assert aws.open <= CONNECTIONS

    aws.does = "works"
    assert service.send(DestinationIdentity=PERSON).status == 200
    assert aws.open == CONNECTIONS


def test_outside_of_lambda_nothing_is_connected(start: Start, aws: Aws) -> None:
    """An import of the module is no reason to call AWS."""
    start(None)
    assert aws.opened == 0


def test_a_start_does_not_depend_on_aws(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be reached is no reason not to start; the request will say what is wrong."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    start("on-demand")


def test_a_start_does_not_wait_long_for_aws(aws: Aws) -> None:
    """It goes on when its time for that is over, though nothing has been answered."""
    aws.until = threading.Barrier(2, timeout=30)
    open_connections(of_lambda("on-demand"), [*create_clients("send").values()], seconds=0.01)
    assert "opening a connection" in {thread.name for thread in threading.enumerate()}
    aws.until.abort()


@pytest.mark.parametrize(("initialization_type", "frozen"), [("on-demand", True), (None, False)])
@pytest.mark.usefixtures("aws")  # no start may reach the real one
def test_in_lambda_the_garbage_collector_rests_during_the_imports(
    monkeypatch: pytest.MonkeyPatch, initialization_type: str | None, *, frozen: bool
) -> None:
    """It works again after them, and need not look at what they made any more."""
    gc.unfreeze()
    rested: list[bool] = []
    freeze = gc.freeze

    def note() -> None:
        rested.append(not gc.isenabled())
        freeze()

    monkeypatch.setattr(gc, "freeze", note)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    for name, value in of_lambda(initialization_type).items():
        monkeypatch.setenv(name, value)

    importlib.reload(entry_point("send"))

    assert rested == [True] * frozen
    assert gc.isenabled()
    assert (gc.get_freeze_count() > 10_000) is frozen
    gc.unfreeze()


def test_a_start_does_not_depend_on_what_is_done_early(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be prepared is done by the first request."""

    def fail(_: object) -> None:
        raise ValueError

    monkeypatch.setattr("lambda_src.otp.pinpoint.delivery.Delivery.warm_up", fail)

    start("provisioned-concurrency")


def test_calls_go_where_connections_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where credentials name an account: DynamoDB has hosts for each of them."""
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it has read credentials before
    dynamodb = create_dynamodb_client(SETTINGS.time_limits)
    url = dynamodb.generate_presigned_url(
        "get_item", Params={"TableName": "t", "Key": {"id": {"S": "1"}}}
    )
    assert url.startswith(f"{dynamodb.meta.endpoint_url}/?")
