"""docs/examples: what the sandbox cannot be made to do, with a client that can."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
import serverless_otp
from serverless_otp import OtpClient, OtpError, Sent, Verification

from clients.python.examples.store import InOneProcess, Store
from docs.examples import sign_up, step_up
from docs.examples.sign_up import ASK_FIRST, Session, SignUp
from docs.examples.step_functions_page import NotWaitingError, Page
from docs.examples.step_up import NoMoreTextsError, Payment
from docs.examples.what_to_say import (
    LATER,
    SECONDS_BETWEEN_TEXTS,
    SENT_IF_POSSIBLE,
    WRONG,
    is_not_sent,
    what_to_say,
)
from tests.support.at_once import AllReadFirst, at_once

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


class Clock:
    """A clock whose time passes when it is told to; somebody waits for the next text."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.seconds

    def pause(self) -> None:
        """Let the pause between two texts pass."""
        self.seconds += SECONDS_BETWEEN_TEXTS


# --- Sign-up ---


class Visitor:
    """Somebody with one session on the page of a sign-up.

    Attributes:
        client: the service.
        clock: the time.
        captchas: those that were looked at.
        accounts: who was let in, one after the other.
        while_letting_in: happens when an account is made.

    """

    def __init__(self, client: Client, sessions: Store[Session] | None = None) -> None:
        self.client = client
        self.clock = Clock()
        self.captchas: list[str] = []
        self.accounts: list[str] = []
        self.while_letting_in: Callable[[], object] = lambda: None
        self._sessions = sessions or InOneProcess()
        self._page = SignUp(of(client), self._sessions, self._is_human, self._let_in, self.clock)

    def ask(self, phone: str = MINE, captcha: str = "human") -> str:
        """Ask for a code, when the button can be seen again."""
        self.clock.pause()
        return self._page.ask_for_code("session", phone, captcha)

    def ask_at_once(self, phone: str = MINE) -> str:
        """Ask for a code without waiting."""
        return self._page.ask_for_code("session", phone, "human")

    def confirm(self, code: str = CODE) -> str | None:
        """Type a code in."""
        return self._page.confirm("session", code)

    def session(self) -> Session:
        """Look at what is kept."""
        session = self._sessions.get("session")
        assert session
        return session

    def _is_human(self, captcha: str) -> bool:
        self.captchas.append(captcha)
        return captcha == "human"

    def _let_in(self, phone: str) -> None:
        self.while_letting_in()
        self.accounts.append(phone)


def fail() -> None:
    """Fail as a database does."""
    raise ConnectionError


def test_sign_up_lets_in_the_number_whose_code_it_was() -> None:
    """Not the one that the same session asks for meanwhile."""
    client = Client()
    visitor = Visitor(client)
    visitor.ask()
    client.while_verifying = lambda: visitor.ask(VICTIM)

    visitor.confirm()
    client.while_verifying = lambda: None
    visitor.confirm("654321")

    assert visitor.accounts == [MINE]


def test_whoever_was_let_in_is_not_let_in_again() -> None:
    """With any code: what had been verified is gone."""
    visitor = Visitor(Client())
    visitor.ask()
    assert visitor.confirm() is None

    assert visitor.confirm("654321") == ASK_FIRST
    assert visitor.confirm() == ASK_FIRST
    assert visitor.accounts == [MINE]


@pytest.mark.parametrize(
    ("seconds", "accounts"),
    [(sign_up.SECONDS_VERIFIED - 1, [MINE]), (sign_up.SECONDS_VERIFIED, [])],
)
def test_account_that_could_not_be_made_is_made_within_a_minute(
    seconds: int, accounts: list[str]
) -> None:
    """A code is right only once, so its answer is kept: for so long, however often it fails."""
    visitor = Visitor(Client())
    visitor.ask()
    visitor.while_letting_in = fail
    with pytest.raises(ConnectionError):
        visitor.confirm()
    visitor.clock.seconds += seconds / 2
    with pytest.raises(ConnectionError):
        visitor.confirm()
    visitor.while_letting_in = lambda: None
    visitor.clock.seconds += seconds / 2

    visitor.confirm()
    visitor.confirm()

    assert visitor.accounts == accounts


def test_what_is_verified_lets_in_once_however_many_ask() -> None:
    """All read before one writes."""
    sessions = AllReadFirst[Session](20)
    verified = Session(MINE, "reference", verified_phone=MINE, verified_at=Clock().seconds)
    sessions.swap("session", None, verified)
    visitor = Visitor(Client(), sessions)

    said = at_once(20, visitor.confirm)

    assert visitor.accounts == [MINE]
    assert said.count(ASK_FIRST) == 19


def test_twenty_requests_at_once_are_one_text() -> None:
    """And one look at the CAPTCHA: whoever could not count asks for nothing."""
    client = Client()
    visitor = Visitor(client, AllReadFirst(20))

    said = at_once(20, visitor.ask_at_once)

    assert visitor.captchas == ["human"]
    assert len(client.asked) == 1
    assert said.count(LATER) == 19


def test_a_text_follows_after_the_pause_only() -> None:
    """Another number is no way round."""
    client = Client()
    visitor = Visitor(client)
    visitor.ask()

    assert visitor.ask_at_once() == LATER
    assert visitor.ask_at_once(VICTIM) == LATER
    assert len(client.asked) == 1


