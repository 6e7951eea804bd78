"""Step-up: a code confirms one payment, as it was when the code was sent, and no other.

The text does not say what it confirms, so the page shows payee and amount beside the field. Its
forms have a CSRF token.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from serverless_otp import InvalidRequest, OtpClient, OtpError, read_code

from .what_to_say import is_no_code, is_not_sent

# The service forgets a ReferenceId after 65 minutes: the same one would be texted again.
MOST_SECONDS = 60 * 60

SECONDS_BETWEEN_TEXTS = 30
# For each payment. Bound the payments of an account that wait for a confirmation as well.
MOST_TEXTS = 4
MOST_REFUSED = 10


class NoMoreTextsError(Exception):
    """There was a text a moment ago, or there were too many. Say LATER, of what_to_say."""


@dataclass(frozen=True)
class Confirmation:
    """Which code confirms what.

    Attributes:
        reference_id: of the text.
        of: the digest of the payment that the person was shown.
        asked_at: when it was made, in seconds since 1970.

    """

    reference_id: str
    of: str
    asked_at: float


@dataclass
class Payment:
    """A payment that waits for its confirmation.

    Attributes:
        phone: the account's own, which was verified before: not one that comes with the request.
        confirmation: of the latest text.
        confirmed_of: the digest of what was confirmed; `is_confirmed` says whether it is this.
        texts: how many went out, or may have.
        refused: how often there certainly was none.
        texted_at: when the latest one was asked for, in seconds since 1970.

    """

    payment_id: str
    phone: str
    payee: str
    amount: str
    confirmation: Confirmation | None = None
    confirmed_of: str | None = None
    texts: int = 0
    refused: int = 0
    texted_at: float | None = None

    def digest(self) -> str:
        """Tell this payment from every other one, and from itself after a change."""
        written = json.dumps([self.payment_id, self.phone, self.payee, self.amount])
        return hashlib.sha256(written.encode()).hexdigest()

    def is_confirmed(self) -> bool:
        """Say whether the payment is confirmed, as it is now."""
        return self.confirmed_of == self.digest()


#: Writes a payment, if nobody has changed it since it was read.
Save = Callable[[Payment], None]


def ask(
    client: OtpClient,
    payment: Payment,
    save: Save,
    *,
    again: bool = False,
    now: Callable[[], float] = time.time,
) -> None:
    """Text a code for the payment as it is now; a page that is reloaded texts nobody twice.

    A payment that is confirmed needs no text.

    Args:
        client: of the service.
        payment: what is to be confirmed.
        save: writes it.
        again: whether the person has pressed "send again".
        now: tells the time.

    Raises:
        NoMoreTextsError: nothing was asked for.
        OtpError: there may be no text.

    """
    if payment.is_confirmed():
        return
    if payment.refused >= MOST_REFUSED:
        raise NoMoreTextsError
    before = asked = payment.confirmation
    if (
        again
        or asked is None
        or asked.of != payment.digest()
        or now() - asked.asked_at > MOST_SECONDS
    ):
        if payment.texts >= MOST_TEXTS or (
            payment.texted_at is not None and now() - payment.texted_at < SECONDS_BETWEEN_TEXTS
        ):
            raise NoMoreTextsError
        asked = Confirmation(str(uuid.uuid4()), of=payment.digest(), asked_at=now())
        payment.confirmation = asked
        payment.texts += 1
        payment.texted_at = asked.asked_at
        save(payment)  # Before it is sent: it is counted, and its ReferenceId is kept.
    try:
        client.send(payment.phone, reference_id=asked.reference_id)
    except OtpError as error:
        if is_not_sent(error):
            payment.refused += 1
            if asked is not before:
                payment.confirmation = before  # Its code is the one on the phone.
                payment.texts -= 1
            save(payment)
        raise


def confirm(client: OtpClient, payment: Payment, code: str, save: Save) -> bool:
    """Say whether the payment is confirmed, as it is now.

    Raises:
        OtpError: the code could not be judged; what_to_say_of_a_code has the sentence.

    """
    if payment.is_confirmed():
        return True
    asked = payment.confirmation
    if asked is None or asked.of != payment.digest():
        return False  # It was changed after the text: the code is for something else.
    try:
        right = client.verify(payment.phone, asked.reference_id, read_code(code))
    except InvalidRequest as error:
        if not is_no_code(error):
            raise
        return False
    if right:
        payment.confirmed_of = asked.of
        save(payment)  # A code is right only once: the answer is kept.
    return payment.is_confirmed()
