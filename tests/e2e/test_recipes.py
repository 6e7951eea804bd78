"""docs/examples: sign-up, step-up and moving over, against the deployed service."""

from dataclasses import dataclass, field

import boto3
import pytest
from serverless_otp import OtpClient, OutcomeUnknown

from clients.python.examples.store import InOneProcess
from docs.examples import step_up
from docs.examples.moving_over import NEW, OLD, Both
from docs.examples.sign_up import ASK_FIRST, MOST_TEXTS_A_SESSION, Session, SignUp
from docs.examples.step_up import Payment
from docs.examples.what_to_say import (
    LATER,
    NOT_SUCH_A_NUMBER,
    SECONDS_BETWEEN_TEXTS,
    SENT_IF_POSSIBLE,
    WRONG,
)
from tests.support.deployment import NUMBER, Deployment, code_in

OPTED_OUT = "+12065550101"
ANSWER_LOST = "+12065550109"  # texted, and nobody knows


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> OtpClient:
    """Make a client as a caller does, with the ApiUrl and its own credentials."""
    state = deployment.state
    session = boto3.Session(state.accessKeyId, state.secretAccessKey, region_name=state.region)
    return OtpClient(api_url=state.apiUrl + "/", region_name=state.region, session=session)


def code_of(deployment: Deployment, reference_id: str) -> str:
    """Read the code on the phone; there is one text."""
    [text] = deployment.texts(reference_id)
    return code_in(text)


def another(code: str) -> str:
    """Give a code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"


# --- Sign-up ---


@dataclass
class Site:
    """Somebody's site: who is let in, and a CAPTCHA that people solve; one session of it."""

    client: OtpClient
    accounts: list[str] = field(default_factory=list)
    sessions: InOneProcess[Session] = field(default_factory=InOneProcess)
    seconds: float = 0.0

    def ask(self, phone: str = NUMBER, captcha: str = "human") -> str:
        """Ask for a code, when the button can be seen again."""
        self.seconds += SECONDS_BETWEEN_TEXTS
        return self._page().ask_for_code("session", phone, captcha)

    def confirm(self, code: str) -> str | None:
        """Type a code in."""
        return self._page().confirm("session", code)

    def reference_id(self) -> str:
        """Tell of which text the code counts."""
        session = self.sessions.get("session")
        assert session
        return session.reference_id

    def _page(self) -> SignUp:
        return SignUp(
            self.client,
            self.sessions,
            lambda answer: answer == "human",
            self.accounts.append,
            lambda: self.seconds,
        )


@pytest.fixture
def site(client: OtpClient) -> Site:
    """A site without accounts."""
    return Site(client)


def test_sign_up_lets_in_who_has_the_code(site: Site, deployment: Deployment) -> None:
    """Once, and nobody with another one, or with one of an earlier text, or with no code at all."""
    assert site.confirm("123456") == ASK_FIRST
    assert site.ask() == SENT_IF_POSSIBLE
    old = code_of(deployment, site.reference_id())
    assert site.ask() == SENT_IF_POSSIBLE
    code = code_of(deployment, site.reference_id())

    for typed in ("12a456", "", "12 456", "1234567890", another(code)):
        assert site.confirm(typed) == WRONG
    assert old == code or site.confirm(old) == WRONG
    assert site.accounts == []
    assert site.confirm(code) is None
    assert site.confirm(code) == ASK_FIRST
    assert site.accounts == [NUMBER]


def test_a_bot_gets_no_text_and_a_session_a_few_only(site: Site, deployment: Deployment) -> None:
    """Nor does either hear why, however long it waits between them."""
    before = len(deployment.texts())

    assert site.ask(captcha="robot") == LATER
    assert len(deployment.texts()) == before
    said = [site.ask() for _ in range(MOST_TEXTS_A_SESSION + 1)]

    assert said == [SENT_IF_POSSIBLE] * MOST_TEXTS_A_SESSION + [LATER]
    assert len(deployment.texts()) == before + MOST_TEXTS_A_SESSION


def test_who_opted_out_is_like_anybody_else(site: Site) -> None:
    """Neither the text nor the code tells: this may be somebody else's. No number is nobody's."""
    assert site.ask("+1206") == NOT_SUCH_A_NUMBER
    assert site.ask(OPTED_OUT) == SENT_IF_POSSIBLE
    assert site.confirm("123456") == WRONG


