"""Destinations that make the emulator fail on purpose.

They are ``+1206555`` and four digits from 0100 to 0111, inside the range 555-0100 to 555-0199 that
the North American plan keeps for fiction, so none can be a real phone.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Answer(Enum):
    """How SendOTPMessage answers after it has processed the message."""

    NORMAL = auto()
    TOO_LATE = auto()
    SERVER_ERROR = auto()
    CONNECTION_DROPPED = auto()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The outcome of a message to one destination.

    ``delivery_status``, ``status_code`` and ``status_message`` go into its entry in ``Result``.
    ``status_message`` is None for a sent text, whose entry names the message ID instead.
    """

    delivery_status: str = "SUCCESSFUL"
    status_code: int = 200
    status_message: str | None = None
    answer: Answer = Answer.NORMAL

    @property
    def texted(self) -> bool:
        """Whether the text is sent. If not, no code is pending."""
        return self.delivery_status == "SUCCESSFUL"


_SENT = Behaviour()

# AWS documents the delivery statuses, but not their codes and messages, which are made up here.
# TIMEOUT is missing from botocore's list of statuses, which boto3 does not enforce on answers: it
# stands for any status that a client does not know.
_RESERVED = {
    "+12065550100": _SENT,
    "+12065550101": Behaviour("OPT_OUT", 400, "Phone number is opted out"),
    "+12065550102": Behaviour("PERMANENT_FAILURE", 400, "Invalid phone number"),
    "+12065550103": Behaviour("THROTTLED", 429, "Sending rate exceeded"),
    "+12065550104": Behaviour("TEMPORARY_FAILURE", 503, "Carrier is currently unavailable"),
    "+12065550105": Behaviour("UNKNOWN_FAILURE", 500, "Unknown error"),
    "+12065550106": Behaviour("TIMEOUT", 504, "Carrier did not answer in time"),
    "+12065550107": Behaviour("DUPLICATE", 400, "Duplicate endpoint address"),
    "+12065550108": Behaviour(answer=Answer.TOO_LATE),
    "+12065550109": Behaviour(answer=Answer.SERVER_ERROR),
    "+12065550110": Behaviour(answer=Answer.CONNECTION_DROPPED),
    "+12065550111": Behaviour("PERMANENT_FAILURE", 400, "Destination phone number opted out"),
}

NUMBERS = frozenset(_RESERVED)


def behaviour_for(destination: str) -> Behaviour:
    """Return the outcome of a message to ``destination`` (E.164); unreserved numbers are sent."""
    return _RESERVED.get(destination, _SENT)
