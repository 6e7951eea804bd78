"""Two services side by side: each verifies the codes that it made.

Keep what `new_id` returns before you send with it. Then you can repeat the send after any failure,
and the new service texts nobody twice.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from serverless_otp import OtpClient, read_code

#: How ReferenceIds begin, by the service that makes the code: 38 of 48 characters.
NEW, OLD = "n-", "o-"


class Old(Protocol):
    """Your old service."""

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code, and keep it under this ID."""

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Say whether a code is right."""


@dataclass(frozen=True)
class Both:
    """The old service and the new one, as one.

    Attributes:
        share: of the new one, from 0 to 1; called for every text, so that you can go back.

    """

    old: Old
    new: OtpClient
    share: Callable[[], float]

    def new_id(self) -> str:
        """Choose the service for the next code, and return a ReferenceId that names it."""
        by_the_new_one = random.random() < self.share()  # noqa: S311 - no secret
        return f"{NEW if by_the_new_one else OLD}{uuid.uuid4()}"

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code; a repeated send goes to the same service."""
        if reference_id.startswith(NEW):
            # If this fails, do not try the old service: the text may have gone out.
            self.new.send(phone, reference_id=reference_id)
        else:
            self.old.send(phone, reference_id)

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Say whether a code is right, whichever service made it."""
        if reference_id.startswith(NEW):
            return bool(self.new.verify(phone, reference_id, read_code(code)))
        return self.old.verify(phone, reference_id, code)
