"""The operator's switch: heeded within half a minute, and kept while it cannot be read."""

import json
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.failures import NO_ANSWER
from tests.support.service import Service, request

US, CANADA = "+12062010000", "+14165550111"
READ = "before-call.dynamodb.GetItem"


def set_switch(service: Service, value: str) -> None:
    """Write the switch as docs/runbook.md says."""
    service.put({"id": {"S": "paused"}, "countries": {"S": value}})


def code(service: Service, to: str = US) -> str | None:
    """Request a text; return the code of the answer."""
    return service.send(DestinationIdentity=to).code


def test_sending_stops_within_half_a_minute_and_resumes(service: Service, clock: Clock) -> None:
    """503 SendingPaused, to be repeated. Nothing is deployed or restarted."""
    assert code(service) is None

    set_switch(service, "all")
    clock.wait(30)
    answer = service.send(DestinationIdentity=US)
    assert (answer.status, answer.code) == (503, "SendingPaused")
    assert answer.headers["Retry-After"] == "60"
    # A sandbox number is not counted, but a caller must be able to see this answer.
    assert code(service, "+12065550101") == "SendingPaused"

    set_switch(service, "JM,CA")
    clock.wait(30)
    assert (code(service, CANADA), code(service)) == ("SendingPaused", None)
    set_switch(service, "none")
    clock.wait(30)
    assert code(service, CANADA) is None
    assert len(service.texts()) == 3


@pytest.mark.parametrize(
    ("written", "to_canada"),
    [*((text, "SendingPaused") for text in ("jm, ca", " CA ,", "JM,,CA")), ("None ", None)],
)
def test_case_and_blanks_are_ignored(service: Service, written: str, to_canada: str | None) -> None:
    """Operators write the switch in a hurry."""
    set_switch(service, written)
    assert (code(service, CANADA), code(service)) == (to_canada, None)


def test_a_paused_request_leaves_no_record_and_no_count(service: Service, clock: Clock) -> None:
    """It is sent after the pause. From then on it is replayed, even during a pause."""
    asked = request(DestinationIdentity=US)
    set_switch(service, "all")
    assert service.send(**asked).status == 503
    assert [item["id"]["S"] for item in service.items()] == ["paused"]

    service.delete({"S": "paused"})
    clock.wait(30)
    sent = service.send(**asked)
    assert sent.status == 200
    set_switch(service, "all")
    clock.wait(30)
    assert service.send(**asked).body == sent.body


def test_the_switch_is_read_every_half_a_minute_only(service: Service, clock: Clock) -> None:
    """Most requests do not read it. A clock that is set back does not keep an old value."""
    read: list[int] = []
    service.on(READ, lambda **_: read.append(1))
    for _ in range(3):
        code(service)
        clock.wait(29)
    assert len(read) == 2

    set_switch(service, "all")
    clock.now -= 3600
    assert code(service) == "SendingPaused"


@pytest.mark.parametrize(("value", "before"), [("all", "SendingPaused"), ("none", None)])
def test_an_unreadable_switch_keeps_its_value(
    service: Service, clock: Clock, value: str, before: str | None
) -> None:
    """It is read again after five seconds, and the metrics report the failure."""
    set_switch(service, value)
    assert code(service) == before
    service.fail(READ, NO_ANSWER)
    set_switch(service, "none" if value == "all" else "all")
    clock.wait(30)
    assert code(service) == before
    assert any('"StoreFailures"' in line for line in service.metric_lines())
    service.mend()
    clock.wait(4)
    assert code(service) == before
    clock.wait(1)
    assert code(service) != before


def test_nothing_is_sent_until_the_switch_was_read(service: Service) -> None:
    """Unlike a pause, this is a server error; the next request reads the switch again."""
    service.fail(READ, NO_ANSWER)
    assert code(service) == "SendingPaused"
    assert service.texts() == []
    assert any(json.loads(line).get("ServerErrors") == [1] for line in service.metric_lines())
    service.mend()
    assert code(service) is None


@pytest.mark.parametrize(
    "attributes",
    [
        *({"countries": {"S": text}} for text in ("everything", "", " ,", "JM,UK", "all,JM", "AC")),
        *({"countries": {"N": "1"}}, {}),
    ],
)
def test_an_invalid_switch_pauses_all(service: Service, attributes: Any) -> None:
    """Its author wanted to stop something. The alarm Store reports it."""
    service.put({"id": {"S": "paused"}, **attributes})
    assert code(service) == "SendingPaused"
    assert any('"StoreFailures"' in line for line in service.metric_lines())
