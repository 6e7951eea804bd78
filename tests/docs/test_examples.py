"""docs/examples, with a service that does what the sandbox cannot be made to do."""

import json
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest.mock import Mock, call

import pytest
import serverless_otp as otp
from serverless_otp import OtpClient, OtpError

from clients.python.examples.store import InOneProcess, Store
from docs.examples import sign_up, sqs_function, step_up
from docs.examples.moving_over import NEW, OLD, Both, Old
from docs.examples.sign_up import ASK_FIRST, Session, SignUp
from docs.examples.step_functions_page import NotWaitingError, Page
from docs.examples.step_up import NoMoreTextsError, Payment
from docs.examples.what_to_say import LATER, SAY, SECONDS_BETWEEN_TEXTS, SENT_IF_POSSIBLE, WRONG
from tests.client.person import RIGHT, TYPED, Service
from tests.client.person import WRONG as GUESS
from tests.support.at_once import AllReadFirst, at_once

from .problems import CLASSES

MINE, VICTIM = "+12065550100", "+12065550177"

# Which of two texts counts when the second one fails so: the one on the phone, or the one that may
# be. No text is on the way where it is certain that none was sent.
REFUSALS = [
    (otp.NotSent(), 0),
    (otp.TooManyMessages(), 0),
    (otp.OutcomeUnknown(), 1),
    (otp.InProgress(), 1),
    (otp.UnexpectedAnswer(502), 1),
]

# --- Sign-up ---


class Visitor:
    """Somebody with one session on the page of a sign-up, at a time that stands still."""

    def __init__(self, sessions: Store[Session] | None = None) -> None:
        self.service = Service()
        self.now = 1_000_000.0
        self.captcha = Mock(side_effect=lambda answer: answer == "human")
        self.let_in = Mock()
        self.sessions = sessions or InOneProcess()
        self._page = SignUp(
            self.service.client, self.sessions, self.captcha, self.let_in, lambda: self.now
        )

    def ask(self, phone: str = MINE, captcha: str = "human", *, after: float = 30) -> str:
        """Ask for a code, when the button can be seen again."""
        self.now += after
        return self._page.ask_for_code("session", f"00 {phone[1:]}", "US", captcha)

    def confirm(self, code: str = TYPED) -> str | None:
        """Type a code in."""
        return self._page.confirm("session", code)


def test_sign_up_lets_in_the_number_whose_code_it_was_and_once() -> None:
    """Not the one that the same session asks for meanwhile; and what was verified is gone."""
    visitor = Visitor()
    assert visitor.confirm() == ASK_FIRST
    visitor.ask()
    visitor.service.outcomes = [lambda: visitor.ask(VICTIM)]
    assert visitor.confirm() is None
    assert [visitor.confirm(code) for code in (GUESS, "12a456")] == [WRONG, WRONG]

    assert visitor.confirm() is None
    assert (visitor.confirm(GUESS), visitor.confirm()) == (ASK_FIRST, ASK_FIRST)
    assert visitor.let_in.mock_calls == [call(MINE), call(VICTIM)]


@pytest.mark.parametrize(
    ("seconds", "more"), [(sign_up.SECONDS_VERIFIED - 1, 1), (sign_up.SECONDS_VERIFIED, 0)]
)
def test_account_that_could_not_be_made_is_made_within_a_minute(seconds: int, more: int) -> None:
    """A code is right only once, so its answer is kept: for so long, however often it fails."""
    visitor = Visitor()
    visitor.ask()
    visitor.let_in.side_effect = [ConnectionError, ConnectionError, None]
    for _ in range(2):
        with pytest.raises(ConnectionError):
            visitor.confirm()
        visitor.now += seconds / 2

    visitor.confirm()
    visitor.confirm()

    assert visitor.let_in.mock_calls == [call(MINE)] * (2 + more)


def test_twenty_requests_at_once_are_one() -> None:
    """All read before one writes: one account; one text, and one look at the CAPTCHA."""
    visitor = Visitor(AllReadFirst[Session](20))
    verified = Session(MINE, "reference", verified_phone=MINE, verified_at=visitor.now)
    visitor.sessions.swap("session", None, verified)
    assert at_once(20, visitor.confirm).count(ASK_FIRST) == 19
    visitor.let_in.assert_called_once_with(MINE)

    said = at_once(20, lambda: visitor.ask(after=0))

    visitor.captcha.assert_called_once_with("human")
    assert (len(visitor.service.sent), said.count(LATER)) == (1, 19)


def test_texts_of_a_session_have_a_pause_and_an_end() -> None:
    """Another number is no way round."""
    visitor = Visitor()
    for number in range(sign_up.MOST_TEXTS_A_SESSION):
        assert visitor.ask(f"+1206555010{number}") == SENT_IF_POSSIBLE
        assert visitor.ask(after=SECONDS_BETWEEN_TEXTS - 1) == LATER
        visitor.now -= SECONDS_BETWEEN_TEXTS - 1

    assert visitor.ask() == LATER
    assert len(visitor.service.sent) == sign_up.MOST_TEXTS_A_SESSION


