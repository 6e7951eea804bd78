"""The example of a login: what it says to whoever tries, and whom it texts."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from serverless_otp import (
    AccessDenied,
    DestinationNotAllowed,
    DuplicateDestination,
    FieldError,
    InProgress,
    InvalidRequest,
    Misconfigured,
    NoAnswer,
    NotSent,
    OptedOut,
    OtpClient,
    OtpError,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
    RejectedByPinpoint,
    SendingPaused,
    Sent,
    StoreUnavailable,
    Throttled,
    TooManyMessages,
    Verification,
)

from clients.python.examples.login import (
    MOST_REFUSED,
    MOST_RESENDS,
    SECONDS_BETWEEN_TEXTS,
    Answer,
    Attempt,
    Login,
    Say,
)
from clients.python.examples.store import InOneProcess, Store
from tests.support.at_once import AllReadFirst, at_once
from tests.support.deployment import Deployment, code_in
from tests.support.proxy import Proxy

from .clock import VirtualClock
from .conftest import Connect
from .scripted import NUMBER, WAYS

SENT = Answer(Say.SENT_IF_POSSIBLE, SECONDS_BETWEEN_TEXTS)
LATER = Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
WELCOME = Answer(Say.WELCOME, phone=NUMBER)
OTHER = "+12065550199"
WRONG, RIGHT = "000000", "123456"

# What becomes of a call: it succeeds, raises this, or this happens meanwhile.
Outcome = None | OtpError | Callable[[], object]


def may_pass(error: type[Problem]) -> Problem:
    """Make a problem that may be repeated."""
    return error(retryable=True, retry_after=60)


def bad(field: str) -> InvalidRequest:
    """Make the problem of a field."""
    error = InvalidRequest()
    error.errors = (FieldError(field, "No."),)
    return error


class Fake:
    """A client whose calls end as a test says, and then well.

    Attributes:
        outcomes: of the next calls.
        refusal: what every other send raises.
        texted: the numbers that got a text.
        sent: the ReferenceIds of all sends.
        verified: those of all verifications.

    """

    def __init__(self, *outcomes: Outcome, refusal: Problem | None = None) -> None:
        self.outcomes = list(outcomes)
        self.refusal = refusal
        self.texted: list[str] = []
        self.sent: list[str] = []
        self.verified: list[str] = []

    def send(self, destination: str, *, reference_id: str) -> Sent:
        """Send a text."""
        self.sent.append(reference_id)
        self._next()
        if self.refusal:
            raise self.refusal
        self.texted.append(destination)
        return Sent(reference_id, None, replayed=False, request_id=None)

    def verify(self, _phone: str, reference_id: str, code: str) -> Verification:
        """Find every code right but one."""
        self.verified.append(reference_id)
        self._next()
        return Verification(valid=code != WRONG, request_id=None)

    def _next(self) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, OtpError):
            raise outcome
        if outcome:
            outcome()


class Person:
    """Logs in by a phone alone, unless it is a second factor.

    Attributes:
        login: the example.
        clock: passes when the person waits.

    """

    def __init__(
        self, client: object, attempts: Store[Attempt] | None = None, *, phone_alone: bool = True
    ) -> None:
        self.clock = VirtualClock()
        self.attempts = attempts or InOneProcess[Attempt]()
        self.login = Login(
            cast("OtpClient", client),
            self.attempts,
            phone_alone=phone_alone,
            now=self.clock.wall,
        )

    def ask(self, phone: str = NUMBER) -> Answer:
        """Ask for a code."""
        return self.login.request_code("session", phone)

    def resend(self) -> Answer:
        """Ask for another one, when the button can be seen again."""
        self.pause()
        return self.login.resend("session")

    def type_in(self, code: str = RIGHT) -> Answer:
        """Type a code in."""
        return self.login.verify("session", code)

    def pause(self) -> None:
        """Wait until the button can be seen again."""
        self.clock.advance(SECONDS_BETWEEN_TEXTS)


@pytest.fixture
def fake() -> Fake:
    """Have a service that sends."""
    return Fake()


@pytest.fixture
def person(fake: Fake) -> Person:
    """Have somebody who logs in with it."""
    return Person(fake)


@pytest.fixture
def broken(proxy: Proxy) -> Iterator[Proxy]:
    """Give a way to the service that can be broken, and mend it."""
    yield proxy
    proxy.break_by()


def test_code_on_the_phone_logs_in_once(
    deployment: Deployment, broken: Proxy, to_sandbox: Connect
) -> None:
    """At the deployed service, of which the first answer is lost: asked again, it texts once."""
    attempts = InOneProcess[Attempt]()
    person = Person(to_sandbox(WAYS[0], broken, clock=VirtualClock()), attempts)

    def code() -> str:
        attempt = attempts.get("session")
        assert attempt
        [text] = deployment.texts(attempt.unanswered or attempt.reference_id)
        return code_in(text)

    broken.break_by({"service": "*", "response": {"abort_bytes": 0}})
    assert person.ask() == SENT
    broken.break_by()
    lost = code()
    assert person.resend() == SENT
    assert code() == lost
    assert person.resend() == SENT

    assert [person.type_in(typed).say for typed in ("abc", lost)] == [Say.WRONG_CODE] * 2
    assert person.type_in(code()) == WELCOME
    assert person.type_in(lost).say is Say.START_OVER


@pytest.mark.parametrize(
    ("first", "second", "said", "same", "counts"),
    [
        (None, None, SENT, False, 1),
        # Nobody told the outcome: asked about again, whatever comes, it is the same text.
        (NoAnswer(), None, SENT, True, 1),
        (may_pass(InProgress), None, SENT, True, 1),
        (may_pass(InProgress), may_pass(Throttled), LATER, True, 0),
        (may_pass(InProgress), may_pass(StoreUnavailable), LATER, True, 0),
        # The person says that none came.
        (OutcomeUnknown(), None, SENT, False, 1),
        # Certainly no new text went out, so the old one is the latest.
        (None, may_pass(TooManyMessages), SENT, False, 0),
    ],
)
def test_resend_is_a_new_text_unless_the_outcome_of_the_last_is_open(
    first: Outcome, second: Outcome, said: Answer, *, same: bool, counts: int
) -> None:
    """And the code of the latest text counts."""
    fake = Fake(first, second)
    person = Person(fake)
    assert person.ask() == SENT

    assert person.resend() == said
    assert person.type_in() == WELCOME

    assert (fake.sent[0] == fake.sent[1]) is same
    assert fake.verified == [fake.sent[counts]]


@pytest.mark.parametrize("outcome", [NoAnswer(), OutcomeUnknown(), may_pass(InProgress)], ids=repr)
def test_code_of_a_text_whose_outcome_nobody_knows_logs_in(outcome: OtpError) -> None:
    """Nobody has to ask again."""
    fake = Fake(outcome)
    person = Person(fake)
    person.ask()

    assert person.type_in() == WELCOME
    assert fake.verified == fake.sent


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (may_pass(Throttled), Say.LATER),
        (NotSent(), Say.LATER),
        (DestinationNotAllowed(), Say.NOT_SUCH_A_NUMBER),
        (bad("/DestinationIdentity"), Say.NOT_SUCH_A_NUMBER),
    ],
)
def test_what_tells_of_no_person_is_said(error: OtpError, say: Say) -> None:
    """That it is no number, a country without texts, or a bad moment; another number is tried."""
    person = Person(Fake(error))

    assert person.ask(OTHER).say is say
    assert person.type_in().say is Say.START_OVER
    assert person.ask() == SENT


@pytest.mark.parametrize("error", [Misconfigured(), AccessDenied(), bad("/Language")], ids=repr)
def test_what_no_person_can_mend_is_raised(error: Problem) -> None:
    """For the log, and whoever is on call."""
    asking, typing = Person(Fake(error)), Person(Fake(None, error))
    typing.ask()

    with pytest.raises(type(error)):
        asking.ask()
    with pytest.raises(type(error)):
        typing.type_in()


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (bad("/Otp"), Say.WRONG_CODE),
        (OutcomeUnknown(), Say.CODE_AGAIN),
        (may_pass(Throttled), Say.CODE_AGAIN),
        (NotSent(), Say.CODE_AGAIN),
    ],
)
def test_verification_that_failed_is_tried_again(error: OtpError, say: Say) -> None:
    """By the person, who still has the code."""
    person = Person(Fake(None, error))
    person.ask()

    assert person.type_in().say is say
    assert person.type_in() == WELCOME


def dialogue(refusal: Problem | None) -> list[Answer]:
    """Give all that somebody hears who tries a number until there is nothing more to hear."""
    person = Person(Fake(refusal=refusal))
    said = []
    for _ in range(MOST_RESENDS + 2):
        said += [person.ask(), person.type_in(WRONG), person.login.resend("session")]
        person.pause()
    return said


@pytest.mark.parametrize(
    "refusal",
    [
        OptedOut(),
        PermanentFailure(),
        DuplicateDestination(),
        RejectedByPinpoint(),
        TooManyMessages(retryable=True, retry_after=777),
    ],
    ids=repr,
)
def test_nothing_tells_whether_a_number_was_texted(refusal: Problem) -> None:
    """The sentences, the waits and their end are those of a number that got every text."""
    assert dialogue(refusal) == dialogue(None)


def test_resend_waits_and_ends(person: Person) -> None:
    """Half a minute between two texts, and not for ever; asking from the start is no way round."""
    person.ask()
    assert person.login.resend("session") == Answer(Say.LATER, SECONDS_BETWEEN_TEXTS + 1)
    for _ in range(MOST_RESENDS):
        person.pause()
        assert person.ask() == SENT

    assert person.resend().say is Say.TOO_MANY


def test_another_number_does_not_shorten_the_pause(fake: Fake, person: Person) -> None:
    """Two numbers in turn, at one instant: one text."""
    said = [person.ask(phone).say for phone in [NUMBER, OTHER] * 3]

    assert said == [Say.SENT_IF_POSSIBLE] + [Say.LATER] * 5
    assert fake.texted == [NUMBER]


def test_another_number_does_not_begin_to_count_anew(fake: Fake, person: Person) -> None:
    """Two numbers in turn, with pauses: as many texts as one number gets."""
    for phone in [NUMBER, OTHER] * 3:
        answer = person.ask(phone)
        person.pause()

    assert answer.say is Say.TOO_MANY
    assert len(fake.texted) == 1 + MOST_RESENDS


def test_twenty_requests_at_once_are_one_text(fake: Fake) -> None:
    """All read before one writes; whoever could not write texts nobody."""
    said = at_once(20, Person(fake, AllReadFirst(20)).ask)

    assert fake.texted == [NUMBER]
    assert (said.count(SENT), said.count(LATER)) == (1, 19)


def test_number_of_ones_own_buys_no_more_texts(fake: Fake, person: Person) -> None:
    """A right code ends the attempt, and not its counts."""
    for _ in range(MOST_RESENDS + 2):
        person.ask()
        person.type_in()
        person.pause()

    assert len(fake.texted) == 1 + MOST_RESENDS


def test_refused_requests_end(fake: Fake, person: Person) -> None:
    """They are no texts, and have a budget of their own."""
    fake.refusal = SendingPaused(retryable=True)
    for _ in range(MOST_REFUSED):
        assert person.ask() == LATER
    fake.refusal = None

    assert person.ask().say is Say.TOO_MANY
    assert fake.texted == []


def test_second_factor_is_the_number_that_it_began_with(fake: Fake) -> None:
    """Whoever has the password cannot have the code sent to a phone of theirs."""
    person = Person(fake, phone_alone=False)
    person.ask()
    person.pause()

    assert person.ask(OTHER).say is Say.START_OVER
    assert person.resend() == SENT
    assert fake.texted == [NUMBER, NUMBER]


def test_no_sentence_asks_for_a_number() -> None:
    """As a second factor there is one, and it is known."""
    sentences = [say.value.lower() for say in Say]
    asking = ("another one", "another number", "phone number", "opted")
    assert [text for text in sentences if any(words in text for words in asking)] == []


@pytest.mark.parametrize("outage", [may_pass(SendingPaused), NotSent()], ids=repr)
def test_outage_locks_nobody_out(fake: Fake, person: Person, outage: OtpError) -> None:
    """Nothing was texted, so it is not counted as one; how long the outage lasts is not said."""
    for _ in range(MOST_RESENDS + 2):
        fake.outcomes = [outage]
        assert person.ask() == LATER

    assert person.login.resend("session") == SENT


def test_late_outcome_does_not_bring_its_number_back(fake: Fake, person: Person) -> None:
    """A send lasts so long that the person asks with another number meanwhile."""

    def meanwhile() -> None:
        person.pause()
        assert person.ask(OTHER) == SENT

    fake.outcomes = [meanwhile]
    person.ask()

    assert person.type_in() == Answer(Say.WELCOME, phone=OTHER)


def test_number_that_is_told_was_verified(fake: Fake, person: Person) -> None:
    """Not the one that was asked for while the code was looked at."""
    person.ask()
    person.pause()
    fake.outcomes = [lambda: person.ask(OTHER)]

    assert person.type_in() == WELCOME
