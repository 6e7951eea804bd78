"""What a call gives when the service did what it was asked."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that went out.

    Attributes:
        reference_id: what `OtpClient.verify` needs; keep it.
        message_id: Pinpoint's, or None where it gave none.
        replayed: True where this is the recorded answer to an earlier request with the same
            ReferenceId: the text went out then, and none now.
        request_id: leads to the function's log.

    """

    reference_id: str
    message_id: str | None
    replayed: bool
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The answer to the question whether a code is right; true or false by itself.

    Attributes:
        valid: whether it is. A right code is valid once.
        request_id: leads to the function's log.

    """

    valid: bool
    request_id: str | None

    def __bool__(self) -> bool:
        return self.valid
