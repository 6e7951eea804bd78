"""The words that the examples show to a person, and what they log instead."""

import logging

import pytest
import serverless_otp as otp
from serverless_otp import FieldError, InvalidRequest, OtpError, Problem, Say
from serverless_otp.words import TABLE

from docs.generate.answers import OF_THE_FUNCTIONS, VERIFY

from .problems import CLASSES

NUMBER = "+12065550177"


def test_every_exception_has_words() -> None:
    """The client's exceptions, which include one for every code of the service."""
    exceptions = {kind for kind in vars(otp).values() if isinstance(kind, type)}

    assert {kind for kind in exceptions if issubclass(kind, OtpError)} - {OtpError} == TABLE.keys()
    assert {kind.code for kind in CLASSES} <= {kind.__name__ for kind in TABLE}
    answered = {problem.code for problem in OF_THE_FUNCTIONS[VERIFY]}
    assert all(words.after_verify for kind, words in TABLE.items() if kind.__name__ in answered)


def test_problems_of_a_number_look_like_a_text() -> None:
    """Otherwise, a stranger could learn something about the number."""
    kept = {kind.code for kind in CLASSES if kind.keeps_reference_id} | {"TooManyMessages"}

    assert {otp.say_of_send(getattr(otp, code)()) for code in kept} == {Say.SENT_IF_POSSIBLE}


def bad(*fields: str) -> InvalidRequest:
    """Return the problem for these bad fields."""
    error = InvalidRequest()
    error.errors = tuple(FieldError(field, "No.") for field in fields)
    return error


@pytest.mark.parametrize(
    ("error", "after_send", "after_verify", "logged"),
    [
        (bad("/DestinationIdentity"), Say.NOT_SUCH_A_NUMBER, Say.NOT_SUCH_A_NUMBER, False),
        (bad("/Otp"), Say.OURS, Say.WRONG_CODE, False),
        (bad("/DestinationIdentity", "/Language"), Say.OURS, Say.OURS, True),
        (bad(), Say.OURS, Say.OURS, True),
        (Problem(code="OfANewerService"), Say.SENT_IF_POSSIBLE, Say.OURS, True),
        (otp.OptedOut(), Say.SENT_IF_POSSIBLE, Say.OURS, False),
        (otp.SendingPaused(), Say.LATER, Say.OURS, False),
        (otp.NotSent("There was no connection to host."), Say.LATER, Say.SAME_CODE, True),
        (otp.NoAnswer(), Say.SENT_IF_POSSIBLE, Say.SAME_CODE, True),
        (otp.Misconfigured(), Say.OURS, Say.OURS, True),
        (otp.UnexpectedAnswer(404), Say.OURS, Say.OURS, True),
    ],
    ids=repr,
)
def test_problem_that_needs_attention_is_logged(
    error: OtpError,
    after_send: Say,
    after_verify: Say,
    *,
    logged: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the request ID for the service's log, and without a number in the ReferenceId."""
    caplog.set_level(logging.DEBUG)
    error.reference_id = f"login-{NUMBER}"
    if isinstance(error, Problem):
        error.request_id = "the-request"

    said = otp.say_of_send(error), otp.say_of_verify(error)

    assert said == (after_send, after_verify)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2 * logged
    for line in caplog.messages:
        assert str(error) in line
        assert ("request_id=the-request" in line) is isinstance(error, Problem)
        assert "reference_id='login-+*' " in line
        assert NUMBER[1:] not in line
