"""The example of a login, as somebody uses it: against the deployed service, over a broken way."""

from collections.abc import Iterator

import pytest
from serverless_otp import (
    AccessDenied,
    DestinationNotAllowed,
    InProgress,
    Misconfigured,
    OptedOut,
    PermanentFailure,
    SendingPaused,
)

from clients.python.examples.login import (
    MOST_RESENDS,
    SECONDS_BETWEEN_TEXTS,
    Answer,
    Attempt,
    Login,
    Say,
)
from tests.e2e.deployment import Deployment, code_in
from tests.proxy import Proxy

from .clock import VirtualClock
from .conftest import Connect, connect
from .scripted import MESSAGE, NUMBER, Http, Scripted, problem

HTTP = Http()
SENT = Answer(Say.SENT, SECONDS_BETWEEN_TEXTS)
MAYBE_SENT = Answer(Say.MAYBE_SENT, SECONDS_BETWEEN_TEXTS)


class Person:
    """Logs in, with a phone.

    Attributes:
        login: the example.
        attempts: what it keeps.

    """

    def __init__(self, login: Login, attempts: dict[str, Attempt], deployment: Deployment) -> None:
        self.login = login
        self.attempts = attempts
        self._deployment = deployment

    def codes(self, *reference_ids: str | None) -> list[str]:
        """Read the phone: the codes of these texts."""
        return [
            code_in(text)
            for reference_id in reference_ids
            for text in self._deployment.texts(reference_id)
        ]

    def attempt(self) -> Attempt:
        """Look at what is kept."""
        return self.attempts["session"]


@pytest.fixture
def broken(proxy: Proxy) -> Iterator[Proxy]:
    """Give a way to the service that can be broken, and mend it."""
    proxy.break_by()
    yield proxy
    proxy.break_by()


@pytest.fixture
def person(
    deployment: Deployment, broken: Proxy, to_sandbox: Connect, clock: VirtualClock
) -> Person:
    """Have somebody who wants to log in."""
    attempts: dict[str, Attempt] = {}
    client = to_sandbox(HTTP, broken, clock=clock)
    return Person(Login(client, attempts, clock.wall), attempts, deployment)


