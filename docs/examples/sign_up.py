"""Passwordless sign-up: a number becomes an account when its code was typed in.

The page's own part is here, too: a CAPTCHA before every text, and a limit for each session. Limit
addresses as well, before this is called.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from serverless_otp import OtpClient, OtpError

from .what_to_say import LATER, WRONG, what_to_say, what_to_say_of_a_code

MOST_TEXTS_A_SESSION = 3

ASK_FIRST = "Please ask for a code first."


@dataclass
class Session:
    """What is kept of a person who signs up: on the server, where they cannot change it."""

    phone: str = ""
    reference_id: str = ""
    texts: int = 0
    verified: bool = False


@dataclass(frozen=True)
class SignUp:
    """The two steps of the page. Each gives what to tell the person, or None if all is well.

    Attributes:
        client: of the service.
        is_human: asks your CAPTCHA about its answer.
        let_in: makes the account of a number, or opens the one that there is: the page must not
            say which. It may be called again.

    """

    client: OtpClient
    is_human: Callable[[str], bool]
    let_in: Callable[[str], None]

    def ask_for_code(self, session: Session, phone: str, captcha: str) -> str | None:
        """Text a code; also for "send again", which is a new ReferenceId."""
        if session.texts >= MOST_TEXTS_A_SESSION or not self.is_human(captcha):
            return LATER
        session.texts += 1
        # Kept before it is sent: without it, nothing that arrives can be verified.
        session.phone, session.reference_id = phone, str(uuid.uuid4())
        session.verified = False
        try:
            self.client.send(phone, reference_id=session.reference_id)
        except OtpError as error:
            return what_to_say(error)
        return None

    def confirm(self, session: Session, code: str) -> str | None:
        """Let the person in if the code is right."""
        if not session.reference_id:
            return ASK_FIRST
        if not session.verified:
            try:
                session.verified = bool(
                    self.client.verify(session.phone, session.reference_id, code)
                )
            except OtpError as error:
                return what_to_say_of_a_code(error)
        if not session.verified:
            return WRONG
        # A code is right only once: if this fails, the next try must not ask again.
        self.let_in(session.phone)
        return None
