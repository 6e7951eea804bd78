"""What to tell the person, by the code of a problem: nothing of limits, and nothing of why.

Somebody who tries numbers learns nothing from it; a real person learns what to do next. Say it in
every case, after a text as well, and hide the button "send again" for the same time.
"""

from serverless_otp import InProgress, InvalidRequest, NotSent, OtpError, OutcomeUnknown, Problem

#: Between two texts, and after everything that is said but NOT_SUCH_A_NUMBER.
SECONDS_BETWEEN_TEXTS = 30

# Said after a text, and after all that tells of a number: opted out, over its limit, unreachable.
SENT_IF_POSSIBLE = (
    "If we can text this number, a code is on its way. "
    "If none comes within a minute, try again, or choose another way."
)
NOT_SUCH_A_NUMBER = "We do not text such a number. Please check it, or choose another way."
LATER = "We cannot send a code right now. Please try again later, or choose another way."
OURS = "Something went wrong on our side. Please choose another way."

# Of a code that was typed in.
WRONG = "That is not the code. Please try again, or ask for a new one."
UNCHECKED = "We could not check the code. Please try the same code again in a minute."
# An attempt may have been used, or the code itself.
UNSURE = "Please try the same code again. If it is refused, ask for a new one."

SAY = {
    "DuplicateDestination": SENT_IF_POSSIBLE,
    "InProgress": SENT_IF_POSSIBLE,
    "OptedOut": SENT_IF_POSSIBLE,
    "OutcomeUnknown": SENT_IF_POSSIBLE,
    "PermanentFailure": SENT_IF_POSSIBLE,
    "RejectedByPinpoint": SENT_IF_POSSIBLE,
    "TooManyMessages": SENT_IF_POSSIBLE,
    "DestinationNotAllowed": NOT_SUCH_A_NUMBER,
    "InvalidRequest": NOT_SUCH_A_NUMBER,  # all that a person writes into it is the number
    "SendingPaused": LATER,
    "StoreUnavailable": LATER,
    "TemporaryFailure": LATER,
    "Throttled": LATER,
    "Unavailable": LATER,
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
    """Give a sentence for a person who waits for a code."""
    match error:
        case OutcomeUnknown():
            return SENT_IF_POSSIBLE  # NoAnswer, too, which the service has no code for
        case NotSent():
            return LATER
        case Problem():
            return SAY.get(error.code, OURS)
    return OURS


def what_to_say_of_a_code(error: OtpError) -> str:
    """Give a sentence for a person whose code could not be checked."""
    match error:
        case OutcomeUnknown():
            return UNSURE
        case InvalidRequest() if is_no_code(error):
            return WRONG
        case InvalidRequest():
            return NOT_SUCH_A_NUMBER  # the number: no code can have been sent to it
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
