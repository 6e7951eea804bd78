"""Step-up: a code confirms one payment, as it was when the code was sent, and no other.

The text does not say what it confirms, so the page shows payee and amount beside the field. Its
forms have a CSRF token.
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
        phone: the account's own, which was verified before: not one that comes with the request.
        confirmed_of: the digest of what was confirmed; `is_confirmed` says whether it is this.

    """

    payment_id: str
    account_id: str
    phone: str
    payee: str
    amount: str
    confirmed_of: str | None = None

    def digest(self) -> str:
        """Tell this payment from every other one, and from itself after a change."""
        written = json.dumps([self.payment_id, self.phone, self.payee, self.amount])
        return hashlib.sha256(written.encode()).hexdigest()

    def is_confirmed(self) -> bool:
        """Say whether the payment is confirmed, as it is now."""
        return self.confirmed_of == self.digest()


def ask(login: Login, payment: Payment) -> Answer:
    """Text a code for the payment as it is now, also for "send again".

    Texts are counted by account, so that another payment is no way to more of them.
    """
    return login.request_code(payment.account_id, payment.phone, confirms=payment.digest())


def confirm(login: Login, payment: Payment, code: str, save: Callable[[Payment], None]) -> Answer:
    """Confirm the payment, if the code is right; WELCOME, if so.

    Args:
        login: as for `ask`.
        payment: as it is now. Changed since the text, it is not confirmed.
        code: what the person has typed in.
        save: writes the payment, if nobody has changed it since it was read.

    """
    digest = payment.digest()
    answer = login.verify(payment.account_id, code, confirms=digest)
    if answer.say is Say.WELCOME:
        payment.confirmed_of = digest
        save(payment)  # A code is right only once: the answer is kept.
    return answer
