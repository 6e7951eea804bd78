"""Runs two services side by side: each verifies the codes that it sent.

Store the result of `new_id` before you send. After a crash, the same call does not text twice, if
the new service sends.
"""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from serverless_otp import OtpClient, read_code

#: Prefixes of ReferenceIds, by service. An ID has 38 characters; 48 are allowed.
NEW, OLD = "n-", "o-"


class Old(Protocol):
    """The service that you have."""

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code, and store it under this ID."""

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Return whether a code is right."""


@dataclass(frozen=True)
class Both:
    """The old and the new service behind one interface.

    Attributes:
        share: returns the new service's share, from 0 to 1. Called for every text, so that you
            can go back by changing a setting.

    """

    old: Old
    new: OtpClient
    share: Callable[[], float]

    def new_id(self) -> str:
        """Choose the service for the next code. Returns a ReferenceId that records the choice."""
        by_the_new_one = random.random() < self.share()  # noqa: S311 - no secret
        return f"{NEW if by_the_new_one else OLD}{uuid.uuid4()}"

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code. A repeated call uses the same service."""
        if reference_id.startswith(NEW):
            # Do not fall back to the old service: the text may have gone out.
            self.new.send(phone, reference_id=reference_id)
        else:
            self.old.send(phone, reference_id)

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Return whether a code is right. The service that sent the code verifies it."""
        if reference_id.startswith(NEW):
            return bool(self.new.verify(phone, reference_id, read_code(code)))
        return self.old.verify(phone, reference_id, code)
