"""docs/examples/what_to_say.py: every problem that there is has a sentence, which tells nothing."""

import pytest
import serverless_otp
from serverless_otp import OtpError

from docs.examples.what_to_say import (
    LATER,
    NOT_SUCH_A_NUMBER,
    OURS,
    SAY,
    SENT_IF_POSSIBLE,
    UNCHECKED,
    UNSURE,
    WRONG,
    what_to_say,
    what_to_say_of_a_code,
)
from infra.api import gateway_responses
from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem


def every_problem() -> list[type[Problem]]:
    """Give every way to fail that a caller is told about."""
    return [
        found
        for module in (problems, gateway_responses)
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Problem) and found is not Problem
    ]


def test_every_code_has_a_sentence() -> None:
    """The functions' own, and API Gateway's."""
    assert SAY.keys() == {problem.code for problem in every_problem()}


def test_what_is_retryable_is_to_be_tried_again() -> None:
    """And nothing else is; but for what is about the number, or is sent already."""
    retryable = {problem.code for problem in every_problem() if problem.retry_after is not None}
    later = {code for code, sentence in SAY.items() if sentence == LATER}
    assert later == retryable - {"InProgress", "TooManyMessages"}


def test_what_is_recorded_of_a_number_is_said_as_a_text_is() -> None:
    """And so is its limit: all that tells of somebody who has it."""
    recorded = {problem.code for problem in every_problem() if problem.keeps_reference_id}
    neutral = {code for code, sentence in SAY.items() if sentence == SENT_IF_POSSIBLE}
    assert recorded | {"TooManyMessages"} <= neutral


def every_error() -> list[OtpError]:
    """Give one of every class that the client raises."""
    classes = [
        found
        for found in vars(serverless_otp).values()
        if isinstance(found, type) and issubclass(found, OtpError)
    ]
    bases = (OtpError, serverless_otp.Problem)
    unexpected = serverless_otp.UnexpectedAnswer
    return [unexpected(502), *(of() for of in classes if of not in (*bases, unexpected))]


@pytest.mark.parametrize("error", every_error(), ids=repr)
def test_every_error_of_the_client_has_its_sentence(error: OtpError) -> None:
    """A text that may be on the phone is no failure; where there was no connection, try again."""
    expected = {"NoAnswer": SENT_IF_POSSIBLE, "NotSent": LATER, "UnexpectedAnswer": OURS, **SAY}
    assert what_to_say(error) == expected[type(error).__name__]


@pytest.mark.parametrize(
    "telling", ["limit", "opted", "country", "too many", "paused", "another one"]
)
def test_no_sentence_tells_why(telling: str) -> None:
    """A bot would learn from it."""
    assert [sentence for sentence in SAY.values() if telling in sentence.lower()] == []


def invalid(*pointers: str) -> OtpError:
    """Make the problem of bad fields."""
    error = serverless_otp.InvalidRequest()
    error.errors = tuple(serverless_otp.FieldError(pointer, "Is bad.") for pointer in pointers)
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (invalid("/Otp"), WRONG),
        (invalid("/DestinationIdentity"), NOT_SUCH_A_NUMBER),
        (invalid("/DestinationIdentity", "/Otp"), NOT_SUCH_A_NUMBER),
        (serverless_otp.Throttled(retryable=True), UNCHECKED),
        (serverless_otp.Unavailable(retryable=True), UNCHECKED),
        (serverless_otp.OutcomeUnknown(), UNSURE),
        (serverless_otp.NoAnswer(), UNSURE),
        (serverless_otp.RejectedByPinpoint(), OURS),
        (serverless_otp.Misconfigured(), OURS),
        (serverless_otp.NotSent(), UNCHECKED),
        (serverless_otp.UnexpectedAnswer(502), OURS),
    ],
    ids=repr,
)
def test_a_code_that_was_not_checked_has_its_own_sentence(error: OtpError, sentence: str) -> None:
    """Nobody who has typed in a code hears that none could be sent."""
    assert what_to_say_of_a_code(error) == sentence
