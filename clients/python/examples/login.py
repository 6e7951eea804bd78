"""A login by phone number: request a code, resend it, verify it.

Framework-neutral: your web page calls `Login` and shows the person the answer. Your page must also:

- Put a CSRF token in every form. Without it, another site can make its visitors request texts.
- Give the session a new ID after a right password, and again after WELCOME. Otherwise an attacker
  who planted the old ID is logged in as well.
"""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from math import ceil

from serverless_otp import (
    InvalidRequest,
    OtpClient,
    OtpError,
    Say,
    read_code,
    read_phone_number,
    say_of_send,
    say_of_verify,
)

from .store import Store

SECONDS_BETWEEN_TEXTS = 30
# For each session in an hour, for all numbers together.
MOST_TEXTS = 4
MOST_REFUSED = 10
SECONDS_COUNTED = 60 * 60
# Wrong codes for each text. `send` passes it on, so that Pinpoint enforces the same limit.
ALLOWED_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the person.

    Attributes:
        say: the sentence.
        wait_seconds: how long to hide the button "send again".
        phone: after WELCOME, the verified number. Do not use the number in the page's form: it may
            have changed since.

    """

    say: Say
    wait_seconds: int = 0
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login attempt: the state between two requests of the person.

    Attributes:
        phone: the number, in E.164 format.
        confirms: what the code is for, if not for the login.
        reference_id: of the latest text that went out or may have gone out. Only its code counts.
        wrong: the number of wrong codes since that text.
        texts: the times in the last hour when the answer was SENT_IF_POSSIBLE, for any number.
        refused: the times in the last hour when a request for a code got another answer.

    """

    phone: str
    confirms: str = ""
    reference_id: str | None = None
    wrong: int = 0
    texts: tuple[float, ...] = ()
    refused: tuple[float, ...] = ()


