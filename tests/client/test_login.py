"""The example of a login: what it says to whoever tries, and whom it texts."""

import pytest
import serverless_otp as otp

from clients.python.examples.login import (
    MOST_REFUSED,
    MOST_RESENDS,
    SECONDS_BETWEEN_TEXTS,
    Answer,
    Say,
)
from tests.support.at_once import AllReadFirst, at_once

from .person import RIGHT, WRONG, Outcome, Person, bad
from .scripted import NUMBER

SENT = Answer(Say.SENT_IF_POSSIBLE, SECONDS_BETWEEN_TEXTS)
LATER = Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
WELCOME = Answer(Say.WELCOME, phone=NUMBER)
OTHER = "+12065550199"


def may_pass(error: type[otp.Problem]) -> otp.Problem:
    """Make a problem that may be repeated."""
    return error(retryable=True, retry_after=60)


@pytest.mark.parametrize(
    ("first", "second", "said", "same", "counts"),
    [
        (None, None, SENT, False, 1),
        # Nobody told the outcome: asked about again, whatever comes, it is the same text.
        (otp.NoAnswer(), None, SENT, True, 1),
        (may_pass(otp.InProgress), None, SENT, True, 1),
        (may_pass(otp.InProgress), may_pass(otp.Throttled), LATER, True, 0),
        # The person says that none came.
        (otp.OutcomeUnknown(), None, SENT, False, 1),
        # It may have come.
        (None, otp.OutcomeUnknown(), SENT, False, 1),
        # Certainly no new text went out, so the old one is the latest.
        (None, may_pass(otp.TooManyMessages), SENT, False, 0),
    ],
)
def test_resend_is_a_new_text_unless_the_outcome_of_the_last_is_open(
    first: Outcome, second: Outcome, said: Answer, *, same: bool, counts: int
) -> None:
    """And the code of the latest text counts."""
    person = Person(first, second)
    assert person.ask() == SENT

    assert person.resend() == said
    assert person.type_in() == WELCOME

    sent = person.service.sent
    assert (sent[0] == sent[1]) is same
    assert person.service.verified == [sent[counts]]


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (may_pass(otp.Throttled), Say.LATER),
        (otp.NotSent(), Say.LATER),
        (otp.DestinationNotAllowed(), Say.NOT_SUCH_A_NUMBER),
        (bad("/DestinationIdentity"), Say.NOT_SUCH_A_NUMBER),
    ],
)
def test_what_tells_of_no_person_is_said(error: otp.OtpError, say: Say) -> None:
    """That it is no number, a country without texts, or a bad moment; another number is tried."""
    person = Person(error)

    assert person.ask(OTHER).say is say
    assert person.type_in().say is Say.START_OVER
    assert person.ask() == SENT


@pytest.mark.parametrize("error", [otp.Misconfigured(), bad("/Language")], ids=repr)
def test_what_no_person_can_mend_is_raised(error: otp.Problem) -> None:
    """For the log, and whoever is on call."""
    asking, typing = Person(error), Person(None, error)
    typing.ask()

    for do in (asking.ask, typing.type_in):
        with pytest.raises(type(error)):
            do()


@pytest.mark.parametrize(
    ("error", "say"),
    [
        (bad("/Otp"), Say.WRONG_CODE),
        (otp.OutcomeUnknown(), Say.CODE_AGAIN),
        (may_pass(otp.Throttled), Say.CODE_AGAIN),
        (otp.NotSent(), Say.CODE_AGAIN),
    ],
)
def test_verification_that_failed_is_tried_again(error: otp.OtpError, say: Say) -> None:
    """By the person, who still has the code."""
    person = Person(None, error)
    person.ask()

    assert person.type_in().say is say
    assert person.type_in() == WELCOME


