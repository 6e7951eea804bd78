"""The results of successful calls."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that went out.

    Attributes:
        reference_id: needed by `OtpClient.verify`. Store it.
        message_id: Pinpoint's message ID, or None if Pinpoint returned none.
        replayed: True if this is the recorded answer to an earlier request with the same
            ReferenceId. The text went out then; none went out now.
        request_id: finds the request in the function's log.

    """

    reference_id: str
    message_id: str | None
    replayed: bool
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a code is right. It is truthy if the code is.

    Attributes:
        valid: whether the code is right. A right code is valid once.
        request_id: finds the request in the function's log.

    """

    valid: bool
    request_id: str | None

    def __bool__(self) -> bool:
        return self.valid