@pytest.fixture
def login(scripted: Scripted, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> Login:
    """Give a login whose service says what a test wants."""
    return Login(connect(HTTP, scripted.url, monkeypatch, clock=clock), {}, clock.wall)


def test_code_logs_in_once(person: Person) -> None:
    """Request, a wrong code, the right one; then it is over."""
    assert person.login.request_code("session", NUMBER) == SENT
    [code] = person.codes(person.attempt().reference_id)

    assert person.login.verify("session", "00000").say is Say.WRONG_CODE
    assert person.login.verify("session", code).say is Say.WELCOME
    assert person.login.verify("session", code).say is Say.START_OVER


def test_what_is_no_code_is_a_wrong_code(person: Person) -> None:
    """The service names the field."""
    person.login.request_code("session", NUMBER)

    assert person.login.verify("session", "abc").say is Say.WRONG_CODE


def test_resend_is_a_new_text_and_its_code_counts(person: Person, clock: VirtualClock) -> None:
    """A new ReferenceId; the first code is none any more."""
    person.login.request_code("session", NUMBER)
    first = person.attempt().reference_id
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert person.login.resend("session") == SENT

    second = person.attempt().reference_id
    assert first != second
    old, new = person.codes(first, second)
    assert person.login.verify("session", old).say is Say.WRONG_CODE
    assert person.login.verify("session", new).say is Say.WELCOME


def test_resend_waits_and_ends(person: Person, clock: VirtualClock) -> None:
    """Half a minute between two texts, and not for ever; asking from the start is no way round."""
    person.login.request_code("session", NUMBER)
    assert person.login.resend("session") == Answer(Say.LATER, SECONDS_BETWEEN_TEXTS + 1)
    for _ in range(MOST_RESENDS):
        clock.advance(SECONDS_BETWEEN_TEXTS)
        assert person.login.request_code("session", NUMBER) == SENT
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert person.login.resend("session").say is Say.TOO_MANY


def test_lost_answer_keeps_its_reference_id(
    person: Person, broken: Proxy, clock: VirtualClock
) -> None:
    """The text is on the phone, and its code logs in; asked about again, there is no second one."""
    broken.break_by({"service": "*", "response": {"abort_bytes": 0}})
    assert person.login.request_code("session", NUMBER) == MAYBE_SENT
    broken.break_by()
    lost = person.attempt().unanswered
    assert lost

    clock.advance(SECONDS_BETWEEN_TEXTS)
    assert person.login.resend("session") == SENT

    assert person.attempt().reference_id == lost
    assert person.attempt().unanswered is None
    [code] = person.codes(lost)
    assert person.login.verify("session", code).say is Say.WELCOME


def test_code_of_a_lost_answer_logs_in(person: Person, broken: Proxy) -> None:
    """Nobody has to ask again."""
    broken.break_by({"service": "*", "response": {"abort_bytes": 0}})
    person.login.request_code("session", NUMBER)
    broken.break_by()
    [code] = person.codes(person.attempt().unanswered)

    assert person.login.verify("session", code).say is Say.WELCOME


def test_unknown_outcome_asks_the_person(person: Person, clock: VirtualClock) -> None:
    """A text may have come: its code counts. If none did, the next one is a new ReferenceId."""
    texted_and_lost = "+12065550109"
    assert person.login.request_code("session", texted_and_lost) == MAYBE_SENT
    first = person.attempt().reference_id
    [code] = person.codes(first)
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert person.login.resend("session") == MAYBE_SENT

    second = person.attempt().reference_id
    assert first
    assert second
    assert first != second
    [new] = person.codes(second)
    assert person.login.verify("session", code).say is Say.WRONG_CODE
    assert person.login.verify("session", new).say is Say.WELCOME


@pytest.mark.parametrize(
    ("phone", "say"),
    [
        ("+12065550101", Say.OPTED_OUT),
        ("+12065550102", Say.NOT_THIS_NUMBER),
        ("+12065550103", Say.LATER),
        ("+4915112345678", Say.NOT_THIS_NUMBER),
        ("0206 555 0100", Say.NOT_THIS_NUMBER),
    ],
)
def test_number_that_gets_no_text_is_told_so(person: Person, phone: str, say: Say) -> None:
    """And there is no code to verify."""
    assert person.login.request_code("session", phone).say is say
    assert person.login.verify("session", "123456").say is Say.START_OVER


def test_too_many_messages_says_when_to_come_again(person: Person) -> None:
    """The sixth text to a number in ten minutes, for whom has other sessions."""
    phone = "+12064440177"
    said = [person.login.request_code(f"session {number}", phone) for number in range(6)]

    assert [answer.say for answer in said] == [Say.SENT] * 5 + [Say.TOO_MANY]
    assert 0 < said[-1].wait_seconds <= 600


def test_refused_resend_leaves_the_code_before_it(
    scripted: Scripted, login: Login, clock: VirtualClock
) -> None:
    """Certainly no new text went out, so the old one is the latest."""
    scripted.says(
        HTTP.success(MESSAGE),
        HTTP.problem(problem("TooManyMessages", 429, retryable=True), retry_after=300),
        HTTP.success({"VerificationResponse": {"Valid": True}}),
    )
    login.request_code("session", NUMBER)
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert login.resend("session") == Answer(Say.TOO_MANY, 300)
    assert login.verify("session", "123456").say is Say.WELCOME

    first, _, verified = (asked.json()["ReferenceId"] for asked in scripted.asked)
    assert verified == first


@pytest.mark.parametrize(
    ("code", "say"),
    [
        (SendingPaused, Say.LATER),
        (DestinationNotAllowed, Say.NOT_THIS_NUMBER),
        (PermanentFailure, Say.NOT_THIS_NUMBER),
        (OptedOut, Say.OPTED_OUT),
    ],
)
def test_refusal_is_said_in_words(
    scripted: Scripted, login: Login, code: type[Exception], say: Say
) -> None:
    """Of the person's, not of the service's."""
    retryable = code is SendingPaused
    scripted.says(HTTP.problem(problem(code.__name__, 403, retryable=retryable), retry_after=60))

    assert login.request_code("session", NUMBER).say is say


def test_request_that_is_still_running_is_asked_about_again(
    scripted: Scripted, login: Login, clock: VirtualClock
) -> None:
    """With its ReferenceId."""
    running = problem(InProgress.__name__, 409, retryable=True)
    scripted.says(HTTP.problem(running, retry_after=60), HTTP.success(MESSAGE))
    assert login.request_code("session", NUMBER) == MAYBE_SENT
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert login.resend("session") == SENT

    assert len({asked.body for asked in scripted.asked}) == 1


@pytest.mark.parametrize("code", [Misconfigured, AccessDenied])
def test_what_no_person_can_mend_is_raised(
    scripted: Scripted, login: Login, code: type[Exception]
) -> None:
    """For the log, and whoever is on call."""
    scripted.says(HTTP.problem(problem(code.__name__, 500)))

    with pytest.raises(code):
        login.request_code("session", NUMBER)


@pytest.mark.parametrize("code", ["OutcomeUnknown", "Throttled"])
def test_verification_that_was_not_answered_is_tried_again(
    scripted: Scripted, login: Login, code: str
) -> None:
    """By the person, who still has the code."""
    retryable = code == "Throttled"
    scripted.says(
        HTTP.success(MESSAGE),
        HTTP.problem(problem(code, 503, retryable=retryable), retry_after=60),
        HTTP.success({"VerificationResponse": {"Valid": True}}),
    )
    login.request_code("session", NUMBER)

    assert login.verify("session", "123456").say is Say.CODE_AGAIN
    assert login.verify("session", "123456").say is Say.WELCOME


def test_another_number_is_another_attempt(person: Person) -> None:
    """Whoever mistyped begins again."""
    person.login.request_code("session", "+12065550102")

    assert person.login.request_code("session", NUMBER) == SENT
    assert person.attempt().phone == NUMBER
