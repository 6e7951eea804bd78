"""docs/examples: what the sandbox cannot be made to do, with a client that can."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
import serverless_otp
from serverless_otp import OtpClient, OtpError, Sent, Verification

from docs.examples import step_up
from docs.examples.sign_up import Session, SignUp
from docs.examples.step_functions_page import NotWaitingError, Page
from docs.examples.step_up import Payment

MINE, VICTIM = "+12065550100", "+12065550177"
CODE = "123456"

CERTAINLY_NOT_SENT = [
    serverless_otp.NotSent(),
    serverless_otp.StoreUnavailable(),
    serverless_otp.TooManyMessages(),
    serverless_otp.OptedOut(),
]
MAYBE_SENT = [
    serverless_otp.OutcomeUnknown(),
    serverless_otp.NoAnswer(),
    serverless_otp.InProgress(),
    serverless_otp.UnexpectedAnswer(502),
]


@dataclass
class Client:
    """A client whose texts have one code, which is right once.

    Attributes:
        refusal: what the next texts fail with.
        while_sending: happens while a text is asked for.
        while_verifying: happens while a code is verified.
        codes: those on the phones, by number and ReferenceId.
        asked: the ReferenceIds of all texts that were asked for.
        verified: how many codes were looked at.

    """

    refusal: OtpError | None = None
    while_sending: Callable[[], object] = lambda: None
    while_verifying: Callable[[], object] = lambda: None
    codes: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    verified: int = 0

    def send(self, phone: str, *, reference_id: str) -> Sent:
        """Text a code."""
        self.asked.append(reference_id)
        self.while_sending()
        if self.refusal:
            raise self.refusal
        self.codes[phone, reference_id] = CODE
        return Sent(reference_id, None, replayed=False, request_id=None)

    def verify(self, phone: str, reference_id: str, code: str) -> Verification:
        """Say whether a code is right."""
        self.verified += 1
        right = self.codes.get((phone, reference_id)) == code
        if right:
            del self.codes[phone, reference_id]
        self.while_verifying()
        return Verification(right, None)


def of(client: Client) -> OtpClient:
    """Pass for the client."""
    return cast("OtpClient", client)


# --- Sign-up ---


def test_sign_up_lets_in_the_number_whose_code_it_was() -> None:
    """Not the one that the same session asks for meanwhile."""
    client, session, accounts = Client(), Session(), list[str]()
    sign_up = SignUp(of(client), lambda _: True, accounts.append)
    sign_up.ask_for_code(session, MINE, "human")
    client.while_verifying = lambda: sign_up.ask_for_code(session, VICTIM, "human")

    sign_up.confirm(session, CODE)
    client.while_verifying = lambda: None
    sign_up.confirm(session, "654321")

    assert accounts == [MINE]


@pytest.mark.parametrize("refusal", CERTAINLY_NOT_SENT, ids=repr)
def test_sign_up_takes_the_code_on_the_phone_when_another_one_was_refused(
    refusal: OtpError,
) -> None:
    """Nor does the text count that was not sent."""
    client, session, accounts = Client(), Session(), list[str]()
    sign_up = SignUp(of(client), lambda _: True, accounts.append)
    sign_up.ask_for_code(session, MINE, "human")
    client.refusal = refusal
    assert sign_up.ask_for_code(session, MINE, "human") is not None

    assert session.texts == 1
    assert sign_up.confirm(session, CODE) is None
    assert accounts == [MINE]


@pytest.mark.parametrize("refusal", MAYBE_SENT, ids=repr)
def test_sign_up_takes_the_code_of_a_text_that_may_have_been_sent(refusal: OtpError) -> None:
    """It counts as one."""
    client, session = Client(), Session()
    sign_up = SignUp(of(client), lambda _: True, lambda _: None)
    sign_up.ask_for_code(session, MINE, "human")
    client.refusal = refusal
    sign_up.ask_for_code(session, MINE, "human")

    assert session.texts == 2
    assert session.reference_id == client.asked[1]


def test_a_refusal_does_not_put_back_what_was_asked_for_meanwhile() -> None:
    """The latest text counts."""
    client, session = Client(), Session()
    sign_up = SignUp(of(client), lambda _: True, lambda _: None)

    def refuse() -> None:
        client.while_sending = lambda: None
        sign_up.ask_for_code(session, MINE, "human")
        raise serverless_otp.Throttled

    client.while_sending = refuse
    sign_up.ask_for_code(session, MINE, "human")

    assert session.texts == 1
    assert sign_up.confirm(session, CODE) is None


# --- Step-up ---


def payment() -> Payment:
    """Make a payment that waits."""
    return Payment("p-1", MINE, payee="ExampleCorp", amount="25.00 USD")


def saved(_: Payment) -> None:
    """Write a payment."""


@pytest.mark.parametrize("refusal", CERTAINLY_NOT_SENT, ids=repr)
def test_step_up_takes_the_code_on_the_phone_when_another_one_was_refused(
    refusal: OtpError,
) -> None:
    """What is written says so, too."""
    client, waiting, written = Client(), payment(), list[str]()

    def save(payment: Payment) -> None:
        written.append(payment.confirmation.reference_id if payment.confirmation else "")

    step_up.ask(of(client), waiting, save)
    client.refusal = refusal
    with pytest.raises(type(refusal)):
        step_up.ask(of(client), waiting, save, again=True)

    first, second = client.asked
    assert written == [first, second, first]
    assert step_up.confirm(of(client), waiting, CODE, save) is True


@pytest.mark.parametrize("refusal", MAYBE_SENT, ids=repr)
def test_step_up_takes_the_code_of_a_text_that_may_have_been_sent(refusal: OtpError) -> None:
    """The person may have it."""
    client, waiting = Client(), payment()
    step_up.ask(of(client), waiting, saved)
    client.refusal = refusal
    with pytest.raises(type(refusal)):
        step_up.ask(of(client), waiting, saved, again=True)

    assert waiting.confirmation
    assert waiting.confirmation.reference_id == client.asked[1]


def test_a_payment_that_was_confirmed_and_changed_does_not_call_itself_confirmed() -> None:
    """Whoever pays may look at the payment alone."""
    client, waiting = Client(), payment()
    step_up.ask(of(client), waiting, saved)
    assert step_up.confirm(of(client), waiting, CODE, saved) is True
    assert waiting.is_confirmed()

    waiting.amount = "2500.00 USD"

    assert not waiting.is_confirmed()


def test_a_payment_that_changes_while_its_code_is_verified_is_not_confirmed() -> None:
    """The code was for what it had been."""
    client, waiting = Client(), payment()
    step_up.ask(of(client), waiting, saved)
    client.while_verifying = lambda: vars(waiting).update(amount="2500.00 USD")

    assert step_up.confirm(of(client), waiting, CODE, saved) is False
    assert not waiting.is_confirmed()


def test_a_payment_that_is_confirmed_texts_nobody() -> None:
    """However late its page is reloaded."""
    client, waiting = Client(), payment()
    step_up.ask(of(client), waiting, saved)
    step_up.confirm(of(client), waiting, CODE, saved)

    step_up.ask(of(client), waiting, saved, now=lambda: time.time() + 2 * 60 * 60)

    assert len(client.asked) == 1


@pytest.mark.parametrize(("minutes", "texts"), [(59, 1), (61, 2)])
def test_a_reference_id_that_the_service_may_have_forgotten_is_not_used_again(
    minutes: int, texts: int
) -> None:
    """It would be a text all the same, of which nothing is kept."""
    client, waiting, begun = Client(), payment(), time.time()
    step_up.ask(of(client), waiting, saved, now=lambda: begun)

    step_up.ask(of(client), waiting, saved, now=lambda: begun + minutes * 60)

    assert len(set(client.asked)) == texts


# --- Step Functions ---


def page(client: Client, expires_at: float, ended: list[str]) -> Page:
    """Make the page of an execution whose token expires then."""
    item = {"TaskToken": "token", "ExpiresAt": expires_at}
    tokens: Any = SimpleNamespace(get_item=lambda **_: {"Item": item})
    states: Any = SimpleNamespace(
        send_task_success=lambda **request: ended.append(request["taskToken"])
    )
    return Page(of(client), tokens, states, now=lambda: 1_000_000.0)


def test_an_execution_whose_token_has_expired_does_not_wait() -> None:
    """DynamoDB may delete it days later; no attempt is used."""
    client, ended = Client(codes={(MINE, "name"): CODE}), list[str]()

    with pytest.raises(NotWaitingError):
        page(client, 1_000_000, ended).confirm("name", MINE, CODE)
    assert client.verified == 0
    assert page(client, 1_000_001, ended).confirm("name", MINE, CODE) is True
    assert ended == ["token"]
