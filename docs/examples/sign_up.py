"""Passwordless sign-up: a number becomes an account when its code was typed in.

The page's own part is here, too: a CAPTCHA before every text, and a limit for each session. Limit
addresses as well, before this is called, and give each form a CSRF token.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from serverless_otp import OtpClient, OtpError, read_code, read_phone_number

from clients.python.examples.store import Store

from .what_to_say import (
    LATER,
    SECONDS_BETWEEN_TEXTS,
    SENT_IF_POSSIBLE,
    WRONG,
    is_not_sent,
    what_to_say,
    what_to_say_of_a_code,
)

MOST_TEXTS_A_SESSION = 3
MOST_REFUSED_A_SESSION = 10
# If the account cannot be made, the person may try again for so long.
SECONDS_VERIFIED = 60

ASK_FIRST = "Please ask for a code first."


@dataclass(frozen=True)
class Session:
    """What is kept of a person who signs up: on the server, where they cannot change it.

    Attributes:
        phone: the number that a code was asked for last.
        reference_id: of that code.
        asked_at: when, in seconds since 1970.
        texts: how often SENT_IF_POSSIBLE was said, whatever the number.
        refused: how often it was something else.
        verified_phone: the number whose code was right, while its account could not be made.
        verified_at: when that was.

    """

    phone: str = ""
    reference_id: str = ""
    asked_at: float | None = None
    texts: int = 0
    refused: int = 0
    verified_phone: str | None = None
    verified_at: float = 0.0


@dataclass(frozen=True)
class SignUp:
    """The two steps of the page.

    Attributes:
        client: of the service.
        sessions: where sessions are kept, by their IDs.
        is_human: asks your CAPTCHA about its answer.
        let_in: makes the account of a number, or opens the one that there is: the page must not
            say which. It may be called again.
        now: tells the time.

    """

    client: OtpClient
    sessions: Store[Session]
    is_human: Callable[[str], bool]
    let_in: Callable[[str], None]
    now: Callable[[], float] = time.time

    def ask_for_code(self, name: str, phone: str, country: str, captcha: str) -> str:
        """Text a code, also for "send again"; gives what to tell the person.

        Args:
            name: the ID of the session.
            phone: what the person has typed in.
            country: where the person is, such as `US`.
            captcha: the person's answer to it.

        """
        phone = read_phone_number(phone, country)
        before = self.sessions.get(name)
        session = before or Session()
        if self._is_over(session):
            return LATER
        asked = replace(
            session,
            phone=phone,
            reference_id=str(uuid.uuid4()),
            asked_at=self.now(),
            texts=session.texts + 1,
            verified_phone=None,
        )
        # Counted and kept before all else, unless another request of this session was first.
        if not self.sessions.swap(name, before, asked):
            return LATER
        refused = replace(session, refused=session.refused + 1)
        if not self.is_human(captcha):
            self.sessions.swap(name, asked, refused)
            return LATER
        try:
            self.client.send(phone, reference_id=asked.reference_id)
        except OtpError as error:
            say = what_to_say(error)
            if is_not_sent(error):
                # The code on the phone is that of before. Where there is none, one that nobody can
                # know: ASK_FIRST would tell.
                kept = session.reference_id if session.phone == phone else asked.reference_id
                told = replace(asked, reference_id=kept)
                self.sessions.swap(name, asked, told if say == SENT_IF_POSSIBLE else refused)
            return say
        return SENT_IF_POSSIBLE

    def confirm(self, name: str, code: str) -> str | None:
        """Let the person in, once, if the code is right; if not, gives what to tell them.

        Then give the session a new ID: else somebody who had planted the old one is let in too.
        """
        session = self.sessions.get(name)
        if session is None or not session.reference_id:
            return ASK_FIRST
        over = replace(session, phone="", reference_id="", verified_phone=None)
        phone, verified_at = session.phone, session.verified_at
        if session.verified_phone == phone and self.now() - verified_at < SECONDS_VERIFIED:
            if not self.sessions.swap(name, session, over):
                return ASK_FIRST
        else:
            try:
                right = self.client.verify(phone, session.reference_id, read_code(code))
            except OtpError as error:
                return what_to_say_of_a_code(error)
            if not right:
                return WRONG
            self.sessions.swap(name, session, over)
            verified_at = self.now()
        try:
            self.let_in(phone)
        except Exception:
            # A code is right only once: the next try, within a minute, does not ask for it again.
            verified = replace(session, verified_phone=phone, verified_at=verified_at)
            self.sessions.swap(name, over, verified)
            raise
        return None

    def _is_over(self, session: Session) -> bool:
        too_soon = (
            session.asked_at is not None and self.now() - session.asked_at < SECONDS_BETWEEN_TEXTS
        )
        return (
            too_soon
            or session.texts >= MOST_TEXTS_A_SESSION
            or session.refused >= MOST_REFUSED_A_SESSION
        )
