"""The login example: what it tells the person, and which numbers it texts."""

import pytest
import serverless_otp as otp
from serverless_otp import Say

from clients.python.examples.login import (
    ALLOWED_ATTEMPTS,
    MOST_REFUSED,
    MOST_TEXTS,
    SECONDS_BETWEEN_TEXTS,
    SECONDS_COUNTED,
    Answer,
)
from tests.support.at_once import AllReadFirst, at_once

from .person import RIGHT, WRONG, Outcome, Person, bad
from .scripted import NUMBER

SENT = Answer(Say.SENT_IF_POSSIBLE, SECONDS_BETWEEN_TEXTS)
LATER = Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
WELCOME = Answer(Say.WELCOME, phone=NUMBER)
OTHER = "+12065550199"


@pytest.mark.parametrize(
    ("second", "say", "counts"),
    [
        (None, Say.SENT_IF_POSSIBLE, 1),
        # The new text may have arrived, so its code counts.
        (otp.NoAnswer(), Say.SENT_IF_POSSIBLE, 1),
        (otp.InProgress(), Say.SENT_IF_POSSIBLE, 1),
        (otp.UnexpectedAnswer(502), Say.OURS, 1),
        # No new text went out, so the old code counts.
        (otp.TooManyMessages(), Say.SENT_IF_POSSIBLE, 0),
        (otp.Throttled(), Say.LATER, 0),
        (otp.NotSent(), Say.LATER, 0),
        (otp.Misconfigured(), Say.OURS, 0),
    ],
    ids=repr,
)
def test_code_of_the_latest_text_counts(second: Outcome, say: Say, counts: int) -> None:
    """Each requested text has a new ReferenceId."""
    person = Person(None, second)
    assert person.ask() == SENT

    assert person.resend() == Answer(say, SECONDS_BETWEEN_TEXTS)
    assert person.type_in() == WELCOME

    assert person.service.verified == [person.service.sent[counts]]
    assert len({*person.service.sent}) == 2


def test_reference_id_is_kept_before_the_text_is_sent() -> None:
    """If the process dies during a send, its text counts, and its code is accepted."""

    def die() -> None:
        raise MemoryError

    person = Person(die)
    with pytest.raises(MemoryError):
        person.ask()

    assert person.ask() == LATER
    assert person.type_in() == WELCOME


def test_invalid_number_is_reported() -> None:
    """This reveals nothing about a person; the next number needs no wait."""
    person = Person(otp.DestinationNotAllowed(), bad("/DestinationIdentity"))

    assert person.ask(OTHER) == person.ask("+1") == Answer(Say.NOT_SUCH_A_NUMBER)
    assert person.type_in().say is Say.START_OVER
    assert person.ask() == SENT


def test_used_up_attempts_require_a_new_code() -> None:
    """A code that is unreadable, or that the service did not check, uses no attempt."""
    person = Person(None, None, otp.NoAnswer(), otp.NotSent())
    person.ask()

    def said(*typed: str) -> list[Say]:
        return [person.type_in(code).say for code in typed]

    assert said(WRONG, "abc", WRONG, WRONG) == [Say.WRONG_CODE] * 2 + [Say.SAME_CODE] * 2
    assert said(WRONG, WRONG, WRONG, RIGHT) == [Say.WRONG_CODE] + [Say.ANOTHER_CODE] * 3
    assert len(person.service.verified) == 2 + ALLOWED_ATTEMPTS
    assert (person.resend(), person.type_in()) == (SENT, WELCOME)


def dialogue(refusal: otp.Problem | None, *verified: Outcome) -> list[Answer]:
    """Return every answer for a number until all texts and attempts are used."""
    person = Person()
    person.service.refusal = refusal
    said = []
    for _ in range(MOST_TEXTS + 1):
        said += [person.ask(), person.resend(after=0)]
        person.service.outcomes = [*verified]
        said += [person.type_in(WRONG) for _ in range(ALLOWED_ATTEMPTS + 1)]
        person.pause()
    return said


@pytest.mark.parametrize(
    "refusal",
    [
        *(otp.OptedOut(), otp.PermanentFailure(), otp.DuplicateDestination()),
        *(otp.RejectedByPinpoint(), otp.TooManyMessages(retryable=True, retry_after=777)),
        otp.Problem(code="OfANewerService"),
    ],
    ids=repr,
)
def test_nothing_tells_whether_a_number_was_texted(refusal: otp.Problem) -> None:
    """Answers and waits equal those for a number that got every text, also while verifying."""
    texted = dialogue(None)
    assert dialogue(refusal) == texted
    assert dialogue(refusal, *[otp.RejectedByPinpoint()] * ALLOWED_ATTEMPTS) == texted


