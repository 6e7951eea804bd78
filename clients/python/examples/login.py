"""A login by phone number: request a code, resend it, verify it.

Of no framework: a web page calls `Login`, shows the person what is returned, and keeps the name of
the login attempt, such as its session's.
"""

import time
import uuid
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from enum import Enum

from serverless_otp import (
    DestinationNotAllowed,
    InProgress,
    InvalidRequest,
    NoAnswer,
    NotSent,
    OptedOut,
    OtpClient,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
    StoreUnavailable,
    Throttled,
    TooManyMessages,
)

SECONDS_BETWEEN_TEXTS = 30
MOST_RESENDS = 3


class Say(Enum):
    """What to tell the person."""

    SENT = "We have sent you a code."
    MAYBE_SENT = "You should get a code within a minute. If none comes, ask for another one."
    NOT_THIS_NUMBER = "We cannot text this number. Please check it, or use another one."
    OPTED_OUT = "This number has opted out of our texts. Please use another one."
    TOO_MANY = "Too many codes were asked for. Please try again later."
    LATER = "We cannot send a code right now. Please try again in a moment."
    WELCOME = "Welcome."
    WRONG_CODE = "This code is not right, or no longer. Try again, or ask for another one."
    CODE_AGAIN = "Something went wrong. Please enter the code again, or ask for another one."
    START_OVER = "Please enter your phone number."


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
        texts: how many went out, or may have; to all numbers of this attempt.

    """

    phone: str
    reference_id: str | None = None
    unanswered: str | None = None
    requested_at: float = 0.0
    texts: int = 0


class Login:
    """Logs people in by their phone numbers.

    Args:
        client: of the service.
        attempts: where login attempts are kept, by name: a dict, or your store. Whatever keeps
            them for an hour will do.
        now: tells the time.

    """

    def __init__(
        self,
        client: OtpClient,
        attempts: MutableMapping[str, Attempt],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._attempts = attempts
        self._now = now

    def request_code(self, name: str, phone: str) -> Answer:
        """Begin a login attempt; the same number once more is the wish for another code.

        Another number neither shortens the pause nor begins to count anew.
        """
        attempt = self._attempts.get(name) or Attempt(phone)
        if attempt.phone != phone:
            attempt = replace(attempt, phone=phone, reference_id=None, unanswered=None)
        return self._text(name, attempt)

    def resend(self, name: str) -> Answer:
        """Send another code, because the person says that none came."""
        attempt = self._attempts.get(name)
        return self._text(name, attempt) if attempt else Answer(Say.START_OVER)

    def verify(self, name: str, code: str) -> Answer:
        """Check the code that the person has typed in."""
        attempt = self._attempts.get(name)
        reference_id = (attempt.unanswered or attempt.reference_id) if attempt else None
        if attempt is None or reference_id is None:
            return Answer(Say.START_OVER)
        try:
            right = self._client.verify(attempt.phone, reference_id, code)
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
        self._attempts.pop(name, None)  # a right code is valid once
        return Answer(Say.WELCOME, phone=attempt.phone)

    def _text(self, name: str, attempt: Attempt) -> Answer:
        # A text whose outcome nobody has told is asked about again. Any other one is a new text,
        # and a new text is a new ReferenceId.
        if refused := self._too_many(attempt):
            return refused
        reference_id = attempt.unanswered or str(uuid.uuid4())
        texts = attempt.texts + (attempt.unanswered is None)
        asked = replace(attempt, unanswered=reference_id, requested_at=self._now(), texts=texts)
        # It is kept before it is used: whatever dies now, it is known.
        self._attempts[name] = asked
        sent = replace(asked, reference_id=reference_id, unanswered=None)
        try:
            replayed = self._client.send(asked.phone, reference_id=reference_id).replayed
        except (NoAnswer, InProgress):
            return Answer(Say.MAYBE_SENT, SECONDS_BETWEEN_TEXTS)
        except OutcomeUnknown:
            self._keep(name, asked, sent)
            return Answer(Say.MAYBE_SENT, SECONDS_BETWEEN_TEXTS)
        except (NotSent, Throttled, StoreUnavailable):
            self._keep(name, asked, attempt)  # says nothing of a text that was unanswered before
            return Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
        except Problem as problem:
            # Not sent, so not counted, and the code of before still counts.
            self._keep(name, asked, replace(attempt, unanswered=None, texts=texts - 1))
            return _refused(problem)
        self._keep(name, asked, sent)
        # Replayed: the text went out when it was asked for before, and none now.
        return Answer(Say.MAYBE_SENT if replayed else Say.SENT, SECONDS_BETWEEN_TEXTS)

    def _too_many(self, attempt: Attempt) -> Answer | None:
        wait = attempt.requested_at + SECONDS_BETWEEN_TEXTS - self._now()
        if attempt.texts and wait > 0:
            return Answer(Say.LATER, round(wait) + 1)
        if attempt.texts > MOST_RESENDS and attempt.unanswered is None:
            return Answer(Say.TOO_MANY)
        return None

    def _keep(self, name: str, asked: Attempt, outcome: Attempt) -> None:
        # A send may last half a minute. Whoever asked with another number meanwhile has a newer
        # attempt, which stays. With a store that others write to, this is a conditional write.
        if self._attempts.get(name) == asked:
            self._attempts[name] = outcome


def _refused(problem: Problem) -> Answer:
    """Say why certainly no text went out; raises what the person cannot do anything about."""
    match problem:
        case OptedOut():
            return Answer(Say.OPTED_OUT)
        case DestinationNotAllowed() | PermanentFailure():
            return Answer(Say.NOT_THIS_NUMBER)
        case InvalidRequest() if _is_about("/DestinationIdentity", problem):
            return Answer(Say.NOT_THIS_NUMBER)
        case TooManyMessages():
            return Answer(Say.TOO_MANY, problem.retry_after or SECONDS_BETWEEN_TEXTS)
        case Problem(retryable=True):
            return Answer(Say.LATER, problem.retry_after or SECONDS_BETWEEN_TEXTS)
    raise problem  # for your log, and whoever is on call


def _is_about(field: str, problem: Problem) -> bool:
    return [error.pointer for error in problem.errors] == [field]
