"""Which requests the client retries, when, and until when."""

import logging
import time
from typing import Any

import pytest
import serverless_otp as otp
from serverless_otp import NoAnswer, OtpClient

from sandbox.servers import free_port

from .conftest import Ask, Connect, send, verify
from .scripted import MESSAGE, NUMBER, VERIFIED, Reply, Said, Scripted, Way, problem


def retryable(code: str, status: int) -> dict[str, Any]:
    """Make a retryable problem."""
    return problem(code, status, retryable=True)


THROTTLED = retryable("Throttled", 429)
DROPPED = Reply(how="dropped")
LOST = {
    "dropped": DROPPED,
    "cut": Reply(body=b'{"MessageResponse": {}}' * 9, how="cut", headers={"Content-Type": "x"}),
    "no JSON": Reply(body=b'{"Mess', headers={"Content-Type": "application/json"}),
    "502 of nobody": Reply(502, b"<html>"),
    "503 of nobody": Reply(503, b'{"message": "x"}'),
}
# How many requests fit before the deadline.
MANY = range(6, 40)

#: Operation, answers (the last one repeats), exception, and number of requests.
CASES: dict[str, tuple[Ask, list[Said], type[otp.OtpError] | None, Any]] = {
    "a problem that may pass": (send, [THROTTLED, retryable("Unavailable", 503), MESSAGE], None, 3),
    "a code that is new": (send, [retryable("New", 418), MESSAGE], None, 2),
    "a problem that may pass, of a verify": (verify, [THROTTLED, VERIFIED], None, 2),
    "a code that is new, and final": (send, [problem("New", 418)], otp.Problem, 1),
    "a status that may, a problem not": (send, [problem("Throttled", 429)], otp.Throttled, 1),
    "until the deadline": (send, [(THROTTLED, 8)], otp.Throttled, 4),
    # A retry at the deadline would turn a certain "not sent" into "unknown".
    "with hardly any time left": (send, [THROTTLED, (THROTTLED, 29)], otp.Throttled, 2),
    "InProgress, for ever": (send, [retryable("InProgress", 409)], otp.InProgress, MANY),
    # The client does not wait for an hour.
    "a limit": (send, [(retryable("TooManyMessages", 429), 3600)], otp.TooManyMessages, 1),
    # Never retried, even if the problem says it can be.
    "unknown": (send, [(retryable("OutcomeUnknown", 504), 1)], otp.OutcomeUnknown, 1),
    # A retried send never texts twice; a retried verify could use another attempt.
    **{
        f"{name}, then there": (send, [lost, lost, MESSAGE], None, 3) for name, lost in LOST.items()
    },
    "dropped, for ever": (send, [DROPPED], NoAnswer, MANY),
    **{f"{name}, of a verify": (verify, [lost], NoAnswer, 1) for name, lost in LOST.items()},
    # After a lost answer, a later refusal counts only if it also rules out the first attempt.
    "dropped, then somebody else's": (send, [DROPPED, Reply(404, b"{}")], NoAnswer, 2),
    **{
        f"dropped, then {said['code']}": (send, [DROPPED, said], raised, count)
        for said, raised, count in (
            (THROTTLED, NoAnswer, MANY),
            (retryable("InProgress", 409), NoAnswer, MANY),
            (retryable("StoreUnavailable", 503), NoAnswer, MANY),
            (problem("AccessDenied", 403), NoAnswer, 2),
            (problem("New", 418), NoAnswer, 2),
            # The lost attempt may still begin, and find the ReferenceId free.
            (retryable("TemporaryFailure", 503), NoAnswer, MANY),
            (retryable("Unavailable", 503), NoAnswer, MANY),
            (retryable("TooManyMessages", 429), NoAnswer, MANY),
            (retryable("SendingPaused", 503), NoAnswer, MANY),
            (problem("OptedOut", 422), otp.OptedOut, 2),
            (problem("DestinationNotAllowed", 403), otp.DestinationNotAllowed, 2),
            (problem("OutcomeUnknown", 409), otp.OutcomeUnknown, 2),
        )
    },
}


