"""Passwordless sign-up: a number becomes an account when its code was typed in.

The page's own part is here, too: a CAPTCHA before every text, and a limit for each session. Limit
addresses as well, before this is called.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from serverless_otp import OtpClient, OtpError

from .what_to_say import LATER, WRONG, is_not_sent, what_to_say, what_to_say_of_a_code

MOST_TEXTS_A_SESSION = 3

ASK_FIRST = "Please ask for a code first."


@dataclass
class Session:
    """What is kept of a person who signs up: on the server, where they cannot change it.

    Attributes:
        phone: the number that was texted last.
        reference_id: of that text.
        texts: how many there were.
        verified_phone: the number whose code was right, until another code is asked for.

    """

    phone: str = ""
    reference_id: str = ""
    texts: int = 0
    verified_phone: str | None = None


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
        before = session.phone, session.reference_id, session.verified_phone
        # Kept before it is sent: without it, nothing that arrives can be verified.
        reference_id = str(uuid.uuid4())
        session.phone, session.reference_id, session.verified_phone = phone, reference_id, None
        try:
            self.client.send(phone, reference_id=reference_id)
        except OtpError as error:
            if is_not_sent(error):
                session.texts -= 1
                if session.reference_id == reference_id:  # nobody has asked for another one
                    session.phone, session.reference_id, session.verified_phone = before
            return what_to_say(error)
        return None

    def confirm(self, session: Session, code: str) -> str | None:
        """Let the person in if the code is right."""
        # Read once: the same session may ask for a code to somebody else's number meanwhile.
        phone, reference_id = session.phone, session.reference_id
        if not reference_id:
            return ASK_FIRST
        if session.verified_phone != phone:
            try:
                right = self.client.verify(phone, reference_id, code)
            except OtpError as error:
                return what_to_say_of_a_code(error)
            if not right:
                return WRONG
            # A code is right only once: if what follows fails, the next try must not ask again.
            session.verified_phone = phone
        self.let_in(phone)
        return None
