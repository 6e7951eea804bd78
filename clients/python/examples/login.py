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
    OptedOut,
    OtpClient,
    OutcomeUnknown,
    PermanentFailure,
    Problem,
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
    """What to tell the person, and for how many seconds to hide the button that asks again."""

    say: Say
    wait_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login attempt: what has to be kept between two requests of the person's.

    Attributes:
        phone: the number, in E.164 format.
        reference_id: of the latest text that went out, or may have: only its code counts.
        unanswered: the ReferenceId of a text whose outcome was not answered yet.
        requested_at: when the latest text was asked for, in seconds since 1970.
        resends: how many there were.

    """

    phone: str
    reference_id: str | None = None
    unanswered: str | None = None
    requested_at: float = 0.0
    resends: int = 0


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
        """Begin a login attempt; the same number once more is the wish for another code."""
        attempt = self._attempts.get(name)
        if attempt is not None and attempt.phone == phone:
            return self.resend(name)
        return self._text(name, Attempt(phone))

    def resend(self, name: str) -> Answer:
        """Send another code, because the person says that none came."""
        attempt = self._attempts.get(name)
        if attempt is None:
            return Answer(Say.START_OVER)
        wait = attempt.requested_at + SECONDS_BETWEEN_TEXTS - self._now()
        if wait > 0:
            return Answer(Say.LATER, round(wait) + 1)
        if attempt.resends >= MOST_RESENDS:
            return Answer(Say.TOO_MANY)
        return self._text(name, replace(attempt, resends=attempt.resends + 1))

    def verify(self, name: str, code: str) -> Answer:
        """Check the code that the person has typed in."""
        attempt = self._attempts.get(name)
        reference_id = (attempt.unanswered or attempt.reference_id) if attempt else None
        if attempt is None or reference_id is None:
            return Answer(Say.START_OVER)
        try:
            right = self._client.verify(attempt.phone, reference_id, code)
        except OutcomeUnknown:
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
        del self._attempts[name]  # a right code is valid once
        return Answer(Say.WELCOME)

    def _text(self, name: str, attempt: Attempt) -> Answer:
        # A text whose outcome nobody has told is asked about again. Any other one is a new text,
        # and a new text is a new ReferenceId. It is kept before it is used: whatever dies now, it
        # is known.
        reference_id = attempt.unanswered or str(uuid.uuid4())
        attempt = replace(attempt, unanswered=reference_id, requested_at=self._now())
        self._attempts[name] = attempt
        settled = replace(attempt, unanswered=None)  # not sent: the code of before still counts
        try:
            self._client.send(attempt.phone, reference_id=reference_id)
        except (NoAnswer, InProgress):
            return Answer(Say.MAYBE_SENT, SECONDS_BETWEEN_TEXTS)
        except OutcomeUnknown:
            self._attempts[name] = replace(settled, reference_id=reference_id)
            return Answer(Say.MAYBE_SENT, SECONDS_BETWEEN_TEXTS)
        except Problem as problem:
            self._attempts[name] = settled
            return _refused(problem)
        self._attempts[name] = replace(settled, reference_id=reference_id)
        return Answer(Say.SENT, SECONDS_BETWEEN_TEXTS)


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