@pytest.mark.parametrize(("ask", "said", "raised", "count"), CASES.values(), ids=CASES)
def test_retries(
    scripted: Scripted,
    client: OtpClient,
    ask: Ask,
    said: list[Said],
    raised: type[otp.OtpError] | None,
    count: Any,
) -> None:
    """Retries have the same body and end before the deadline; errors name the ReferenceId."""
    scripted.says(*said)

    error = None
    try:
        ask(client)
    except otp.OtpError as problem:
        error = problem

    assert type(error) is (raised or type(None))
    assert error is None or error.reference_id == "mine"
    assert len(scripted.asked) in (count if count is MANY else [count])
    assert len(scripted.asked) == len(scripted.clock.waits) + 1
    assert len({asked.body for asked in scripted.asked}) == 1
    assert scripted.clock.now() < 30
    assert count is not MANY or scripted.clock.now() > 20


def test_retry_after_is_honoured(scripted: Scripted, client: OtpClient) -> None:
    """The wait comes from the header over HTTP and from the document by invoke."""
    scripted.says((THROTTLED, 7), (THROTTLED, 3), MESSAGE)

    client.send(NUMBER)

    assert scripted.clock.waits == [7, 3]


def test_waits_grow_without_retry_after(scripted: Scripted, client: OtpClient) -> None:
    """Waits double up to eight seconds, with jitter."""
    scripted.says(THROTTLED)

    with pytest.raises(otp.Throttled):
        client.send(NUMBER)

    for wait, longest in zip(scripted.clock.waits, (0.5, 1, 2, 4, 8, 8, 8), strict=False):
        assert longest / 2 <= wait <= longest
    assert all(wait != round(wait, 3) for wait in scripted.clock.waits)


@pytest.mark.parametrize("ask", [send, verify])
def test_failed_connection_is_retried(scripted: Scripted, connect: Connect, ask: Ask) -> None:
    """Nothing was sent, so even a verify is retried; the error says so."""
    host = f"127.0.0.1:{free_port()}"
    client = connect(f"http://{host}")

    with pytest.raises(otp.NotSent, match=f"no connection to {host}, so the request was") as raised:
        ask(client)

    assert raised.value.reference_id == "mine"
    assert len(scripted.clock.waits) > 5


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        *((one, "There was no connection to {}") for one in ("", "user:secret@", "user:s@cret@")),
        *((one, "The URL of {} is invalid") for one in ("user:sec/ret@", "user:sec#ret@")),
    ],
)
def test_connection_error_names_the_proxy_without_its_credentials(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, credentials: str, said: str
) -> None:
    """The proxy may be the cause; its URL contains a password."""
    proxy = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv("http_proxy", f"http://{credentials}{proxy}")

    with pytest.raises(otp.NotSent) as raised:
        verify(connect("http://otp.localhost"))

    way = f"otp.localhost through the proxy {proxy}"
    assert str(raised.value).startswith(f"{said.format(way)}, so ")
    assert "user" not in str(raised.value)
    assert "ret" not in str(raised.value)


@pytest.mark.parametrize(("ask", "said"), [(send, []), (verify, []), (send, [(THROTTLED, 29)])])
def test_missing_answer_ends_at_the_deadline(
    scripted: Scripted, connect: Connect, ask: Ask, said: list[Said]
) -> None:
    """By a real clock: an attempt's timeout shrinks to the time that is left."""
    client = connect(**({} if said else {"clock": None, "deadline_seconds": 0.3}))
    scripted.says(*said, Reply(how="never"))
    started = time.monotonic()

    with pytest.raises(NoAnswer):
        ask(client)

    assert time.monotonic() - started < 5


def test_every_send_has_a_new_reference_id(scripted: Scripted, client: OtpClient) -> None:
    """A given ReferenceId is used as it is."""
    scripted.says(MESSAGE)

    sent = [client.send(NUMBER), client.send(NUMBER), client.send(NUMBER, reference_id="mine")]

    ids = [asked.fields["ReferenceId"] for asked in scripted.asked]
    assert ids == [one.reference_id for one in sent]
    assert (len({*ids}), ids[-1]) == (3, "mine")


def test_log_has_every_attempt_and_no_number(
    way: Way, scripted: Scripted, client: OtpClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Only botocore's debug log holds the payload of an invoke, as the README warns."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="botocore")  # which the functions quieten
    scripted.says(THROTTLED, problem("AccessDenied", 403))

    with pytest.raises(otp.AccessDenied):
        client.verify(NUMBER, "mine", "123456")

    said = [record.getMessage() for record in caplog.records if record.name == "serverless_otp"]
    assert said == [
        "reference_id='mine' attempt=1 code=Throttled",
        "reference_id='mine' attempt=2 code=AccessDenied",
    ]
    assert (NUMBER in caplog.text) is (way is Way.LAMBDA)
