"""A login by phone number: request a code, resend it, verify it.

Of no framework: a web page calls `Login`, and shows the person what is returned.

- Each form has a CSRF token: else another site can have its visitors ask for texts.
- The session gets a new ID when the password was right, and again with WELCOME: else anybody who
  had planted the old one is logged in as well.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from serverless_otp import (
    DestinationNotAllowed,
    DuplicateDestination,
    InProgress,
    InvalidRequest,
    NoAnswer,
    NotSent,
    OptedOut,
    OtpClient,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
    RejectedByPinpoint,
    TooManyMessages,
    read_code,
    read_phone_number,
)

from .store import Store

SECONDS_BETWEEN_TEXTS = 30
MOST_RESENDS = 3
MOST_REFUSED = 10


class Say(Enum):
    """What to tell the person: nothing about a number that may be somebody else's."""

    SENT_IF_POSSIBLE = (
        "If we can text this number, a code is on its way. If none comes within a minute, try "
        "again, or choose another way."
    )
    NOT_SUCH_A_NUMBER = "We do not text such a number. Please check it, or choose another way."
    TOO_MANY = "Too many codes were asked for. Please try again later, or choose another way."
    LATER = "We cannot send a code right now. Please try again in a moment."
    WELCOME = "Welcome."
    WRONG_CODE = "This code is not right, or no longer. Try again, or ask for a new code."
    CODE_AGAIN = "Something went wrong. Please enter the code again, or ask for a new code."
    START_OVER = "Please begin again."


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the person.

    Attributes:
        say: it.
        wait_seconds: for how long to hide the button that asks again.
        phone: with WELCOME, the number that was verified. Use no other one: what the page was sent
            may be another number by now.

    """

    say: Say
    wait_seconds: int = 0
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login attempt: what has to be kept between two requests of the person's.

    Attributes:
        phone: the number, in E.164 format.
        reference_id: of the latest text that went out, or may have: only its code counts.
        unanswered: the ReferenceId of a text whose outcome was not answered yet.
        requested_at: when the latest text was asked for, in seconds since 1970.
        texts: how often SENT_IF_POSSIBLE was said, whatever the number.
        refused: how often it was something else.

    """

    phone: str
    reference_id: str | None = None
    unanswered: str | None = None
    requested_at: float | None = None
    texts: int = 0
    refused: int = 0


