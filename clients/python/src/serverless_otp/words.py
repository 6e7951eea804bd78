"""What to tell the person after each exception: one table, so that all pages say the same.

A problem with a number gets the same sentence as a text, because it may be another person's number.
Problems that need attention are logged here, because the sentence for the person hides them.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from . import problems as of
from .problems import InvalidRequest, OtpError, Problem

_LOGGER = logging.getLogger("serverless_otp")

# Masked as in the service's log: a ReferenceId should be random, but might be a phone number.
_LONG_NUMBER = re.compile(r"\d{7,}")


class Say(Enum):
    """A sentence for the person. Translate it by its name."""

    SENT_IF_POSSIBLE = (
        "If we can text this number, a code is on its way. If it does not arrive within a minute, "
        "request another one, or choose another way."
    )
    NOT_SUCH_A_NUMBER = "We cannot text this number. Please check it, or choose another way."
    LATER = "We cannot send a code right now. Please try again later, or choose another way."
    OURS = "Something went wrong on our side. Please choose another way."
    WRONG_CODE = "This code is wrong or has expired. Please try again, or request another one."
    SAME_CODE = (
        "We could not check the code. Please enter the same code again in a minute. If it is wrong "
        "then, request another one."
    )
    # No exception leads to these. Your page says them, because of its own counts.
    ANOTHER_CODE = "This code can no longer be used. Please request another one."
    TOO_MANY = "You have requested too many codes. Please try again later, or choose another way."
    START_OVER = "Please request a code first."
    WELCOME = "The code is right."


@dataclass(frozen=True, slots=True)
class Words:
    """What to say and log after an exception.

    Attributes:
        after_send: the sentence if `send` raised it, or None if it never does.
        after_verify: the sentence if `verify` raised it, or None if it never does.
        attention: whether the operator or the developer must act. Then it is logged.

    """

    after_send: Say | None
    after_verify: Say | None = None
    attention: bool = False


_NUMBER = Words(Say.SENT_IF_POSSIBLE)
_OURS = Words(Say.OURS, Say.OURS, attention=True)

#: Words by class of exception.
TABLE: Mapping[type[OtpError], Words] = {
    of.OptedOut: _NUMBER,
    of.PermanentFailure: _NUMBER,
    of.DuplicateDestination: _NUMBER,
    of.TooManyMessages: _NUMBER,
    # After a verify: Pinpoint may refuse the ReferenceId of a number that it did not text.
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
    # See BY_FIELD for fields that the person typed.
    InvalidRequest: _OURS,
    of.AccessDenied: _OURS,
    of.InternalError: _OURS,
    of.Misconfigured: _OURS,
    of.NotFound: _OURS,
    of.PayloadTooLarge: _OURS,
    of.ReferenceIdReused: Words(Say.OURS, attention=True),
    of.UnsupportedMediaType: _OURS,
    of.UnexpectedAnswer: _OURS,
    # A code of a newer service: it may be about the number.
    Problem: Words(Say.SENT_IF_POSSIBLE, Say.OURS, attention=True),
}

#: For an InvalidRequest whose only bad field is one that the person typed.
BY_FIELD: Mapping[str, Words] = {
    "/DestinationIdentity": Words(Say.NOT_SUCH_A_NUMBER, Say.NOT_SUCH_A_NUMBER),
    "/Otp": Words(None, Say.WRONG_CODE),
}


def say_of_send(error: OtpError) -> Say:
    """Return the sentence for the person after `send`. Logs an error that needs attention."""
    return _words(error).after_send or Say.OURS


def say_of_verify(error: OtpError) -> Say:
    """Return the sentence for the person after `verify`. Logs an error that needs attention."""
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
