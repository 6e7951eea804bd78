"""Two services side by side: the new one makes new codes, and each verifies its own.

Keep what `new_id` gives before you send with it: whatever dies then, the same call texts nobody
twice by the new service.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from serverless_otp import OtpClient, read_code

#: What ReferenceIds begin with, by who makes the code: 38 characters, of 48.
NEW, OLD = "n-", "o-"


class Old(Protocol):
    """What you have."""

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code, and keep it under this ID."""

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Say whether a code is right."""


@dataclass(frozen=True)
class Both:
    """The old service and the new one, as one.

    Attributes:
        share: of the new one, from 0 to 1: read for every text, so that going back is a setting.

    """

    old: Old
    new: OtpClient
    share: Callable[[], float]

    def new_id(self) -> str:
        """Decide who makes the next code; gives its ReferenceId, which says so from now on."""
        by_the_new_one = random.random() < self.share()  # noqa: S311 - no secret
        return f"{NEW if by_the_new_one else OLD}{uuid.uuid4()}"

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code; when it is repeated, by the same one of them."""
        if reference_id.startswith(NEW):
            # Never the old one after the new one has failed: the text may have gone out.
            self.new.send(phone, reference_id=reference_id)
        else:
            self.old.send(phone, reference_id)

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Say whether a code is right, wherever it was made."""
        if reference_id.startswith(NEW):
            return bool(self.new.verify(phone, reference_id, read_code(code)))
        return self.old.verify(phone, reference_id, code)
