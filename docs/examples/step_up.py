"""Step-up: a code confirms one payment, as it was when the code was sent, and no other.

The text does not say what it confirms, so the page shows payee and amount beside the field.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from serverless_otp import InvalidRequest, OtpClient

from .what_to_say import is_no_code


@dataclass(frozen=True)
class Confirmation:
    """Which code confirms what.

    Attributes:
        reference_id: of the text.
        of: the digest of the payment that the person was shown.

    """

    reference_id: str
    of: str


@dataclass
class Payment:
    """A payment that waits for its confirmation.

    Attributes:
        phone: the account's own, which was verified before: not one that comes with the request.

    """

    payment_id: str
    phone: str
    payee: str
    amount: str
    confirmation: Confirmation | None = None
    confirmed: bool = False

    def digest(self) -> str:
        """Tell this payment from every other one, and from itself after a change."""
        written = json.dumps([self.payment_id, self.phone, self.payee, self.amount])
        return hashlib.sha256(written.encode()).hexdigest()


#: Writes a payment, if nobody has changed it since it was read.
Save = Callable[[Payment], None]


def ask(client: OtpClient, payment: Payment, save: Save, *, again: bool = False) -> None:
    """Text a code for the payment as it is now; a page that is reloaded texts nobody twice.

    Args:
        client: of the service.
        payment: what is to be confirmed.
        save: writes it.
        again: whether the person has pressed "send again".

    Raises:
        OtpError: there may be no text.

    """
    before = payment.confirmation
    if again or before is None or before.of != payment.digest():
        before = Confirmation(reference_id=str(uuid.uuid4()), of=payment.digest())
        payment.confirmation, payment.confirmed = before, False
        save(payment)  # Before it is sent: the ReferenceId is kept with the payment.
    client.send(payment.phone, reference_id=before.reference_id)


def confirm(client: OtpClient, payment: Payment, code: str, save: Save) -> bool:
    """Say whether the payment is confirmed, as it is now.

    Raises:
        OtpError: the code could not be judged; what_to_say_of_a_code has the sentence.

    """
    asked = payment.confirmation
    if asked is None or asked.of != payment.digest():
        return False  # It was changed after the text: the code is for something else.
    if payment.confirmed:
        return True
    try:
        payment.confirmed = bool(client.verify(payment.phone, asked.reference_id, code))
    except InvalidRequest as error:
        if not is_no_code(error):
            raise
    if payment.confirmed:
        save(payment)  # A code is right only once: the answer is kept.
    return payment.confirmed