class Login:
    """Logs people in by their phone numbers.

    Args:
        client: of the service.
        attempts: where login attempts are kept, by the ID of the session.
        phone_alone: whether there is no password, and the person types the number in: only then may
            it change. As a second factor, it is the account's from the beginning to the end.
        now: tells the time.

    """

    def __init__(
        self,
        client: OtpClient,
        attempts: Store[Attempt],
        *,
        phone_alone: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._attempts = attempts
        self._phone_alone = phone_alone
        self._now = now

    def request_code(self, name: str, phone: str, country: str | None = None) -> Answer:
        """Begin a login attempt; the same number once more is the wish for another code.

        Another number neither shortens the pause nor begins to count anew.

        Args:
            name: the ID of the session.
            phone: the account's number, or what the person has typed in.
            country: of the person who has typed it in, such as `US`; None for the account's number.

        """
        if country:
            phone = read_phone_number(phone, country)
        before = self._attempts.get(name)
        attempt = before or Attempt(phone)
        if attempt.phone != phone:
            if not self._phone_alone:
                return Answer(Say.START_OVER)
            attempt = replace(attempt, phone=phone, reference_id=None, unanswered=None)
        return self._text(name, before, attempt)

    def resend(self, name: str) -> Answer:
        """Send another code, because the person says that none came."""
        attempt = self._attempts.get(name)
        return self._text(name, attempt, attempt) if attempt else Answer(Say.START_OVER)

    def verify(self, name: str, code: str) -> Answer:
        """Check the code that the person has typed in."""
        attempt = self._attempts.get(name)
        reference_id = (attempt.unanswered or attempt.reference_id) if attempt else None
        if attempt is None or reference_id is None:
            return Answer(Say.START_OVER)
        try:
            right = self._client.verify(attempt.phone, reference_id, read_code(code))
        except (OutcomeUnknown, NotSent):
            return Answer(Say.CODE_AGAIN)
        except InvalidRequest as problem:
            if not _is_about("/Otp", problem):
                raise
            return Answer(Say.WRONG_CODE)
        except Problem as problem:
            if not problem.retryable:
                raise  # nothing that the person could mend
            return Answer(Say.CODE_AGAIN)
        if not right:
            return Answer(Say.WRONG_CODE)
        # A right code is valid once. The counts stay: a number of one's own buys no more texts.
        self._attempts.swap(name, attempt, replace(attempt, reference_id=None, unanswered=None))
        return Answer(Say.WELCOME, phone=attempt.phone)

    def _text(self, name: str, before: Attempt | None, attempt: Attempt) -> Answer:
        if not_now := self._not_now(attempt):
            return not_now
        # A text whose outcome nobody has told is asked about again. Any other one is a new text,
        # and a new text is a new ReferenceId.
        reference_id = attempt.unanswered or str(uuid.uuid4())
        asked = replace(
            attempt, unanswered=reference_id, requested_at=self._now(), texts=attempt.texts + 1
        )
        # Counted and kept before it is sent, unless another request of this session was first.
        if not self._attempts.swap(name, before, asked):
            return Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
        say = Say.SENT_IF_POSSIBLE
        outcome = replace(asked, reference_id=reference_id, unanswered=None)
        try:
            self._client.send(asked.phone, reference_id=reference_id)
        except (NoAnswer, InProgress):
            outcome = asked
        except OutcomeUnknown:
            pass  # the text may be on the phone
        except (NotSent, Problem) as error:
            refusal = _say_of(error)
            if refusal is Say.SENT_IF_POSSIBLE:
                # The code of before still counts. Where there is none, one that nobody can know:
                # "begin again" would tell.
                outcome = replace(outcome, reference_id=attempt.reference_id or reference_id)
            else:
                outcome = replace(attempt, refused=attempt.refused + 1)
            if refusal is None:
                self._attempts.swap(name, asked, outcome)
                raise  # for your log, and the person on call
            say = refusal
        # A send may last half a minute. If the person has asked again meanwhile, that one stays.
        self._attempts.swap(name, asked, outcome)
        return Answer(say, 0 if say is Say.NOT_SUCH_A_NUMBER else SECONDS_BETWEEN_TEXTS)

    def _not_now(self, attempt: Attempt) -> Answer | None:
        if attempt.requested_at is not None:
            wait = attempt.requested_at + SECONDS_BETWEEN_TEXTS - self._now()
            if wait > 0:
                return Answer(Say.LATER, round(wait) + 1)
        if attempt.texts > MOST_RESENDS or attempt.refused >= MOST_REFUSED:
            return Answer(Say.TOO_MANY)
        return None


def _say_of(error: NotSent | Problem) -> Say | None:
    """Say why no text went out, as far as it is about no number; None is for you to mend."""
    match error:
        case OptedOut() | PermanentFailure() | DuplicateDestination() | RejectedByPinpoint():
            return Say.SENT_IF_POSSIBLE
        case TooManyMessages():  # its seconds would tell when somebody else was texted
            return Say.SENT_IF_POSSIBLE
        case DestinationNotAllowed():
            return Say.NOT_SUCH_A_NUMBER
        case InvalidRequest() if _is_about("/DestinationIdentity", error):
            return Say.NOT_SUCH_A_NUMBER
        case NotSent() | Problem(retryable=True):
            return Say.LATER
    return None


def _is_about(field: str, problem: Problem) -> bool:
    return [error.pointer for error in problem.errors] == [field]
