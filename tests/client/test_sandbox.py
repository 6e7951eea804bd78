"""The client against the deployed service: the journey, and every failure that it plays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from serverless_otp import (
    DuplicateDestination,
    InvalidRequest,
    OptedOut,
    OtpClient,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
    ReferenceIdReused,
    TemporaryFailure,
    Throttled,
    UnexpectedAnswer,
)

from sandbox.client import aws_options
from tests.support.deployment import Deployment, code_in
from tests.support.proxy import Proxy

from .clock import VirtualClock
from .conftest import Connect
from .scripted import NUMBER, WAYS, Way

PREFIX = "+1206555"


@pytest.fixture
def whole(proxy: Proxy) -> Proxy:
    """Give the proxy, which only counts."""
    proxy.break_by()
    return proxy


def test_code_that_was_sent_is_verified(
    way: Way, deployment: Deployment, to_sandbox: Connect
) -> None:
    """Send, read the phone, verify; a wrong code is false, and no exception."""
    client = to_sandbox(way)

    sent = client.send(NUMBER, code_length=8, brand_name="Client")

    [text] = deployment.texts(sent.reference_id)
    assert text["to"] == NUMBER
    assert text["body"].endswith("from Client")
    assert sent.message_id
    assert not sent.replayed
    assert not client.verify(NUMBER, sent.reference_id, "00000")
    assert client.verify(NUMBER, sent.reference_id, code_in(text))


def test_same_reference_id_again_is_a_replay(
    way: Way, deployment: Deployment, to_sandbox: Connect
) -> None:
    """The same message, and one text."""
    client = to_sandbox(way)
    first = client.send(NUMBER)

    again = client.send(NUMBER, reference_id=first.reference_id)

    assert (again.replayed, again.message_id) == (True, first.message_id)
    assert len(deployment.texts(first.reference_id)) == 1


def test_request_id_leads_to_the_log(way: Way, deployment: Deployment, to_sandbox: Connect) -> None:
    """Of a success and of a problem. By invoke, MiniStack gives another one than the function."""
    client = to_sandbox(way)

    sent = client.send(NUMBER)
    with pytest.raises(ReferenceIdReused) as raised:
        client.send(NUMBER, reference_id=sent.reference_id, code_length=8)

    log = deployment.log()
    assert sent.request_id
    assert sent.request_id in log or way.name == "invoke"
    assert raised.value.request_id
    assert raised.value.request_id in log


@pytest.mark.parametrize(
    ("last", "expected"),
    [("0101", OptedOut), ("0102", PermanentFailure), ("0107", DuplicateDestination)],
)
def test_final_failure_is_raised_at_once(
    way: Way, whole: Proxy, to_sandbox: Connect, last: str, expected: type[Problem]
) -> None:
    """One request, and the exception of its code."""
    client, before = to_sandbox(way, whole), whole.requests()

    with pytest.raises(expected) as raised:
        client.send(PREFIX + last, reference_id=f"final-{way.name}-{last}")

    assert type(raised.value) is expected
    assert raised.value.status == 422
    assert raised.value.reference_id == f"final-{way.name}-{last}"
    assert whole.requests() == before + 1


@pytest.mark.parametrize(("last", "expected"), [("0103", Throttled), ("0104", TemporaryFailure)])
def test_passing_failure_is_repeated_until_the_deadline(
    way: Way,
    whole: Proxy,
    to_sandbox: Connect,
    clock: VirtualClock,
    last: str,
    expected: type[Problem],
) -> None:
    """With the pauses that the service asks for, where it does; then it is raised."""
    client, before = to_sandbox(way, whole, clock=clock, deadline_seconds=12), whole.requests()

    with pytest.raises(expected):
        client.send(PREFIX + last)

    assert whole.requests() == before + len(clock.waits) + 1
    if way.name == "http":
        assert clock.waits == {"0103": [5, 5], "0104": [10]}[last]
    assert len(clock.waits) >= 1
    assert clock.now() < 12


@pytest.mark.parametrize("last", ["0105", "0106", "0109", "0110"])
def test_unknown_outcome_is_not_repeated(
    way: Way, whole: Proxy, to_sandbox: Connect, clock: VirtualClock, last: str
) -> None:
    """One request; asked later, the ReferenceId still says so."""
    client, before = to_sandbox(way, whole, clock=clock), whole.requests()

    with pytest.raises(OutcomeUnknown) as raised:
        client.send(PREFIX + last)

    assert type(raised.value) is OutcomeUnknown
    assert raised.value.status == 504
    assert (whole.requests(), clock.waits) == (before + 1, [])
    with pytest.raises(OutcomeUnknown) as again:
        client.send(PREFIX + last, reference_id=raised.value.reference_id)
    assert again.value.status == 409


def test_late_answer_is_waited_for_and_not_repeated(
    whole: Proxy, deployment: Deployment, to_sandbox: Connect
) -> None:
    """Pinpoint has texted, and answers too late for the service: one request each way."""
    clients, before = [to_sandbox(way, whole) for way in WAYS], whole.requests()

    def outcome(number: int) -> OutcomeUnknown:
        with pytest.raises(OutcomeUnknown) as raised:
            clients[number].send(f"{PREFIX}0108", reference_id=f"late-{number}")
        return raised.value

    with ThreadPoolExecutor(len(WAYS)) as threads:
        raised = list(threads.map(outcome, range(len(WAYS))))

    assert [type(error) for error in raised] == [OutcomeUnknown] * len(WAYS)
    assert whole.requests() == before + len(WAYS)
    assert [len(deployment.texts(f"late-{number}")) for number in range(len(WAYS))] == [1, 1]


def test_bad_fields_are_named_by_the_service(way: Way, to_sandbox: Connect) -> None:
    """The client has no rules of its own."""
    client = to_sandbox(way)

    with pytest.raises(InvalidRequest) as raised:
        client.send("0100", code_length=9, language=7)  # type: ignore[arg-type]  # as somebody might

    assert {error.pointer for error in raised.value.errors} == {
        *("/DestinationIdentity", "/CodeLength", "/Language"),
    }
    assert "0100" not in str(raised.value)


def test_wrong_function_is_understood(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda knows no such one."""
    options = aws_options(deployment.state)
    monkeypatch.setenv("AWS_ENDPOINT_URL", options["endpoint_url"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", options["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", options["aws_secret_access_key"])
    client = OtpClient(send_function="there-is-none")

    with pytest.raises(UnexpectedAnswer, match=r"status 404.*ResourceNotFoundException"):
        client.send(NUMBER)