def test_a_text_that_nobody_knows_of_can_still_be_confirmed(
    site: Site, deployment: Deployment
) -> None:
    """The person has the code."""
    assert site.ask(ANSWER_LOST) == SENT_IF_POSSIBLE
    assert site.confirm(code_of(deployment, site.reference_id())) is None


# --- Step-up ---


@dataclass
class Bank:
    """Somebody's payments."""

    client: OtpClient
    saved: list[str | None] = field(default_factory=list)
    seconds: float = 0.0
    payment: Payment = field(
        default_factory=lambda: Payment("p-1", NUMBER, payee="ExampleCorp", amount="25.00 USD")
    )

    def save(self, payment: Payment) -> None:
        """Write down what was known when."""
        self.saved.append(payment.confirmation.reference_id if payment.confirmation else None)

    def ask(self, *, again: bool = False) -> str:
        """Text a code, when the button can be seen again; gives the ReferenceId."""
        self.seconds += SECONDS_BETWEEN_TEXTS
        step_up.ask(self.client, self.payment, self.save, again=again, now=lambda: self.seconds)
        assert self.payment.confirmation
        return self.payment.confirmation.reference_id

    def confirm(self, code: str) -> bool:
        """Type a code in."""
        return step_up.confirm(self.client, self.payment, code, self.save)


@pytest.fixture
def bank(client: OtpClient) -> Bank:
    """A payment that waits."""
    return Bank(client)


def test_the_code_confirms_the_payment(bank: Bank, deployment: Deployment) -> None:
    """Once for all: it stays confirmed, whatever is typed in next, unless the payment changes."""
    code = code_of(deployment, bank.ask())

    said = [bank.confirm(typed) for typed in (another(code), "12a456", code, code)]

    assert said == [False, False, True, True]
    bank.payment.amount = "2500.00 USD"
    assert bank.confirm(code) is False


@pytest.mark.parametrize("change", [{"amount": "2500.00 USD"}, {"payee": "Mallory"}])
def test_a_payment_that_has_changed_is_not_confirmed(
    bank: Bank, deployment: Deployment, change: dict[str, str]
) -> None:
    """The code was for something else; the next one is for this."""
    code = code_of(deployment, bank.ask())
    vars(bank.payment).update(change)

    assert bank.confirm(code) is False
    assert bank.confirm(code_of(deployment, bank.ask())) is True


def test_a_page_that_is_reloaded_texts_once(bank: Bank, deployment: Deployment) -> None:
    """The same ReferenceId again; "send again" is another one. It is kept before the text.

    A process that dies in between can ask for the same text.
    """
    before = len(deployment.texts())

    def die(_: Payment) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        step_up.ask(bank.client, bank.payment, die)
    assert len(deployment.texts()) == before

    first = bank.ask()
    assert bank.ask() == first
    assert len(deployment.texts(first)) == 1
    assert bank.ask(again=True) != first


# --- Moving over ---


class OldService:
    """What somebody had: one code for all."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send(self, phone: str, reference_id: str) -> None:
        """Text a code."""
        self.sent.append((phone, reference_id))

    def verify(self, phone: str, reference_id: str, code: str) -> bool:
        """Say whether a code is right."""
        return (phone, reference_id) in self.sent and code == "111111"


def test_codes_are_made_once_and_verified_where_they_were_made(
    client: OtpClient, deployment: Deployment
) -> None:
    """Whichever service new codes come from meanwhile: the ReferenceId says by whom."""
    share, old = {"new": 1.0}, OldService()
    both = Both(old, client, lambda: share["new"])
    by_the_new_one = both.new_id()
    both.send(NUMBER, by_the_new_one)
    share["new"] = 0.0
    both.send(NUMBER, by_the_new_one)
    by_the_old_one = both.new_id()
    both.send(NUMBER, by_the_old_one)

    assert by_the_new_one.startswith(NEW)
    assert by_the_old_one.startswith(OLD)
    assert old.sent == [(NUMBER, by_the_old_one)]
    assert both.verify(NUMBER, by_the_old_one, "111111") is True
    assert both.verify(NUMBER, by_the_new_one, "111111") is False
    assert both.verify(NUMBER, by_the_new_one, code_of(deployment, by_the_new_one)) is True


def test_a_text_of_the_new_service_that_failed_is_not_sent_by_the_old_one(
    client: OtpClient,
) -> None:
    """It may have gone out."""
    old = OldService()
    both = Both(old, client, lambda: 1.0)
    with pytest.raises(OutcomeUnknown):
        both.send(ANSWER_LOST, both.new_id())
    assert old.sent == []