def test_bots_end() -> None:
    """A CAPTCHA that is not solved is no text, and has a budget of its own."""
    client = Client()
    visitor = Visitor(client)
    for _ in range(sign_up.MOST_REFUSED_A_SESSION):
        visitor.ask(captcha="robot")

    assert visitor.ask(captcha="human") == LATER
    assert client.asked == []


@pytest.mark.parametrize("refusal", CERTAINLY_NOT_SENT, ids=repr)
def test_sign_up_takes_the_code_on_the_phone_when_another_one_was_refused(
    refusal: OtpError,
) -> None:
    """It is the latest."""
    client = Client()
    visitor = Visitor(client)
    visitor.ask()
    client.refusal = refusal
    visitor.ask()

    assert visitor.confirm() is None
    assert visitor.accounts == [MINE]


@pytest.mark.parametrize("refusal", MAYBE_SENT, ids=repr)
def test_sign_up_takes_the_code_of_a_text_that_may_have_been_sent(refusal: OtpError) -> None:
    """It counts as one."""
    client = Client()
    visitor = Visitor(client)
    visitor.ask()
    client.refusal = refusal
    visitor.ask()

    assert visitor.session().texts == 2
    assert visitor.session().reference_id == client.asked[1]


def test_a_refusal_does_not_put_back_what_was_asked_for_meanwhile() -> None:
    """The latest text counts."""
    client = Client()
    visitor = Visitor(client)

    def refuse() -> None:
        client.while_sending = lambda: None
        visitor.ask()
        raise serverless_otp.Throttled

    client.while_sending = refuse
    visitor.ask()

    assert visitor.confirm() is None


def dialogue(refusal: OtpError | None) -> list[str | None]:
    """Give all that somebody hears who tries a number until there is nothing more to hear."""
    visitor = Visitor(Client(refusal))
    said: list[str | None] = []
    for _ in range(sign_up.MOST_TEXTS_A_SESSION + 2):
        said += [visitor.ask(VICTIM), visitor.ask_at_once(VICTIM), visitor.confirm("654321")]
    return said


def telling() -> list[OtpError]:
    """Give all problems that are about a number, and of which certainly no text came."""
    found = [
        of()
        for of in vars(serverless_otp).values()
        if isinstance(of, type) and issubclass(of, serverless_otp.Problem)
    ]
    return [
        error for error in found if is_not_sent(error) and what_to_say(error) == SENT_IF_POSSIBLE
    ]


@pytest.mark.parametrize("refusal", telling(), ids=repr)
def test_nothing_tells_whether_a_number_was_texted(refusal: OtpError) -> None:
    """The sentences and their end are those of a number that got every text."""
    assert dialogue(refusal) == dialogue(None)
    assert {SENT_IF_POSSIBLE, WRONG, LATER} == set(dialogue(refusal))


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

    clock = Clock()
    step_up.ask(of(client), waiting, save, now=clock)
    client.refusal = refusal
    clock.pause()
    with pytest.raises(type(refusal)):
        step_up.ask(of(client), waiting, save, again=True, now=clock)

    first, second = client.asked
    assert written == [first, second, first]
    assert (waiting.texts, waiting.refused) == (1, 1)
    assert step_up.confirm(of(client), waiting, CODE, save) is True


@pytest.mark.parametrize("refusal", MAYBE_SENT, ids=repr)
def test_step_up_takes_the_code_of_a_text_that_may_have_been_sent(refusal: OtpError) -> None:
    """The person may have it."""
    client, waiting, clock = Client(), payment(), Clock()
    step_up.ask(of(client), waiting, saved, now=clock)
    client.refusal = refusal
    clock.pause()
    with pytest.raises(type(refusal)):
        step_up.ask(of(client), waiting, saved, again=True, now=clock)

    assert waiting.confirmation
    assert waiting.confirmation.reference_id == client.asked[1]


def test_a_payment_gets_a_few_texts_only() -> None:
    """With a pause between them, and whatever was changed in it meanwhile."""
    client, waiting, clock = Client(), payment(), Clock()
    for number in range(step_up.MOST_TEXTS):
        clock.pause()
        waiting.amount = f"{number}.00 USD"
        step_up.ask(of(client), waiting, saved, now=clock)
        with pytest.raises(NoMoreTextsError):
            step_up.ask(of(client), waiting, saved, again=True, now=clock)
    clock.pause()

    with pytest.raises(NoMoreTextsError):
        step_up.ask(of(client), waiting, saved, again=True, now=clock)
    assert len(client.asked) == step_up.MOST_TEXTS
    assert step_up.confirm(of(client), waiting, CODE, saved) is True


def test_refused_texts_of_a_payment_end() -> None:
    """They are not counted as texts."""
    client, waiting, clock = Client(serverless_otp.SendingPaused()), payment(), Clock()
    for _ in range(step_up.MOST_REFUSED):
        clock.pause()
        with pytest.raises(serverless_otp.SendingPaused):
            step_up.ask(of(client), waiting, saved, now=clock)
    clock.pause()

    with pytest.raises(NoMoreTextsError):
        step_up.ask(of(client), waiting, saved, now=clock)
    assert waiting.texts == 0


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
