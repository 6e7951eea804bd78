"""docs/examples: sign-up, step-up and moving over, against the deployed service.

What they do when the service says something else: tests/docs/test_examples.py.
"""

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
NO_CODES = ("12a456", "", "12 456", "1234567890")


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


class Site:
    """Somebody's site: who is let in, and a CAPTCHA that people solve; one session of it."""

    def __init__(self, client: OtpClient, deployment: Deployment) -> None:
        self.accounts: list[str] = []
        self._sessions: InOneProcess[Session] = InOneProcess()
        self._seconds = 0.0
        self._deployment = deployment
        self._page = SignUp(
            client,
            self._sessions,
            lambda answer: answer == "human",
            self.accounts.append,
            lambda: self._seconds,
        )

    def ask(self, phone: str = NUMBER, captcha: str = "human") -> str:
        """Ask for a code, when the button can be seen again."""
        self._seconds += SECONDS_BETWEEN_TEXTS
        return self._page.ask_for_code("session", phone, captcha)

    def confirm(self, code: str) -> str | None:
        """Type a code in."""
        return self._page.confirm("session", code)

    def code(self) -> str:
        """Read the code that counts."""
        session = self._sessions.get("session")
        assert session
        return code_of(self._deployment, session.reference_id)


@pytest.fixture
def site(client: OtpClient, deployment: Deployment) -> Site:
    """A site without accounts."""
    return Site(client, deployment)


def test_sign_up_lets_in_who_has_the_code(site: Site, deployment: Deployment) -> None:
    """Once, and nobody with another one, or with one of an earlier text, or with no code at all.

    A bot gets no text, and a session a few; it does not hear why.
    """
    before = len(deployment.texts())
    assert site.confirm("123456") == ASK_FIRST
    assert site.ask(captcha="robot") == LATER
    assert site.ask() == SENT_IF_POSSIBLE
    old = site.code()
    said = [site.ask() for _ in range(MOST_TEXTS_A_SESSION)]
    assert said == [SENT_IF_POSSIBLE] * (MOST_TEXTS_A_SESSION - 1) + [LATER]
    assert len(deployment.texts()) == before + MOST_TEXTS_A_SESSION
    code = site.code()

    for typed in (*NO_CODES, another(code)):
        assert site.confirm(typed) == WRONG
    assert old == code or site.confirm(old) == WRONG
    assert site.accounts == []
    assert site.confirm(code) is None
    assert site.confirm(code) == ASK_FIRST
    assert site.accounts == [NUMBER]


def test_sign_up_tells_nothing_of_a_number(site: Site) -> None:
    """Somebody may have opted out, and nobody may know of a text: its code counts."""
    assert site.ask("+1206") == NOT_SUCH_A_NUMBER  # nobody's
    assert site.ask(OPTED_OUT) == SENT_IF_POSSIBLE
    assert site.confirm("123456") == WRONG
    assert site.ask(ANSWER_LOST) == SENT_IF_POSSIBLE
    assert site.confirm(site.code()) is None


@pytest.mark.parametrize("change", [{"amount": "2500.00 USD"}, {"payee": "Mallory"}])
def test_the_code_confirms_the_payment_as_it_was(
    client: OtpClient, deployment: Deployment, change: dict[str, str]
) -> None:
    """Whatever is typed in next. A page that is reloaded texts once, and "send again" again."""
    payment = Payment("p-1", NUMBER, payee="ExampleCorp", amount="25.00 USD")
    seconds = 0.0

    def save(_: Payment) -> None:
        """Keep it."""

    def ask(*, again: bool = False) -> str:
        nonlocal seconds
        seconds += SECONDS_BETWEEN_TEXTS
        step_up.ask(client, payment, save, again=again, now=lambda: seconds)
        assert payment.confirmation
        return payment.confirmation.reference_id

    first = ask()
    assert ask() == first
    assert ask(again=True) != first
    code = code_of(deployment, ask())
    vars(payment).update(change)
    assert step_up.confirm(client, payment, code, save) is False
    code = code_of(deployment, ask())
    typed = (another(code), "12a456", code, code)
    said = [step_up.confirm(client, payment, one, save) for one in typed]
    assert said == [False, False, True, True]
    payment.amount = "1.00 USD"
    assert step_up.confirm(client, payment, code, save) is False


def test_a_payments_reference_id_is_kept_before_the_text(
    client: OtpClient, deployment: Deployment
) -> None:
    """A process that dies in between can ask for the same text."""
    before = len(deployment.texts())

    def die(_: Payment) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        step_up.ask(client, Payment("p-1", NUMBER, payee="E", amount="1 USD"), die)
    assert len(deployment.texts()) == before


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
    """Whichever service new codes come from meanwhile: the ReferenceId says by whom.

    A text of the new one that may have gone out is not sent by the old one.
    """
    share, old = {"new": 1.0}, OldService()
    both = Both(old, client, lambda: share["new"])
    by_the_new_one = both.new_id()
    both.send(NUMBER, by_the_new_one)
    with pytest.raises(OutcomeUnknown):
        both.send(ANSWER_LOST, both.new_id())
    share["new"] = 0.0
    both.send(NUMBER, by_the_new_one)
    assert old.sent == []
    by_the_old_one = both.new_id()
    both.send(NUMBER, by_the_old_one)

    assert by_the_new_one.startswith(NEW)
    assert by_the_old_one.startswith(OLD)
    assert old.sent == [(NUMBER, by_the_old_one)]
    assert both.verify(NUMBER, by_the_old_one, "111111") is True
    assert both.verify(NUMBER, by_the_new_one, "111111") is False
    assert both.verify(NUMBER, by_the_new_one, code_of(deployment, by_the_new_one)) is True
