"""docs/examples, with a service whose failures the sandbox cannot produce."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import serverless_otp as otp
from serverless_otp import OtpClient, Say

from clients.python.examples.login import MOST_TEXTS, Login
from docs.examples import sqs_function, step_up
from docs.examples.moving_over import NEW, OLD, Both, Old
from docs.examples.step_functions_page import NotWaitingError, Page
from docs.examples.step_up import Payment
from tests.client.person import RIGHT, TYPED, Service
from tests.client.scripted import VirtualClock
from tests.support.at_once import InMemory

from .problems import CLASSES

MINE = "+12065550100"


@dataclass
class Payer:
    """A person who has to confirm payments."""

    payment: Payment = field(
        default_factory=lambda: Payment("p-1", "account", MINE, "ExampleCorp", "25 USD")
    )
    saved: list[Payment] = field(default_factory=list)
    service: Service = field(default_factory=Service)

    def __post_init__(self) -> None:
        """Create the login of the page."""
        self._clock = VirtualClock()
        self._login = Login(self.service.client, InMemory(), now=self._clock.wall)

    def ask(self) -> Say:
        """Request a code, half a minute after the last time."""
        self._clock.advance(30)
        return step_up.ask(self._login, self.payment).say

    def confirm(self) -> Say:
        """Type the code in."""
        return step_up.confirm(self._login, self.payment, TYPED, self.saved.append).say


@pytest.mark.parametrize("when", ["before", "while", "after"])
@pytest.mark.parametrize("change", [{"amount": "2500 USD"}, {"payee": "Mallory"}], ids=str)
def test_a_payment_that_was_changed_is_not_confirmed(when: str, change: dict[str, str]) -> None:
    """The code was for the payment before its change, whenever that happens."""
    payer = Payer()
    payer.ask()
    if when == "before":
        vars(payer.payment).update(change)
    elif when == "while":
        payer.service.outcomes = [lambda: vars(payer.payment).update(change)]

    assert payer.confirm() is (Say.START_OVER if when == "before" else Say.WELCOME)
    assert payer.payment.is_confirmed() == (when == "after")
    assert len(payer.saved) == (when != "before")
    vars(payer.payment).update(change)
    assert not payer.payment.is_confirmed()
    assert payer.confirm() is Say.START_OVER


@pytest.mark.parametrize("refusal", [otp.TooManyMessages(), otp.Throttled()], ids=repr)
def test_code_of_one_payment_confirms_no_other_that_got_no_text(refusal: otp.Problem) -> None:
    """Whether or not the person is told that a text may have arrived."""
    payer = Payer()
    payer.ask()
    payer.payment.payee = "Mallory"
    payer.service.refusal = refusal
    payer.ask()

    payer.confirm()
    assert payer.service.sent[0] not in payer.service.verified


def test_another_payment_is_no_way_to_more_texts() -> None:
    """And only the code of the latest payment is accepted."""
    payer = Payer()
    for number in range(MOST_TEXTS):
        payer.payment = Payment(f"p-{number}", "account", MINE, "ExampleCorp", "25 USD")
        assert payer.ask() is Say.SENT_IF_POSSIBLE
    payer.payment, latest = Payment("p", "account", MINE, "ExampleCorp", "25 USD"), payer.payment

    assert payer.ask() is Say.TOO_MANY
    assert payer.confirm() is Say.START_OVER
    payer.payment = latest
    assert payer.confirm() is Say.WELCOME
    assert len(payer.service.sent) == MOST_TEXTS


# --- A queue, Step Functions, and moving over ---


def test_messages_are_delivered_again_unless_that_would_change_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A new code of a problem fails here until it is decided. The log has no number."""
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
    """DynamoDB may delete the token days later. No attempt is used."""
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
    """The share of new codes may change meanwhile. A failed text is not sent by the other one."""
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
