"""What to tell the person, by the code of a problem: nothing of limits, and nothing of why.

Whoever tries numbers learns nothing from it, and whoever is real learns what to do next.
"""

from serverless_otp import OtpError, Problem

SOON = "We could not send the code. Please try again in a minute."
LATER = "We cannot send a code right now. Please try again later, or choose another way."
ANOTHER_WAY = "We cannot text this number. Please check it, or choose another way."
MAYBE = "The code may be on its way. If none comes within a minute, ask for a new one."
OURS = "Something went wrong on our side. Please choose another way."

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
    return SAY.get(error.code, OURS) if isinstance(error, Problem) else OURS
