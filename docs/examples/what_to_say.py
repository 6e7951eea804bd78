"""What to tell the person, by the code of a problem: nothing of limits, and nothing of why.

Whoever tries numbers learns nothing from it, and whoever is real learns what to do next.
"""

from serverless_otp import InProgress, InvalidRequest, NotSent, OtpError, OutcomeUnknown, Problem

SOON = "We could not send the code. Please try again in a minute."
LATER = "We cannot send a code right now. Please try again later, or choose another way."
ANOTHER_WAY = "We cannot text this number. Please check it, or choose another way."
MAYBE = "The code may be on its way. If none comes within a minute, ask for a new one."
OURS = "Something went wrong on our side. Please choose another way."

# Of a code that was typed in.
WRONG = "That is not the code. Please try again, or ask for a new one."
UNCHECKED = "We could not check the code. Please try the same code again in a minute."
# An attempt may have been used, or the code itself.
UNSURE = "Please try the same code again. If it is refused, ask for a new one."

SAY = {
    "InProgress": SOON,
    "StoreUnavailable": SOON,
    "TemporaryFailure": SOON,
    "Throttled": SOON,
    "Unavailable": SOON,
    "SendingPaused": LATER,
    "TooManyMessages": LATER,
    "DestinationNotAllowed": ANOTHER_WAY,
    "DuplicateDestination": ANOTHER_WAY,
    "InvalidRequest": ANOTHER_WAY,  # all that a person writes into it is the number
    "OptedOut": ANOTHER_WAY,
    "PermanentFailure": ANOTHER_WAY,
    "RejectedByPinpoint": ANOTHER_WAY,
    "OutcomeUnknown": MAYBE,
    # Log the request_id of these: somebody has to look.
    "AccessDenied": OURS,
    "InternalError": OURS,
    "Misconfigured": OURS,
    "NotFound": OURS,
    "PayloadTooLarge": OURS,
    "ReferenceIdReused": OURS,
    "UnsupportedMediaType": OURS,
}


def what_to_say(error: OtpError) -> str:
    """Give a sentence for whoever waits for a code."""
    match error:
        case OutcomeUnknown():
            return MAYBE  # NoAnswer, too, which the service has no code for
        case NotSent():
            return SOON
        case Problem():
            return SAY.get(error.code, OURS)
    return OURS


def what_to_say_of_a_code(error: OtpError) -> str:
    """Give a sentence for whoever has typed in a code, and it could not be checked."""
    match error:
        case OutcomeUnknown():
            return UNSURE
        case InvalidRequest() if is_no_code(error):
            return WRONG
        case InvalidRequest():
            return ANOTHER_WAY  # the number: no code can have been sent to it
        case NotSent() | Problem(retryable=True):
            return UNCHECKED
    return OURS


def is_not_sent(error: OtpError) -> bool:
    """Say whether there certainly is no text: the code of before is the one on the phone."""
    return isinstance(error, NotSent | Problem) and not isinstance(
        error, OutcomeUnknown | InProgress
    )


def is_no_code(error: OtpError) -> bool:
    """Say whether only what was typed in is bad: a letter in it, for one. No attempt was used."""
    return isinstance(error, InvalidRequest) and [bad.pointer for bad in error.errors] == ["/Otp"]
