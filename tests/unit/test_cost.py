"""What docs/cost.md assumes about a request, held against the function."""

import json

from docs.generate.cost import LOG_LINE_BYTES, MAX_ITEM_BYTES, WRITES_A_SEND
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
    assert max(sizes) < MAX_ITEM_BYTES


def test_send_writes_as_often_as_is_paid_for(service: Service) -> None:
    """The lock, the counts that are on by default, and the record; no reads but the switch's."""
    service.send()
    calls: list[str] = []
    service.on("before-call.dynamodb", lambda model, **_: calls.append(model.name))

    service.send(DestinationIdentity="+12062010000")

    assert calls == ["PutItem", *["UpdateItem"] * 3, "UpdateItem"]
    assert len(calls) == WRITES_A_SEND


def test_verification_writes_nothing(journey: Journey) -> None:
    """What was sent is as it was."""
    about, code = journey.send()
    before = journey.sending.items()

    journey.verify(about, code)

    assert journey.sending.items() == before


def test_log_line_is_as_long_as_is_paid_for(service: Service) -> None:
    """On AWS, the function's name is longer and a trace has an ID."""
    service.send()

    assert LOG_LINE_BYTES * 0.8 < bytes_on_aws(service) <= LOG_LINE_BYTES


def test_log_line_of_a_verification_is_no_longer(journey: Journey) -> None:
    """Its cost is counted with the same number."""
    about, code = journey.send()

    journey.verify(about, code)

    assert LOG_LINE_BYTES * 0.8 < bytes_on_aws(journey.verifying) <= LOG_LINE_BYTES


def bytes_on_aws(service: Service) -> int:
    """Measure the one line of the log, as it would be on AWS."""
    [line] = service.log_lines()
    on_aws = json.dumps(line).replace('"send"', f'"{NAME}"').replace(":send:", f":{NAME}:") + TRACE
    return len(on_aws)
