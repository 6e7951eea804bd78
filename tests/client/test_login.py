"""The example of a login: what it says to whoever tries, and whom it texts."""

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
        # The text may have come.
        (otp.NoAnswer(), Say.SENT_IF_POSSIBLE, 1),
        (otp.InProgress(), Say.SENT_IF_POSSIBLE, 1),
        (otp.UnexpectedAnswer(502), Say.OURS, 1),
        # Certainly no new text went out, so the old one is the latest.
        (otp.TooManyMessages(), Say.SENT_IF_POSSIBLE, 0),
        (otp.Throttled(), Say.LATER, 0),
        (otp.NotSent(), Say.LATER, 0),
        (otp.Misconfigured(), Say.OURS, 0),
    ],
    ids=repr,
)
def test_code_of_the_latest_text_counts(second: Outcome, say: Say, counts: int) -> None:
    """Each text that is asked for has a ReferenceId of its own."""
    person = Person(None, second)
    assert person.ask() == SENT

    assert person.resend() == Answer(say, SECONDS_BETWEEN_TEXTS)
    assert person.type_in() == WELCOME

    assert person.service.verified == [person.service.sent[counts]]
    assert len({*person.service.sent}) == 2


def test_reference_id_is_kept_before_the_text_is_sent() -> None:
    """A process that dies while it sends has sent, maybe: the code is taken, the text counted."""

    def die() -> None:
        raise MemoryError

    person = Person(die)
    with pytest.raises(MemoryError):
        person.ask()

    assert person.ask() == LATER
    assert person.type_in() == WELCOME


def test_what_tells_of_no_person_is_said() -> None:
    """A number that cannot be texted; another one is tried at once."""
    person = Person(otp.DestinationNotAllowed(), bad("/DestinationIdentity"))

    assert person.ask(OTHER) == person.ask("+1") == Answer(Say.NOT_SUCH_A_NUMBER)
    assert person.type_in().say is Say.START_OVER
    assert person.ask() == SENT


def test_after_the_allowed_attempts_a_new_code_is_asked_for() -> None:
    """Neither a code that cannot be read nor one that was not checked is an attempt."""
    person = Person(None, None, otp.NoAnswer(), otp.NotSent())
    person.ask()

    def said(*typed: str) -> list[Say]:
        return [person.type_in(code).say for code in typed]

    assert said(WRONG, "abc", WRONG, WRONG) == [Say.WRONG_CODE] * 2 + [Say.SAME_CODE] * 2
    assert said(WRONG, WRONG, WRONG, RIGHT) == [Say.WRONG_CODE] + [Say.ANOTHER_CODE] * 3
    assert len(person.service.verified) == 2 + ALLOWED_ATTEMPTS
    assert (person.resend(), person.type_in()) == (SENT, WELCOME)


def dialogue(refusal: otp.Problem | None, *verified: Outcome) -> list[Answer]:
    """Give all that somebody hears who tries a number until there is nothing more to hear."""
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
    """The sentences, the waits and their end are those of a number that got every text.

    Even if Pinpoint refuses to verify what it did not send.
    """
    texted = dialogue(None)
    assert dialogue(refusal) == texted
    assert dialogue(refusal, *[otp.RejectedByPinpoint()] * ALLOWED_ATTEMPTS) == texted


@pytest.mark.parametrize(
    ("phones", "code", "pause", "texts", "last"),
    [
        # Asking from the start is no way round.
        ([NUMBER] * 2, None, SECONDS_BETWEEN_TEXTS, MOST_TEXTS, Say.TOO_MANY),
        ([NUMBER, OTHER], None, SECONDS_BETWEEN_TEXTS, MOST_TEXTS, Say.TOO_MANY),
        ([NUMBER, OTHER], None, 0, 1, Say.LATER),
        # A right code ends the attempt, and not its counts: a number of one's own buys nothing.
        ([NUMBER] * 2, RIGHT, SECONDS_BETWEEN_TEXTS, MOST_TEXTS, Say.TOO_MANY),
    ],
)
def test_texts_of_a_session_are_counted_whatever_is_done(
    phones: list[str], code: str | None, pause: int, texts: int, last: Say
) -> None:
    """Half a minute between two of them, and not for ever."""
    person = Person()
    for phone in phones * 3:
        said = person.ask(phone).say
        if code:
            person.type_in(code)
        person.pause(pause)

    assert (len(person.service.texted), said) == (texts, last)


def test_texts_are_counted_for_an_hour_whatever_the_store_keeps() -> None:
    """Until the first of them is an hour old, which is said; then there is one more."""
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


def test_resend_says_how_long_to_wait() -> None:
    """For the button that asks again."""
    person = Person()
    assert person.resend().say is Say.START_OVER
    person.ask()

    assert person.resend(after=10) == Answer(Say.LATER, SECONDS_BETWEEN_TEXTS - 10)


def test_twenty_requests_at_once_are_one_text() -> None:
    """All read before one writes; the others neither text nor ask the CAPTCHA."""
    person = Person(attempts=AllReadFirst(20))

    said = at_once(20, person.ask)

    assert (person.service.texted, person.captchas) == ([NUMBER], ["human"])
    assert (said.count(SENT), said.count(LATER)) == (1, 19)


@pytest.mark.parametrize("refusal", [otp.SendingPaused(retry_after=60), "robot"], ids=repr)
def test_refused_requests_are_no_texts_and_have_an_end(refusal: otp.OtpError | str) -> None:
    """An outage, or a CAPTCHA that is not solved; how long the outage lasts is not said."""
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


def test_second_factor_is_the_number_that_it_began_with() -> None:
    """Whoever has the password cannot have the code sent to a phone of theirs."""
    person = Person(phone_alone=False)
    person.ask()
    person.pause()

    assert person.ask(OTHER).say is Say.START_OVER
    assert person.resend(after=0) == SENT
    assert person.service.texted == [NUMBER, NUMBER]


@pytest.mark.parametrize("refusal", [None, otp.Throttled()], ids=repr)
def test_late_outcome_does_not_bring_its_number_back(refusal: otp.OtpError | None) -> None:
    """A send lasts so long that the person asks with another number meanwhile."""

    def meanwhile() -> None:
        person.pause()
        assert person.ask(OTHER) == SENT
        person.service.refusal = refusal

    person = Person(meanwhile)
    person.ask()

    assert person.type_in() == Answer(Say.WELCOME, phone=OTHER)


def test_number_that_is_told_was_verified() -> None:
    """Not the one that was asked for while the code was looked at."""
    person = Person(None, lambda: person.ask(OTHER))
    person.ask()
    person.pause()

    assert person.type_in() == WELCOME
    assert person.type_in() == Answer(Say.WELCOME, phone=OTHER)