class Login:
    """Logs people in by their phone numbers.

    Args:
        client: calls the service.
        attempts: stores the login attempts by session ID.
        phone_alone: True if there is no password and the person types the number. Only then may the
            number change. As a second factor, the number is the account's throughout.
        is_human: verifies the CAPTCHA's answer, before every text.
        now: returns the time in seconds since 1970.

    """

    def __init__(
        self,
        client: OtpClient,
        attempts: Store,
        *,
        phone_alone: bool = False,
        is_human: Callable[[str], bool] = lambda _: True,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._attempts = attempts
        self._phone_alone = phone_alone
        self._is_human = is_human
        self._now = now

    def request_code(
        self,
        name: str,
        phone: str,
        country: str | None = None,
        *,
        captcha: str = "",
        confirms: str = "",
    ) -> Answer:
        """Begin a login attempt, or send another code if the number is the same.

        Changing the number neither shortens the pause nor resets the counts.

        Args:
            name: the session ID.
            phone: the account's number, or the number that the person typed.
            country: the country of the person who typed the number, such as `US`. None for the
                account's number.
            captcha: the person's answer to the CAPTCHA.
            confirms: what the code is for. The code is right for nothing else.

        """
        if country:
            phone = read_phone_number(phone, country)
        before, attempt = self._read(name)
        attempt = attempt or Attempt(phone)
        if attempt.phone != phone and not self._phone_alone:
            return Answer(Say.START_OVER)
        if (attempt.phone, attempt.confirms) != (phone, confirms):
            attempt = replace(attempt, phone=phone, confirms=confirms, reference_id=None)
        return self._text(name, before, attempt, captcha)

    def resend(self, name: str, *, captcha: str = "") -> Answer:
        """Send another code, because the person says that none arrived."""
        before, attempt = self._read(name)
        return self._text(name, before, attempt, captcha) if attempt else Answer(Say.START_OVER)

    def verify(self, name: str, code: str, *, confirms: str = "") -> Answer:
        """Check the code that the person typed."""
        before, attempt = self._read(name)
        if attempt is None or attempt.reference_id is None or attempt.confirms != confirms:
            return Answer(Say.START_OVER)
        if attempt.wrong >= ALLOWED_ATTEMPTS:
            return Answer(Say.ANOTHER_CODE)
        say, used = Say.WRONG_CODE, True
        try:
            if self._client.verify(attempt.phone, attempt.reference_id, read_code(code)):
                # A right code is valid once. The counts stay: verifying does not earn texts.
                self._swap(name, before, replace(attempt, reference_id=None))
                return Answer(Say.WELCOME, phone=attempt.phone)
        except OtpError as error:
            say, used = say_of_verify(error), not isinstance(error, InvalidRequest)
        if say is Say.WRONG_CODE and used:
            self._swap(name, before, replace(attempt, wrong=attempt.wrong + 1))
            say = Say.ANOTHER_CODE if attempt.wrong + 1 == ALLOWED_ATTEMPTS else say
        return Answer(say)

    def _text(self, name: str, before: str | None, attempt: Attempt, captcha: str) -> Answer:
        if not_now := self._not_now(attempt):
            return not_now
        # A new ReferenceId is a new text. Count and store it before sending. If another request of
        # this session was first, do not send.
        reference_id = str(uuid.uuid4())
        now = self._now()
        asked = replace(attempt, reference_id=reference_id, wrong=0, texts=(*attempt.texts, now))
        if not (kept := self._swap(name, before, asked)):
            return Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
        refused = replace(attempt, refused=(*attempt.refused, now))
        if not self._is_human(captcha):
            self._swap(name, kept, refused)
            return Answer(Say.LATER, SECONDS_BETWEEN_TEXTS)
        say = Say.SENT_IF_POSSIBLE
        try:
            self._client.send(
                attempt.phone, reference_id=reference_id, allowed_attempts=ALLOWED_ATTEMPTS
            )
        except OtpError as error:
            say = say_of_send(error)
            if not error.maybe_texted:
                # No text went out, so the code on the phone belongs to the earlier ReferenceId.
                # Without one, keep the new ReferenceId, whose code does not exist: START_OVER would
                # reveal that. If the person has requested another code meanwhile, that one stays.
                earlier = replace(asked, reference_id=attempt.reference_id or reference_id)
                self._swap(name, kept, earlier if say is Say.SENT_IF_POSSIBLE else refused)
        return Answer(say, 0 if say is Say.NOT_SUCH_A_NUMBER else SECONDS_BETWEEN_TEXTS)

    def _not_now(self, attempt: Attempt) -> Answer | None:
        def left(times: tuple[float, ...], seconds: int) -> int:
            return ceil(times[0] + seconds - self._now()) if times else 0

        if (wait := left(attempt.texts[-1:], SECONDS_BETWEEN_TEXTS)) > 0:
            return Answer(Say.LATER, wait)
        counts = (attempt.texts, MOST_TEXTS), (attempt.refused, MOST_REFUSED)
        if over := [left(times, SECONDS_COUNTED) for times, most in counts if len(times) >= most]:
            return Answer(Say.TOO_MANY, max(over))
        return None

    def _read(self, name: str) -> tuple[str | None, Attempt | None]:
        """Return the stored text and its attempt, without times that are over an hour old."""
        kept = self._attempts.get(name)
        attempt = Attempt(**json.loads(kept)) if kept else None
        if attempt:
            since = self._now() - SECONDS_COUNTED
            texts, refused = (
                tuple(time for time in times if time > since)
                for times in (attempt.texts, attempt.refused)
            )
            attempt = replace(attempt, texts=texts, refused=refused) if texts or refused else None
        return kept, attempt

    def _swap(self, name: str, before: str | None, attempt: Attempt) -> str | None:
        """Store an attempt. Returns the stored text, or None if another request was first."""
        after = json.dumps(asdict(attempt))
        return after if self._attempts.swap(name, before, after) else None