@pytest.mark.parametrize(
    ("phones", "code", "pause", "texts", "last"),
    [
        # Starting over does not reset the count.
        ([NUMBER] * 2, None, SECONDS_BETWEEN_TEXTS, MOST_TEXTS, Say.TOO_MANY),
        ([NUMBER, OTHER], None, SECONDS_BETWEEN_TEXTS, MOST_TEXTS, Say.TOO_MANY),
        ([NUMBER, OTHER], None, 0, 1, Say.LATER),
        # A right code does not reset the count: verifying one's own number gains nothing.
        ([NUMBER] * 2, RIGHT, SECONDS_BETWEEN_TEXTS, MOST_TEXTS, Say.TOO_MANY),
    ],
)
def test_texts_of_a_session_are_limited(
    phones: list[str], code: str | None, pause: int, texts: int, last: Say
) -> None:
    """The limits are a wait between texts and a maximum per hour."""
    person = Person()
    for phone in phones * 3:
        said = person.ask(phone).say
        if code:
            person.type_in(code)
        person.pause(pause)

    assert (len(person.service.texted), said) == (texts, last)


def test_text_stops_counting_after_an_hour() -> None:
    """The refusal tells the remaining wait; the store may keep entries for longer."""
    person = Person()
    for _ in range(MOST_TEXTS):
        person.ask()
        person.pause()
    wait = SECONDS_COUNTED - MOST_TEXTS * SECONDS_BETWEEN_TEXTS

    assert person.resend(after=0) == Answer(Say.TOO_MANY, wait)
    assert person.resend(after=wait - 1) == Answer(Say.TOO_MANY, 1)
    assert person.resend(after=1) == SENT

    person.pause(SECONDS_COUNTED)
    assert person.type_in().say is Say.START_OVER
    assert [person.ask(), *(person.resend() for _ in range(MOST_TEXTS - 1))] == [SENT] * MOST_TEXTS


def test_resend_tells_the_remaining_wait() -> None:
    """The page uses the wait to bring the button back."""
    person = Person()
    assert person.resend().say is Say.START_OVER
    person.ask()

    assert person.resend(after=10) == Answer(Say.LATER, SECONDS_BETWEEN_TEXTS - 10)


def test_concurrent_requests_text_once() -> None:
    """All read the store before one writes; the others neither text nor check the CAPTCHA."""
    person = Person(attempts=AllReadFirst(20))

    said = at_once(20, person.ask)

    assert (person.service.texted, person.captchas) == ([NUMBER], ["human"])
    assert (said.count(SENT), said.count(LATER)) == (1, 19)


@pytest.mark.parametrize("refusal", [otp.SendingPaused(retry_after=60), "robot"], ids=repr)
def test_refused_requests_have_a_limit_of_their_own(refusal: otp.OtpError | str) -> None:
    """They are not counted as texts, and the answer does not reveal an outage."""
    person = Person()
    for _ in range(MOST_REFUSED - 1):
        person.service.refusal = refusal if isinstance(refusal, otp.OtpError) else None
        assert person.ask(captcha="robot" if refusal == "robot" else "human") == LATER
    person.service.refusal = None
    assert person.ask() == SENT
    person.service.refusal = otp.SendingPaused()

    assert person.resend() == LATER
    assert person.resend().say is Say.TOO_MANY
    assert person.service.texted == [NUMBER]


def test_second_factor_cannot_change_its_number() -> None:
    """An attacker with the password cannot send the code to a phone of their own."""
    person = Person(phone_alone=False)
    person.ask()
    person.pause()

    assert person.ask(OTHER).say is Say.START_OVER
    assert person.resend(after=0) == SENT
    assert person.service.texted == [NUMBER, NUMBER]


@pytest.mark.parametrize("refusal", [None, otp.Throttled()], ids=repr)
def test_late_outcome_does_not_restore_its_number(refusal: otp.OtpError | None) -> None:
    """The person requests a text to another number while the first send is still running."""

    def meanwhile() -> None:
        person.pause()
        assert person.ask(OTHER) == SENT
        person.service.refusal = refusal

    person = Person(meanwhile)
    person.ask()

    assert person.type_in() == Answer(Say.WELCOME, phone=OTHER)


def test_welcome_names_the_verified_number() -> None:
    """A number requested during the verification is not the verified one."""
    person = Person(None, lambda: person.ask(OTHER))
    person.ask()
    person.pause()

    assert person.type_in() == WELCOME
    assert person.type_in() == Answer(Say.WELCOME, phone=OTHER)
