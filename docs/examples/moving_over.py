"""Two services side by side: the new one makes new codes, and each verifies its own."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from serverless_otp import OtpClient

#: Of ReferenceIds that the new service has: 38 characters, of 48.
NEW = "n-"


class Old(Protocol):
    """What you have."""

    def send(self, phone: str) -> str:
        """Text a code; gives what it calls it."""

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

    def send(self, phone: str) -> str:
        """Text a code by one of them; gives the ReferenceId."""
        if random.random() >= self.share():  # noqa: S311 - no secret
            return self.old.send(phone)
        # Never the old one after the new one has failed: the text may have gone out.
        return self.new.send(phone, reference_id=f"{NEW}{uuid.uuid4()}").reference_id

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Say whether a code is right, wherever it was made."""
        if reference_id.startswith(NEW):
            return bool(self.new.verify(phone, reference_id, code))
        return self.old.verify(phone, reference_id, code)
