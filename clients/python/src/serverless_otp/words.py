"""What to tell the person, for each exception: one table, so that all pages say the same.

What is said about a number is what is said after a text, since it may be another person's number.
The problems that need attention are logged here, since the person is not told what they are.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from . import problems as of
from .problems import InvalidRequest, OtpError, Problem

_LOGGER = logging.getLogger("serverless_otp")

# As the service masks a ReferenceId, which should be random and might be a number.
_LONG_NUMBER = re.compile(r"\d{7,}")


class Say(Enum):
    """What to tell the person; translate it by its name."""

    SENT_IF_POSSIBLE = (
        "If we can text this number, a code is on its way. If none comes within a minute, ask for "
        "another one, or choose another way."
    )
    NOT_SUCH_A_NUMBER = "We do not text such a number. Please check it, or choose another way."
    LATER = "We cannot send a code right now. Please try again later, or choose another way."
    OURS = "Something went wrong on our side. Please choose another way."
    WRONG_CODE = "This code is wrong or too old. Please try again, or ask for another one."
    SAME_CODE = (
        "We could not check the code. Please enter the same one again in a minute. If it is wrong "
        "then, ask for another one."
    )
    # Of no exception; what a page counts itself leads to these.
    ANOTHER_CODE = "This code cannot be used any more. Please ask for another one."
    TOO_MANY = "Too many codes were asked for. Please try again later, or choose another way."
    START_OVER = "Please ask for a code first."
    WELCOME = "The code is right."


@dataclass(frozen=True, slots=True)
class Words:
    """What to do about an exception.

    Attributes:
        after_send: what to say if `send` raises it; None where it does not.
        after_verify: what to say if `verify` raises it; None where it does not.
        attention: whether the operator or the developer has to act, and so it is logged.

    """

    after_send: Say | None
    after_verify: Say | None = None
    attention: bool = False


_NUMBER = Words(Say.SENT_IF_POSSIBLE)
_OURS = Words(Say.OURS, Say.OURS, attention=True)

#: By class.
TABLE: Mapping[type[OtpError], Words] = {
    of.OptedOut: _NUMBER,
    of.PermanentFailure: _NUMBER,
    of.DuplicateDestination: _NUMBER,
    of.TooManyMessages: _NUMBER,
    # Of a verify: Pinpoint may refuse the ReferenceId of a number that it did not text.
    of.RejectedByPinpoint: Words(Say.SENT_IF_POSSIBLE, Say.WRONG_CODE, attention=True),
    of.DestinationNotAllowed: Words(Say.NOT_SUCH_A_NUMBER),
    of.SendingPaused: Words(Say.LATER),
    of.StoreUnavailable: Words(Say.LATER),
    of.TemporaryFailure: Words(Say.LATER),
    of.Throttled: Words(Say.LATER, Say.SAME_CODE),
    of.Unavailable: Words(Say.LATER, Say.SAME_CODE),
    of.NotSent: Words(Say.LATER, Say.SAME_CODE, attention=True),
    of.InProgress: Words(Say.SENT_IF_POSSIBLE),
    of.OutcomeUnknown: Words(Say.SENT_IF_POSSIBLE, Say.SAME_CODE),
    of.NoAnswer: Words(Say.SENT_IF_POSSIBLE, Say.SAME_CODE, attention=True),
    # If it is about what was typed in: see BY_FIELD.
    InvalidRequest: _OURS,
    of.AccessDenied: _OURS,
    of.InternalError: _OURS,
    of.Misconfigured: _OURS,
    of.NotFound: _OURS,
    of.PayloadTooLarge: _OURS,
    of.ReferenceIdReused: Words(Say.OURS, attention=True),
    of.UnsupportedMediaType: _OURS,
    of.UnexpectedAnswer: _OURS,
    # Of a code that a newer service has: it may be about the number.
    Problem: Words(Say.SENT_IF_POSSIBLE, Say.OURS, attention=True),
}

#: An InvalidRequest whose only bad field is one that the person has typed in.
BY_FIELD: Mapping[str, Words] = {
    "/DestinationIdentity": Words(Say.NOT_SUCH_A_NUMBER, Say.NOT_SUCH_A_NUMBER),
    "/Otp": Words(None, Say.WRONG_CODE),
}


def say_of_send(error: OtpError) -> Say:
    """Give what to tell the person if `send` raised this; logs it if it needs attention."""
    return _words(error).after_send or Say.OURS


def say_of_verify(error: OtpError) -> Say:
    """Give what to tell the person if `verify` raised this; logs it if it needs attention."""
    return _words(error).after_verify or Say.OURS


def _words(error: OtpError) -> Words:
    fields = [bad.pointer for bad in error.errors] if isinstance(error, InvalidRequest) else []
    words = BY_FIELD.get(fields[0]) if len(fields) == 1 else None
    words = words or next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _OURS)
    if words.attention:
        _LOGGER.warning(
            "code=%s request_id=%s reference_id=%r %s",
            getattr(error, "code", type(error).__name__),
            getattr(error, "request_id", None),
            _LONG_NUMBER.sub("*", error.reference_id or ""),
            error,
        )
    return words
