"""The example of a login, as somebody uses it: against the deployed service, over a broken way."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from serverless_otp import (
    AccessDenied,
    DuplicateDestination,
    InProgress,
    Misconfigured,
    NotSent,
    OptedOut,
    OtpClient,
    PermanentFailure,
    Problem,
    RejectedByPinpoint,
    SendingPaused,
    Sent,
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
from .conftest import Connect, connect
from .scripted import MESSAGE, NUMBER, Http, Scripted, problem

HTTP = Http()
SENT = Answer(Say.SENT_IF_POSSIBLE, SECONDS_BETWEEN_TEXTS)
LATER = Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)


class Person:
    """Logs in, with a phone.

    Attributes:
        login: the example.
        attempts: what it keeps.

    """

    def __init__(
        self, login: Login, attempts: InOneProcess[Attempt], deployment: Deployment
    ) -> None:
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
        attempt = self.attempts.get("session")
        assert attempt
        return attempt


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
    attempts = InOneProcess[Attempt]()
    client = to_sandbox(HTTP, broken, clock=clock)
    login = Login(client, attempts, phone_alone=True, now=clock.wall)
    return Person(login, attempts, deployment)


WRONG = "000000"


class Fake:
    """A client whose sends go as a test says.

    Attributes:
        during: happens in the next send, which may raise what it raises.
        refusal: what every send raises.
        texted: the numbers that got a text.

    """

    def __init__(self, refusal: Problem | None = None) -> None:
        self.refusal = refusal
        self.during: Callable[[], object] = lambda: None
        self.texted: list[str] = []

    def send(self, destination: str, *, reference_id: str) -> Sent:
        """Send a text."""
        during, self.during = self.during, lambda: None
        during()
        if self.refusal:
            raise self.refusal
        self.texted.append(destination)
        return Sent(reference_id, None, replayed=False, request_id=None)

    def verify(self, _phone: str, _reference_id: str, code: str) -> Verification:
        """Find every code right but one."""
        during, self.during = self.during, lambda: None
        during()
        return Verification(valid=code != WRONG, request_id=None)


@pytest.fixture
def fake() -> Fake:
    """Have a service that sends."""
    return Fake()


@pytest.fixture
def faked(fake: Fake, clock: VirtualClock) -> Login:
    """Give a login by phone alone with it."""
    return by_phone_alone(fake, InOneProcess(), clock)


def by_phone_alone(fake: Fake, attempts: Store[Attempt], clock: VirtualClock) -> Login:
    """Make a login."""
    return Login(cast("OtpClient", fake), attempts, phone_alone=True, now=clock.wall)


def no_connection() -> None:
    """Fail as without a connection."""
    raise NotSent


@pytest.fixture
def login(scripted: Scripted, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> Login:
    """Give a login whose service says what a test wants."""
    client = connect(HTTP, scripted.url, monkeypatch, clock=clock)
    return Login(client, InOneProcess(), now=clock.wall)


def test_code_logs_in_once(person: Person) -> None:
    """Request, a wrong code, the right one; then it is over."""
    assert person.login.request_code("session", NUMBER) == SENT
    [code] = person.codes(person.attempt().reference_id)

    assert person.login.verify("session", "00000").say is Say.WRONG_CODE
    assert person.login.verify("session", code) == Answer(Say.WELCOME, phone=NUMBER)
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
    assert person.login.request_code("session", NUMBER) == SENT
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
    assert person.login.request_code("session", texted_and_lost) == SENT
    first = person.attempt().reference_id
    [code] = person.codes(first)
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert person.login.resend("session") == SENT

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
        ("+12065550103", Say.LATER),
        ("+4915112345678", Say.NOT_SUCH_A_NUMBER),
        ("0206 555 0100", Say.NOT_SUCH_A_NUMBER),
    ],
)
def test_what_tells_of_no_person_is_said(person: Person, phone: str, say: Say) -> None:
    """That it is no number, a country without texts, or a bad moment."""
    assert person.login.request_code("session", phone).say is say
    assert person.login.verify("session", "123456").say is Say.START_OVER


@pytest.mark.parametrize("phone", [f"+1206555{last}" for last in ("0101", "0102", "0107", "0111")])
def test_number_that_gets_no_text_is_like_any_other(person: Person, phone: str) -> None:
    """It opted out, cannot be reached, is a duplicate: neither text nor code tell."""
    assert person.login.request_code("session", phone) == SENT
    assert person.login.verify("session", "123456").say is Say.WRONG_CODE


def test_number_over_its_limit_is_like_any_other(person: Person) -> None:
    """The sixth text to a number in ten minutes: whether, and when, somebody else was texted."""
    phone = "+12064440177"
    said = [person.login.request_code(f"session {number}", phone) for number in range(6)]

    assert said == [SENT] * 6
    assert person.login.verify("session 5", "123456").say is Say.WRONG_CODE


def dialogue(refusal: Problem | None) -> list[Answer]:
    """Give all that somebody hears who tries a number until there is nothing more to hear."""
    clock = VirtualClock()
    login = by_phone_alone(Fake(refusal), InOneProcess(), clock)
    said = []
    for _ in range(MOST_RESENDS + 2):
        said += [
            login.request_code("session", NUMBER),
            login.verify("session", WRONG),
            login.resend("session"),
        ]
        clock.advance(SECONDS_BETWEEN_TEXTS)
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

    assert login.resend("session") == SENT
    assert login.verify("session", "123456").say is Say.WELCOME

    first, _, verified = (asked.json()["ReferenceId"] for asked in scripted.asked)
    assert verified == first


def test_request_that_is_still_running_is_asked_about_again(
    scripted: Scripted, login: Login, clock: VirtualClock
) -> None:
    """With its ReferenceId."""
    running = problem(InProgress.__name__, 409, retryable=True)
    scripted.says(HTTP.problem(running, retry_after=60), HTTP.success(MESSAGE))
    assert login.request_code("session", NUMBER) == SENT
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
    """Whoever mistyped begins again, without a pause."""
    person.login.request_code("session", "0206 555 0100")

    assert person.login.request_code("session", NUMBER) == SENT
    assert person.attempt().phone == NUMBER


OTHER = "+12065550199"


def test_another_number_does_not_shorten_the_pause(fake: Fake, faked: Login) -> None:
    """Two numbers in turn, at one instant: one text."""
    said = [faked.request_code("session", phone).say for phone in [NUMBER, OTHER] * 3]

    assert said == [Say.SENT_IF_POSSIBLE] + [Say.LATER] * 5
    assert fake.texted == [NUMBER]


def test_another_number_does_not_begin_to_count_anew(
    fake: Fake, faked: Login, clock: VirtualClock
) -> None:
    """Two numbers in turn, with pauses: as many texts as one number gets."""
    for phone in [NUMBER, OTHER] * 3:
        answer = faked.request_code("session", phone)
        clock.advance(SECONDS_BETWEEN_TEXTS)

    assert answer.say is Say.TOO_MANY
    assert len(fake.texted) == 1 + MOST_RESENDS


def test_twenty_requests_at_once_are_one_text(fake: Fake, clock: VirtualClock) -> None:
    """All read before one writes; whoever could not write texts nobody."""
    login = by_phone_alone(fake, AllReadFirst(20), clock)

    said = at_once(20, lambda: login.request_code("session", NUMBER))

    assert fake.texted == [NUMBER]
    assert said.count(SENT) == 1
    assert said.count(LATER) == 19


def test_number_of_ones_own_buys_no_more_texts(
    fake: Fake, faked: Login, clock: VirtualClock
) -> None:
    """A right code ends the attempt, and not its counts."""
    for _ in range(MOST_RESENDS + 2):
        faked.request_code("session", NUMBER)
        faked.verify("session", "123456")
        clock.advance(SECONDS_BETWEEN_TEXTS)

    assert len(fake.texted) == 1 + MOST_RESENDS


def test_refused_requests_end(fake: Fake, faked: Login) -> None:
    """They are no texts, and have a budget of their own."""
    fake.refusal = SendingPaused(retryable=True)
    for _ in range(MOST_REFUSED):
        assert faked.request_code("session", NUMBER) == LATER
    fake.refusal = None

    assert faked.request_code("session", NUMBER).say is Say.TOO_MANY
    assert fake.texted == []


def test_second_factor_is_the_number_that_it_began_with(fake: Fake, clock: VirtualClock) -> None:
    """Whoever has the password cannot have the code sent to a phone of theirs."""
    login = Login(cast("OtpClient", fake), InOneProcess(), now=clock.wall)
    login.request_code("session", NUMBER)
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert login.request_code("session", OTHER).say is Say.START_OVER
    assert login.resend("session") == SENT
    assert fake.texted == [NUMBER, NUMBER]


def test_no_sentence_asks_for_a_number() -> None:
    """As a second factor there is one, and it is known."""
    sentences = [say.value.lower() for say in Say]
    asking = ("another one", "another number", "phone number", "opted")
    assert [text for text in sentences if any(words in text for words in asking)] == []


def test_outage_locks_nobody_out(scripted: Scripted, login: Login) -> None:
    """Nothing was texted, so it is not counted as one; how long the outage lasts is not said."""
    for _ in range(MOST_RESENDS + 2):
        scripted.says(HTTP.problem(problem("SendingPaused", 503, retryable=True), retry_after=60))
        assert login.request_code("session", NUMBER) == LATER

    scripted.says(HTTP.success(MESSAGE))
    assert login.resend("session") == SENT


def test_no_connection_is_for_later(fake: Fake, faked: Login) -> None:
    """Nothing was sent: it is not counted, and the code can be entered again."""
    for _ in range(MOST_RESENDS + 2):
        fake.during = no_connection
        assert faked.request_code("session", NUMBER) == LATER
    assert faked.verify("session", "123456").say is Say.START_OVER
    assert faked.resend("session") == SENT
    fake.during = no_connection

    assert faked.verify("session", "123456").say is Say.CODE_AGAIN
    assert faked.verify("session", "123456") == Answer(Say.WELCOME, phone=NUMBER)


@pytest.mark.parametrize("code", ["Throttled", "StoreUnavailable"])
def test_attempt_that_failed_early_tells_nothing_of_the_one_before(
    scripted: Scripted, login: Login, clock: VirtualClock, code: str
) -> None:
    """The text whose outcome nobody told may be on the phone: its code still counts."""
    early = HTTP.problem(problem(code, 503, retryable=True), retry_after=60)
    running = HTTP.problem(problem("InProgress", 409, retryable=True), retry_after=60)
    scripted.says(running, early, HTTP.success({"VerificationResponse": {"Valid": True}}))
    login.request_code("session", NUMBER)
    clock.advance(SECONDS_BETWEEN_TEXTS)

    assert login.resend("session").say is Say.LATER
    assert login.verify("session", "123456").say is Say.WELCOME

    assert len({asked.json()["ReferenceId"] for asked in scripted.asked}) == 1


def test_late_outcome_does_not_bring_its_number_back(
    fake: Fake, faked: Login, clock: VirtualClock
) -> None:
    """A send lasts so long that the person asks with another number meanwhile."""

    def meanwhile() -> None:
        clock.advance(SECONDS_BETWEEN_TEXTS)
        assert faked.request_code("session", OTHER) == SENT

    fake.during = meanwhile
    faked.request_code("session", NUMBER)

    assert faked.verify("session", "123456") == Answer(Say.WELCOME, phone=OTHER)


def test_number_that_is_told_was_verified(fake: Fake, faked: Login, clock: VirtualClock) -> None:
    """Not the one that was asked for while the code was looked at."""
    faked.request_code("session", NUMBER)
    clock.advance(SECONDS_BETWEEN_TEXTS)
    fake.during = lambda: faked.request_code("session", OTHER)

    assert faked.verify("session", "123456") == Answer(Say.WELCOME, phone=NUMBER)
