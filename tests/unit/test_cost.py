"""The measured assumptions of docs/generate/prices.py, checked against the functions."""

import json
from dataclasses import replace
from typing import Any

from docs.generate.prices import ASSUMED
from tests.support.service import SETTINGS, Journey, Service

# As long as a generated function name, which the function's ARN repeats.
NAME = "ServerlessOtp-OtpSendFunction2FCCE694-0123456789ab"
TRACE = ', "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793"'


def test_record_fits_into_one_write_request_unit(service: Service) -> None:
    """DynamoDB bills each started kilobyte. The longest ReferenceId still fits, in any outcome."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"{last}".rjust(48, "a"))
    sizes = [
        sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())
        for item in service.items()
    ]
    assert 0 < max(sizes) < ASSUMED["bytes of an item, at most"]


def test_send_writes_as_often_as_the_price_assumes(service: Service) -> None:
    """Lock, default counts and record. The first request has already read the switch."""
    service.send()
    calls = service.calls(lambda: service.send(DestinationIdentity="+12062010000"))
    calls.remove("SendOTPMessage")
    assert len(calls) == ASSUMED["writes of a message, of one unit each"]
    assert not [call for call in calls if call.startswith(("Get", "Batch"))]


def test_a_right_code_reads_and_writes_as_often_as_the_price_assumes(journey: Journey) -> None:
    """One call reads the record and the balance; the claim and the balance are written."""
    about, code = journey.send(DestinationIdentity="+12062010000")
    calls: list[Any] = []
    journey.verifying.on(
        "provide-client-params.dynamodb",
        lambda model, params, **_: calls.append((model.name, params)),
    )
    journey.verify(about, code)
    [(_, reading), *writes] = calls
    [read] = reading["RequestItems"].values()
    assert read["ConsistentRead"]
    assert len(read["Keys"]) == ASSUMED["reads of a verification, of one unit each"]
    assert [name for name, _ in writes] == ["PutItem", "UpdateItem"]
    assert len(writes) == ASSUMED["writes of a verification, of one unit each"]


def test_busiest_day_of_a_block_fits_into_one_item(service: Service) -> None:
    """An item holds 400 KB, which is why blockPerHour is at most 200."""
    service.start(limits=replace(SETTINGS.limits, destination_interval_seconds=30))
    sizes = []
    for last in range(3):
        assert service.send(DestinationIdentity=f"+1206201000{last}").status == 200
        [item] = service.items("limit#number")
        sizes.append(len(json.dumps(item)))
    assert 0 < 200 * 24 * (sizes[2] - sizes[0]) / 2 < 400 * 1024


def test_the_log_is_as_long_as_the_price_assumes(journey: Journey) -> None:
    """For one text to a counted country, and its verification."""
    about, code = journey.send(DestinationIdentity="+12062010123")
    journey.verify(about, code)

    for function in (journey.sending, journey.verifying):
        [line] = function.log_lines()
        own = json.dumps(line).replace('"send"', f'"{NAME}"').replace(":send:", f":{NAME}:") + TRACE
        of_metrics = sum(map(len, function.metric_lines()))  # as long as on AWS
        for size, of in (
            (len(own), "bytes of a function's own line in the log"),
            (of_metrics, "bytes of its lines of metrics in the log"),
        ):
            assert ASSUMED[of] * 0.8 < size <= ASSUMED[of]