def dialogue(refusal: otp.Problem | None) -> list[Answer]:
    """Give all that somebody hears who tries a number until there is nothing more to hear."""
    person = Person()
    person.service.refusal = refusal
    said = []
    for _ in range(MOST_RESENDS + 2):
        said += [person.ask(), person.type_in(WRONG), person.resend(after=0)]
        person.pause()
    return said


@pytest.mark.parametrize(
    "refusal",
    [
        *(otp.OptedOut(), otp.PermanentFailure(), otp.DuplicateDestination()),
        *(otp.RejectedByPinpoint(), otp.TooManyMessages(retryable=True, retry_after=777)),
    ],
    ids=repr,
)
def test_nothing_tells_whether_a_number_was_texted(refusal: otp.Problem) -> None:
    """The sentences, the waits and their end are those of a number that got every text."""
    assert dialogue(refusal) == dialogue(None)


@pytest.mark.parametrize(
    ("phones", "code", "pause", "texts", "last"),
    [
        # Asking from the start is no way round.
        ([NUMBER] * 2, None, SECONDS_BETWEEN_TEXTS, 1 + MOST_RESENDS, Say.TOO_MANY),
        ([NUMBER, OTHER], None, SECONDS_BETWEEN_TEXTS, 1 + MOST_RESENDS, Say.TOO_MANY),
        ([NUMBER, OTHER], None, 0, 1, Say.LATER),
        # A right code ends the attempt, and not its counts: a number of one's own buys nothing.
        ([NUMBER] * 2, RIGHT, SECONDS_BETWEEN_TEXTS, 1 + MOST_RESENDS, Say.TOO_MANY),
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


def test_resend_says_how_long_to_wait() -> None:
    """For the button that asks again."""
    person = Person()
    person.ask()

    assert person.resend(after=0) == Answer(Say.LATER, SECONDS_BETWEEN_TEXTS + 1)


def test_twenty_requests_at_once_are_one_text() -> None:
    """All read before one writes; whoever could not write texts nobody."""
    person = Person(attempts=AllReadFirst(20))

    said = at_once(20, person.ask)

    assert person.service.texted == [NUMBER]
    assert (said.count(SENT), said.count(LATER)) == (1, 19)


@pytest.mark.parametrize("outage", [may_pass(otp.SendingPaused), otp.NotSent()], ids=repr)
def test_refused_requests_are_no_texts_and_have_an_end(outage: otp.OtpError) -> None:
    """An outage locks nobody out before that; how long it lasts is not said."""
    person = Person(*[outage] * (MOST_REFUSED - 1), None, outage)
    for _ in range(MOST_REFUSED - 1):
        assert person.ask() == LATER
    assert person.ask() == SENT

    assert person.resend() == LATER
    assert person.resend().say is Say.TOO_MANY
    assert person.service.texted == [NUMBER]


def test_another_number_has_a_reference_id_of_its_own() -> None:
    """Though nobody told what became of the text to the first one."""
    person = Person(otp.NoAnswer())
    person.ask(OTHER)
    person.pause()
    person.ask()

    assert len({*person.service.sent}) == 2


def test_second_factor_is_the_number_that_it_began_with() -> None:
    """Whoever has the password cannot have the code sent to a phone of theirs."""
    person = Person(phone_alone=False)
    person.ask()
    person.pause()

    assert person.ask(OTHER).say is Say.START_OVER
    assert person.resend(after=0) == SENT
    assert person.service.texted == [NUMBER, NUMBER]


def test_late_outcome_does_not_bring_its_number_back() -> None:
    """A send lasts so long that the person asks with another number meanwhile."""

    def meanwhile() -> None:
        person.pause()
        assert person.ask(OTHER) == SENT

    person = Person(meanwhile)
    person.ask()

    assert person.type_in() == Answer(Say.WELCOME, phone=OTHER)


def test_number_that_is_told_was_verified() -> None:
    """Not the one that was asked for while the code was looked at."""
    person = Person(None, lambda: person.ask(OTHER))
    person.ask()
    person.pause()

    assert person.type_in() == WELCOME
