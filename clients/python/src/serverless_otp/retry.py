"""What is repeated, when, and for how long.

The rule is the service's: a problem that says `retryable` is repeated, no other one. Where there
was no answer, a request is repeated if that cannot do any harm.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from .problems import (
    DestinationNotAllowed,
    DuplicateDestination,
    InvalidRequest,
    NoAnswer,
    NotSent,
    OptedOut,
    OtpError,
    OutcomeUnknown,
    PayloadTooLarge,
    PermanentFailure,
    Problem,
    ReferenceIdReused,
    RejectedByPinpoint,
    UnsupportedMediaType,
)

#: How long an attempt may take to connect, and then to wait for the next piece of the answer.
CONNECT_SECONDS = 2.0
WAITING_SECONDS = 10.0
ATTEMPT_SECONDS = CONNECT_SECONDS + WAITING_SECONDS
# None begins with less: it could hardly be answered, and would make of a certain "not sent" a
# "nobody knows".
_LEAST_SECONDS = 1.0

# Where the service does not say how long to wait.
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0

_JITTER = random.SystemRandom()

_LOGGER = logging.getLogger("serverless_otp")

_T = TypeVar("_T")


class Clock:
    """Time, and waiting. Tests have one whose time passes by itself."""

    def now(self) -> float:
        """Give seconds that only ever grow."""
        return time.monotonic()

    def wall(self) -> float:
        """Give the seconds since 1970, which pass while Lambda has frozen a function, too."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Let this time pass."""
        time.sleep(seconds)


class Lost(Exception):  # noqa: N818 - it becomes a NoAnswer, or is forgotten
    """There was no answer to an attempt.

    Args:
        sent: whether the request may have left. If not, there was no connection.
        to: where to there was none, for a person to read.

    """

    def __init__(self, *, sent: bool, to: str = "") -> None:
        super().__init__(sent, to)
        self.sent = sent
        self.to = to


def repeating(
    attempt: Callable[[float], _T],
    *,
    reference_id: str,
    harmless: bool,
    seconds: float,
    clock: Clock,
) -> _T:
    """Make attempts until one is answered for good, or the time is up.

    Args:
        attempt: makes one, which may take so many seconds. Raises OtpError or Lost.
        reference_id: for what is raised, and for the log.
        harmless: whether repeating a request whose answer was lost does no harm.
        seconds: for all attempts, and the pauses between them.
        clock: which times them.

    Raises:
        NoAnswer: nobody knows what became of the request.
        NotSent: there was no connection for any of the attempts.
        OtpError: the last answer, or why there could be none.

    """
    until = clock.now() + seconds
    left, number, maybe_sent = seconds, 1, False
    while True:
        try:
            answer = attempt(min(ATTEMPT_SECONDS, left))
        except Lost as lost:
            maybe_sent = maybe_sent or lost.sent
            failure: OtpError = _no_answer(lost) if maybe_sent else _no_connection(lost)
            again, pause = harmless or not lost.sent, None
        except OtpError as error:
            failure = error
            again, pause = _is_retryable(error), getattr(error, "retry_after", None)
            if maybe_sent and not isinstance(error, _TELLS_OF_EARLIER_ATTEMPTS):
                failure = _no_answer(error)
        else:
            _log(reference_id, number, "OK")
            return answer
        _log(reference_id, number, getattr(failure, "code", type(failure).__name__))
        failure.reference_id = reference_id
        if pause is None:
            pause = _pause(number)
        if not again or until - clock.now() - pause < _LEAST_SECONDS:
            raise failure
        clock.wait(pause)
        left, number = until - clock.now(), number + 1
        if left <= 0:  # the machine slept
            raise failure


# After a lost answer, the text may have gone out, or go out yet: the function may not have begun.
# These speak for the earlier attempt, too: they are its outcome, and keep the ReferenceId; or are
# about the request itself, which is the same. All others are about one attempt only, and leave the
# ReferenceId free for the one before.
_TELLS_OF_EARLIER_ATTEMPTS = (
    OutcomeUnknown,
    OptedOut,
    PermanentFailure,
    DuplicateDestination,
    RejectedByPinpoint,
    DestinationNotAllowed,
    InvalidRequest,
    UnsupportedMediaType,
    PayloadTooLarge,
    ReferenceIdReused,
)


def _is_retryable(error: OtpError) -> bool:
    return isinstance(error, Problem) and error.retryable and not isinstance(error, OutcomeUnknown)


def _no_answer(cause: Exception) -> NoAnswer:
    failure = NoAnswer(
        "There was no answer: the request may have been carried out or not.",
        title="There was no answer",
    )
    failure.__cause__ = cause.__cause__ if isinstance(cause, Lost) else cause
    return failure


def _no_connection(lost: Lost) -> NotSent:
    failure = NotSent(f"There was no connection to {lost.to}, so the request was not made.")
    failure.__cause__ = lost.__cause__
    return failure


def _pause(number: int) -> float:
    """Choose how long to wait after an attempt: longer and longer, and not all callers alike."""
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(number - 1, 10))
    return _JITTER.uniform(longest / 2, longest)


def _log(reference_id: str, number: int, code: str) -> None:
    _LOGGER.debug("reference_id=%r attempt=%d code=%s", reference_id, number, code)
