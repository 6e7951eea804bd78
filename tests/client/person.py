"""A person who logs in with the example, and a scripted client for the example to call."""

from collections.abc import Callable
from typing import cast

from serverless_otp import FieldError, InvalidRequest, OtpClient, OtpError, Sent, Verification

from clients.python.examples.login import ALLOWED_ATTEMPTS, SECONDS_BETWEEN_TEXTS, Answer, Login
from clients.python.examples.store import Store
from tests.support.at_once import InMemory

from .scripted import NUMBER, VirtualClock

WRONG, RIGHT = "000000", "123456"
TYPED = "123 456"  # the right code with a space, as people type it

# What a call does: succeed, raise the error, or run the function first.
Outcome = None | OtpError | Callable[[], object]


def bad(field: str) -> InvalidRequest:
    """Make the problem of an invalid field."""
    error = InvalidRequest()
    error.errors = (FieldError(field, "No."),)
    return error


class Service:
    """A client that plays the outcomes in order, then succeeds; each code is valid once."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.refusal: OtpError | None = None  # raised by every send while set
        self.texted: list[str] = []  # the numbers
        self.sent: list[str] = []  # the ReferenceIds
        self.verified: list[str] = []
        self.client = cast("OtpClient", self)
        self._codes: set[tuple[str, str]] = set()

    def send(
        self, destination: str, *, reference_id: str, allowed_attempts: int = ALLOWED_ATTEMPTS
    ) -> Sent:
        """Send; the code is valid even if the call then fails."""
        assert allowed_attempts == ALLOWED_ATTEMPTS
        self.sent.append(reference_id)
        self._codes.add((destination, reference_id))
        self._next()
        if self.refusal:
            raise self.refusal
        self.texted.append(destination)
        return Sent(reference_id, None, replayed=False, request_id=None)

    def verify(self, phone: str, reference_id: str, code: str) -> Verification:
        """Verify; a code that is not a number is an invalid field and uses no attempt."""
        if not code.isdecimal():
            raise bad("/Otp")
        self.verified.append(reference_id)
        self._next()
        right = code == RIGHT and (phone, reference_id) in self._codes
        if right:
            self._codes.remove((phone, reference_id))
        return Verification(right, request_id=None)

    def _next(self) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, OtpError):
            raise outcome
        if outcome:
            outcome()


class Person:
    """Logs in by phone number alone, or by phone as a second factor; passes the CAPTCHA."""

    def __init__(
        self, *outcomes: Outcome, attempts: Store | None = None, phone_alone: bool = True
    ) -> None:
        self.service = Service(*outcomes)
        self.captchas: list[str] = []
        self._clock = VirtualClock()
        self._phone_alone = phone_alone
        self._login = Login(
            self.service.client,
            attempts or InMemory(),
            phone_alone=phone_alone,
            is_human=self._is_human,
            now=self._clock.wall,
        )

    def ask(self, phone: str = NUMBER, captcha: str = "human") -> Answer:
        """Request a code, typing the number as people do unless it is a second factor."""
        if self._phone_alone:
            return self._login.request_code("session", f"00 {phone[1:]}", "US", captcha=captcha)
        return self._login.request_code("session", phone, captcha=captcha)

    def resend(self, after: int = SECONDS_BETWEEN_TEXTS) -> Answer:
        """Request another text once its button is back."""
        self.pause(after)
        return self._login.resend("session", captcha="human")

    def type_in(self, code: str = TYPED) -> Answer:
        """Enter a code."""
        return self._login.verify("session", code)

    def pause(self, seconds: int = SECONDS_BETWEEN_TEXTS) -> None:
        """Wait, by default until the button is back."""
        self._clock.advance(seconds)

    def _is_human(self, captcha: str) -> bool:
        self.captchas.append(captcha)
        return captcha == "human"