def test_bots_end() -> None:
    """A CAPTCHA that is not solved is no text, and has a budget of its own."""
    visitor = Visitor()
    for _ in range(sign_up.MOST_REFUSED_A_SESSION):
        visitor.ask(captcha="robot")

    assert visitor.ask(captcha="human") == LATER
    assert visitor.service.sent == []


@pytest.mark.parametrize(("refusal", "counts"), REFUSALS, ids=repr)
def test_sign_up_takes_the_code_of_the_latest_text(refusal: OtpError, counts: int) -> None:
    """Of the one that may have been sent, too."""
    visitor = Visitor()
    visitor.ask()
    visitor.service.refusal = refusal
    visitor.ask()

    assert visitor.confirm() is None
    assert visitor.service.verified == [visitor.service.sent[counts]]


def test_a_refusal_does_not_put_back_what_was_asked_for_meanwhile() -> None:
    """The latest text counts."""
    visitor = Visitor()

    def refuse() -> None:
        visitor.ask()
        raise otp.Throttled

    visitor.service.outcomes = [refuse]
    visitor.ask()

    assert visitor.confirm() is None
    assert visitor.service.verified == visitor.service.sent[1:]


def dialogue(refusal: OtpError | None) -> list[str | None]:
    """Give all that somebody hears who tries a number until there is nothing more to hear."""
    visitor = Visitor()
    visitor.service.refusal = refusal
    said: list[str | None] = []
    for _ in range(sign_up.MOST_TEXTS_A_SESSION + 2):
        said += [visitor.ask(VICTIM), visitor.ask(VICTIM, after=0), visitor.confirm(GUESS)]
    return said


@pytest.mark.parametrize("code", [code for code, say in SAY.items() if say == SENT_IF_POSSIBLE])
def test_nothing_tells_whether_a_number_was_texted(code: str) -> None:
    """The sentences and their end are those of a number that got every text."""
    assert dialogue(getattr(otp, code)()) == dialogue(None)
    assert {SENT_IF_POSSIBLE, WRONG, LATER} == {*dialogue(None)}


def test_what_is_said_of_a_problem_tells_nothing_of_a_number() -> None:
    """Every code is decided about; what is kept of a number is said as a text is."""
    kept = {kind.code for kind in CLASSES if kind.keeps_reference_id} | {"TooManyMessages"}

    assert SAY.keys() == {kind.code for kind in CLASSES}
    assert {SAY[code] for code in kept} == {SENT_IF_POSSIBLE}


# --- Step-up ---


@dataclass
class Payer:
    """Somebody whose payment waits for its confirmation, at a time that stands still."""

    service: Service = field(default_factory=Service)
    now: float = field(default_factory=time.time)
    payment: Payment = field(default_factory=lambda: Payment("p-1", MINE, "ExampleCorp", "25 USD"))
    written: list[str] = field(default_factory=list)

    def ask(self, *, again: bool = False, after: float = step_up.SECONDS_BETWEEN_TEXTS) -> None:
        """Ask for a code, some seconds after the last time."""
        self.now += after
        now = self.now
        step_up.ask(self.service.client, self.payment, self._save, again=again, now=lambda: now)

    def confirm(self, code: str = TYPED) -> bool:
        """Type a code in."""
        return step_up.confirm(self.service.client, self.payment, code, lambda _: None)

    def _save(self, payment: Payment) -> None:
        self.written.append(payment.confirmation.reference_id if payment.confirmation else "")


@pytest.mark.parametrize(("refusal", "counts"), REFUSALS, ids=repr)
def test_step_up_takes_the_code_of_the_latest_text(refusal: OtpError, counts: int) -> None:
    """What is written says so, too: before a text, and when there certainly is none."""
    payer = Payer()
    payer.ask()
    payer.service.refusal = refusal
    with pytest.raises(type(refusal)):
        payer.ask(again=True)
    first, second = payer.service.sent

    assert payer.written == ([first, second] if counts else [first, second, first])
    assert (payer.payment.texts, payer.payment.refused) == (1 + counts, 1 - counts)
    assert [payer.confirm(code) for code in (GUESS, "12a456", TYPED)] == [False, False, True]
    assert {*payer.service.verified} == {payer.service.sent[counts]}


def test_a_payment_gets_a_few_texts_only() -> None:
    """With a pause between them, and whatever was changed in it meanwhile."""
    payer = Payer()
    for number in range(step_up.MOST_TEXTS):
        payer.payment.amount = f"{number} USD"
        payer.ask()
        with pytest.raises(NoMoreTextsError):
            payer.ask(again=True, after=step_up.SECONDS_BETWEEN_TEXTS - 1)
        payer.now -= step_up.SECONDS_BETWEEN_TEXTS - 1

    with pytest.raises(NoMoreTextsError):
        payer.ask(again=True)
    assert len(payer.service.sent) == step_up.MOST_TEXTS
    assert payer.confirm()


