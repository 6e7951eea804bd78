"""What docs/cost.md says is measured, held against the functions."""

import json
from collections.abc import Callable

import pytest

from docs.generate.figures import ASSUMED
from tests.support.service import Journey, Service

# A function's name is generated from the stack's, and its ARN holds it once more.
NAME = "ServerlessOtp-OtpSendFunction2FCCE694-0123456789ab"
TRACE = ', "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793"'


def test_record_fits_into_one_write_request_unit(service: Service) -> None:
    """Whatever the outcome, with the longest ReferenceId: DynamoDB counts by the kilobyte."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"{last}".rjust(48, "a"))

    sizes = [
        sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
        for item in service.items()
    ]
    assert sizes
    assert max(sizes) < ASSUMED["bytes of an item, at most"]


def test_send_writes_as_often_as_is_paid_for(service: Service) -> None:
    """The lock, the counts that are on by default, and the record; no reads but the switch's."""
    service.send()
    calls: list[str] = []
    service.on("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    service.send(DestinationIdentity="+12062010000")

    assert calls == ["PutItem", *["UpdateItem"] * 3, "UpdateItem"]
    assert len(calls) == ASSUMED["writes of a message, of one unit each"]


def test_verification_writes_nothing(journey: Journey) -> None:
    """What was sent is as it was."""
    about, code = journey.send()
    before = journey.sending.items()

    journey.verify(about, code)

    assert journey.sending.items() == before


def test_busiest_day_of_a_block_fits_into_one_item(service: Service) -> None:
    """400 KB, with all that is kept of a message; blockPerHour ends at 200 for that."""
    service.limit(
        destination_per_10_minutes=5,
        destination_per_day=10,
        destination_interval_seconds=30,
        block_per_hour=20,
    )
    sizes = []
    for last in range(3):
        assert service.send(DestinationIdentity=f"+1206201000{last}").status == 200
        [item] = [item for item in service.items() if "limit#number" in item["id"]["S"]]
        sizes.append(len(json.dumps(item)))

    first, _, third = sizes
    assert 0 < 200 * 24 * (third - first) / 2 < 400 * 1024


def own_line(service: Service) -> int:
    """Measure the one line of the log, as it would be on AWS."""
    [line] = service.log_lines()
    on_aws = json.dumps(line).replace('"send"', f'"{NAME}"').replace(":send:", f":{NAME}:") + TRACE
    return len(on_aws)


def lines_of_metrics(service: Service) -> int:
    """Measure what stands beside the log; nothing in it is longer on AWS."""
    return sum(map(len, service.metric_lines()))


@pytest.mark.parametrize(
    ("function", "measure", "assumed"),
    [
        ("sending", own_line, "bytes of a function's own line in the log"),
        ("verifying", own_line, "bytes of a function's own line in the log"),
        ("sending", lines_of_metrics, "bytes of its lines of metrics in the log"),
        ("verifying", lines_of_metrics, "bytes of its lines of metrics in the log"),
    ],
)
def test_log_is_as_long_as_is_paid_for(
    function: str, measure: Callable[[Service], int], assumed: str, journey: Journey
) -> None:
    """Of a message to a country that is counted, and of its verification."""
    about, code = journey.send(DestinationIdentity="+12062010123")
    journey.verify(about, code)

    size = measure(getattr(journey, function))

    assert ASSUMED[assumed] * 0.8 < size <= ASSUMED[assumed]
