"""Repeats requests until they are answered or the deadline is reached.

A problem is repeated if the service marks it `retryable`, and not otherwise. After no answer, a
request is repeated only if that does no harm.
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

#: The time limits of an attempt: to connect, and to wait for each piece of the answer.
CONNECT_SECONDS = 2.0
WAITING_SECONDS = 10.0
ATTEMPT_SECONDS = CONNECT_SECONDS + WAITING_SECONDS
# No attempt begins with less time left. It would hardly be answered, and would turn a certain "not
# sent" into an unknown outcome.
_LEAST_SECONDS = 1.0

# If the service does not say how long to wait.
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 8.0

_JITTER = random.SystemRandom()

_LOGGER = logging.getLogger("serverless_otp")

_T = TypeVar("_T")


class Clock:
    """Tells the time and waits. Tests replace it with a clock that does not wait."""

    def now(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    def wall(self) -> float:
        """Return the seconds since 1970. They also pass while Lambda has frozen the function."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Lost(Exception):  # noqa: N818 - it never leaves the client
    """There was no answer to an attempt.

    Args:
        sent: whether the request may have left. If not, there was no connection.
        to: the host that could not be reached, for the error message.

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
    """Make attempts until one has a final answer or the time is up.

    Args:
        attempt: makes one attempt, given its time limit in seconds. Raises OtpError or Lost.
        reference_id: for the exceptions and the log.
        harmless: whether a request may be repeated after its answer was lost.
        seconds: the time limit for all attempts and pauses.
        clock: tells the time and waits.

    Raises:
        NoAnswer: the outcome of the request is unknown.
        NotSent: no attempt had a connection.
        OtpError: the last answer, or the reason why there was none.

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
        if left <= 0:  # the machine was suspended
            raise failure


# After a lost answer, the text may have gone out, or may still go out: the function may not have
# begun. These problems tell the outcome of the earlier attempt too. Either they are its recorded
# outcome, or they are about the request itself, which is the same. All others are about a single
# attempt, and the earlier one may still text.
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
        "There was no answer. The request may have been carried out or not.",
        title="There was no answer",
    )
    failure.__cause__ = cause.__cause__ if isinstance(cause, Lost) else cause
    return failure


def _no_connection(lost: Lost) -> NotSent:
    failure = NotSent(f"There was no connection to {lost.to}, so the request was not made.")
    failure.__cause__ = lost.__cause__
    return failure


def _pause(number: int) -> float:
    """Choose the pause after an attempt: exponential backoff with jitter."""
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(number - 1, 10))
    return _JITTER.uniform(longest / 2, longest)


def _log(reference_id: str, number: int, code: str) -> None:
    _LOGGER.debug("reference_id=%r attempt=%d code=%s", reference_id, number, code)