def test_refused_texts_of_a_payment_end() -> None:
    """They are not counted as texts."""
    payer = Payer(Service(*[otp.SendingPaused()] * step_up.MOST_REFUSED))
    for _ in range(step_up.MOST_REFUSED):
        with pytest.raises(otp.SendingPaused):
            payer.ask()

    with pytest.raises(NoMoreTextsError):
        payer.ask()
    assert payer.payment.texts == 0


@pytest.mark.parametrize("when", ["before", "while", "after"])
@pytest.mark.parametrize("change", [{"amount": "2500 USD"}, {"payee": "Mallory"}], ids=str)
def test_a_payment_that_was_changed_is_not_confirmed(when: str, change: dict[str, str]) -> None:
    """Before, while or after its code was verified, which was for what it had been."""
    payer = Payer()
    payer.ask()
    if when == "before":
        vars(payer.payment).update(change)
    elif when == "while":
        payer.service.outcomes = [lambda: vars(payer.payment).update(change)]

    assert payer.confirm() == payer.payment.is_confirmed() == (when == "after")
    assert len(payer.service.verified) == (when != "before")
    vars(payer.payment).update(change)
    assert not payer.payment.is_confirmed()
    assert not payer.confirm()


@pytest.mark.parametrize(
    ("confirmed", "minutes", "ids", "requests"),
    [(False, 59, 1, 2), (False, 61, 2, 2), (True, 120, 1, 1)],
)
def test_page_that_is_reloaded_texts_nobody_twice(
    *, confirmed: bool, minutes: int, ids: int, requests: int
) -> None:
    """Nor at all, once confirmed. A ReferenceId that may be forgotten by then is not used again."""
    payer = Payer()
    payer.ask()
    if confirmed:
        assert payer.confirm()

    payer.ask(after=minutes * 60)

    assert (len({*payer.service.sent}), len(payer.service.sent)) == (ids, requests)


# --- A queue, Step Functions, and moving over ---


def test_messages_are_delivered_again_unless_that_would_change_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every code is decided about; one without an answer is repeated. No log has the number."""
    final = {"DestinationNotAllowed", "OutcomeUnknown"}
    final |= {kind.code for kind in CLASSES if kind.keeps_reference_id}
    outcomes = [getattr(otp, kind.code)() for kind in sorted(CLASSES, key=lambda kind: kind.code)]
    outcomes += [otp.NotSent(), otp.NoAnswer(), otp.UnexpectedAnswer(200, "")]
    bodies = ["{}", "[]", "", *(json.dumps({"phone": MINE}) for _ in outcomes)]
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    names = [body or "empty" for body in bodies[:3]] + [type(one).__name__ for one in outcomes]

    answer = sqs_function.text_all(Service(*outcomes).client, {"Records": records})

    again = {names[int(one["itemIdentifier"])] for one in answer["batchItemFailures"]}
    assert {*names} - again == final
    assert MINE[1:] not in caplog.text


def test_an_execution_whose_token_has_expired_does_not_wait() -> None:
    """DynamoDB may delete it days later; no attempt is used."""
    service, states = Service(), Mock()
    service.send(MINE, reference_id="name")

    def confirm(expires_at: float) -> bool:
        item = {"Item": {"TaskToken": "token", "ExpiresAt": expires_at}}
        tokens = SimpleNamespace(get_item=lambda **_: item)
        page = Page(service.client, tokens, states, now=lambda: 1_000_000.0)
        return page.confirm("name", MINE, TYPED)

    with pytest.raises(NotWaitingError):
        confirm(1_000_000)
    assert (service.verified, states.mock_calls) == ([], [])
    assert confirm(1_000_001)
    assert states.send_task_success.call_args.kwargs["taskToken"] == "token"


@pytest.mark.parametrize(("share", "prefix"), [(1, NEW), (0, OLD)])
def test_codes_are_made_once_and_verified_where_they_were_made(share: float, prefix: str) -> None:
    """Whichever service new codes come from meanwhile; a text that failed is not sent by both."""
    services = Mock(spec=Old), Mock(spec=OtpClient)
    reference_id = Both(*services, lambda: share).new_id()
    both = Both(*services, lambda: 1 - share)
    made, other = reversed(services) if share else services
    made.send.side_effect = otp.OutcomeUnknown

    with pytest.raises(otp.OutcomeUnknown):
        both.send(MINE, reference_id)
    made.verify.return_value = True
    assert both.verify(MINE, reference_id, TYPED) is True

    assert reference_id.startswith(prefix)
    made.verify.assert_called_once_with(MINE, reference_id, RIGHT if share else TYPED)
    assert other.mock_calls == []
