"""Destinations that make the emulator behave badly on purpose.

They are ``+1206555`` and four digits from 0100 to 0111, inside the range 555-0100 to 555-0199 that
the North American plan keeps for fiction, so that none can ever be somebody's phone.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Answer(Enum):
    """How SendOTPMessage answers once it has dealt with the message."""

    NORMAL = auto()
    TOO_LATE = auto()
    SERVER_ERROR = auto()
    CONNECTION_DROPPED = auto()


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to a message to one destination.

    ``delivery_status``, ``status_code`` and ``status_message`` are what its entry in ``Result``
    says; ``status_message`` is None for a text that went out, where it names the message ID.
    """

    delivery_status: str = "SUCCESSFUL"
    status_code: int = 200
    status_message: str | None = None
    answer: Answer = Answer.NORMAL

    @property
    def texted(self) -> bool:
        """Whether the text goes out. If not, no code is pending afterwards either."""
        return self.delivery_status == "SUCCESSFUL"


_SENT = Behaviour()

# AWS documents the delivery statuses, not the codes and messages beside them: those are plausible
# inventions. TIMEOUT is missing from botocore's list of statuses, which boto3 does not enforce on
# answers; it stands for any status a client has not heard of.
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
    """Return what a message to ``destination`` (E.164) does; every unreserved number is sent."""
    return _RESERVED.get(destination, _SENT)
