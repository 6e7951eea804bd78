"""Step-up: a code confirms one payment, as it was when the code was sent.

The text does not say what it confirms, so your page must show payee and amount beside the field.
Its forms need a CSRF token.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from serverless_otp import Say

from clients.python.examples.login import Answer, Login


@dataclass
class Payment:
    """A payment that waits for its confirmation.

    Attributes:
        phone: the account's verified number, never one from the request.
        confirmed_of: the digest of the version that was confirmed. `is_confirmed` compares it.

    """

    payment_id: str
    account_id: str
    phone: str
    payee: str
    amount: str
    confirmed_of: str | None = None

    def digest(self) -> str:
        """Return a digest that differs for every other payment, and after every change."""
        written = json.dumps([self.payment_id, self.phone, self.payee, self.amount])
        return hashlib.sha256(written.encode()).hexdigest()

    def is_confirmed(self) -> bool:
        """Return whether the payment is confirmed as it is now."""
        return self.confirmed_of == self.digest()


def ask(login: Login, payment: Payment) -> Answer:
    """Text a code for the payment as it is now. Use this for "send again" too.

    Texts are counted by account, so that starting another payment does not allow more texts.
    """
    return login.request_code(payment.account_id, payment.phone, confirms=payment.digest())


def confirm(login: Login, payment: Payment, code: str, save: Callable[[Payment], None]) -> Answer:
    """Confirm and save the payment if the code is right. The answer is then WELCOME.

    Args:
        login: the same as for `ask`.
        payment: the payment as it is now. If it changed after the text, it is not confirmed.
        code: the code as the person typed it.
        save: writes the payment. It must fail if the payment was changed since it was read.

    """
    digest = payment.digest()
    answer = login.verify(payment.account_id, code, confirms=digest)
    if answer.say is Say.WELCOME:
        payment.confirmed_of = digest
        save(payment)  # A right code is valid once, so its result must be stored.
    return answer
