"""The operator's switch: heeded within a minute, and never forgotten by what cannot be read."""

import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from lambda_src.otp.rules import counters, limits, pause
from tests.support.clock import Clock
from tests.support.service import TABLE, HttpAnswer, Service, request

US, CANADA = "+12062010000", "+14165550111"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give a clock that the switch goes by."""
    return Clock(monkeypatch, limits, counters, pause)


def set_switch(service: Service, value: str | None) -> None:
    """Write the switch as docs/runbook.md says; None: nobody ever has."""
    if value is None:
        service.delete({"S": "paused"})
    else:
        item = {"id": {"S": "paused"}, "countries": {"S": value}}
        service.table.put_item(TableName=TABLE, Item=item)


def send(service: Service, to: str = US) -> HttpAnswer:
    """Ask for a message."""
    return service.send(DestinationIdentity=to)


def test_sending_stops_within_half_a_minute_and_begins_again(
    service: Service, clock: Clock
) -> None:
    """503 SendingPaused, to be repeated; nothing is deployed and nothing started anew."""
    assert send(service).status == 200

    set_switch(service, "all")
    clock.now += 30
    answer = send(service)
    assert (answer.status, answer.code) == (503, "SendingPaused")
    assert answer.json()["retryable"] is True
    assert answer.headers["Retry-After"] == "60"

    set_switch(service, "none")
    clock.now += 30
    assert send(service).status == 200
    assert len(service.texts()) == 2


def test_one_country_can_be_paused(service: Service) -> None:
    """Or some; the others are texted."""
    set_switch(service, "JM,CA")
    assert (send(service, CANADA).code, send(service).status) == ("SendingPaused", 200)


@pytest.mark.parametrize("number", ["+12065550100", "+12065550101"])
def test_a_sandbox_number_is_paused_too(service: Service, number: str) -> None:
    """It is not counted, but a caller must be able to see this answer."""
    set_switch(service, "all")
    assert send(service, number).code == "SendingPaused"


def test_a_paused_request_leaves_its_reference_id_free_and_is_not_counted(
    service: Service, clock: Clock
) -> None:
    """The same request is sent when all is well again."""
    asked = json.dumps(request(DestinationIdentity=US))
    set_switch(service, "all")
    assert service.post(asked).status == 503
    counted = [
        value
        for item in service.items()
        for name, value in item.items()
        if item["id"]["S"].startswith("limit#") and name not in ("id", "expiration")
    ]
    assert set(map(str, counted)) <= {"{'N': '0'}"}

    set_switch(service, None)
    clock.now += 30
    assert service.post(asked).status == 200


def test_a_replay_is_a_replay_while_sending_is_paused(service: Service, clock: Clock) -> None:
    """It sends nothing."""
    asked = json.dumps(request(DestinationIdentity=US))
    first = service.post(asked)
    set_switch(service, "all")
    clock.now += 30
    assert service.post(asked).body == first.body


def test_the_switch_is_read_every_half_a_minute_only(service: Service, clock: Clock) -> None:
    """It costs nothing per request."""
    read: list[int] = []
    service.on("before-call.dynamodb.GetItem", lambda **_: read.append(1))
    for _ in range(3):
        send(service, "+12065550100")
        clock.now += 29
    assert len(read) == 2


def fail_to_read(service: Service) -> None:
    """Let DynamoDB not answer."""
    service.fail("before-call.dynamodb.GetItem", ReadTimeoutError(endpoint_url="https://a.example"))


@pytest.mark.parametrize(("value", "code"), [("all", "SendingPaused"), ("none", None)])
def test_an_unreadable_switch_says_what_it_said_before(
    service: Service, clock: Clock, value: str, code: str | None
) -> None:
    """And is asked again soon; the log and the metrics tell."""
    set_switch(service, value)
    assert send(service).code == code
    fail_to_read(service)
    set_switch(service, "none" if value == "all" else "all")
    clock.now += 30

    assert send(service).code == code

    assert "could not be read" in service.log()
    assert any('"StoreFailures"' in line for line in service.metric_lines())
    service.mend()
    clock.now += 5
    assert send(service).code != code


def test_nothing_is_sent_while_nothing_is_known(service: Service) -> None:
    """A function that has just started and cannot read it; the next request asks again.

    A release that cannot read it is to go back: unlike a pause, it is a server error.
    """
    fail_to_read(service)
    assert send(service).code == "SendingPaused"
    assert service.texts() == []
    assert any(json.loads(line).get("ServerErrors") == [1] for line in service.metric_lines())
    service.mend()
    assert send(service).status == 200


@pytest.mark.parametrize(
    "attribute",
    [
        *({"S": text} for text in ("everything", "", "jm", "JM, CA", "UK", "JM,UK", "AC", "ZZ")),
        {"N": "1"},
        None,
    ],
)
def test_a_switch_that_makes_no_sense_pauses_all(service: Service, attribute: Any) -> None:
    """Whoever wrote it wanted something to stop; the log says that it is nonsense."""
    item = {"id": {"S": "paused"}, **({"countries": attribute} if attribute else {})}
    service.table.put_item(TableName=TABLE, Item=item)
    assert send(service).code == "SendingPaused"
    assert "nonsense" in service.log()


def test_a_clock_that_was_set_back_does_not_keep_an_old_answer(
    service: Service, clock: Clock
) -> None:
    """A function that was frozen may find any time."""
    send(service)
    set_switch(service, "all")
    clock.now -= 3600
    assert send(service).code == "SendingPaused"
