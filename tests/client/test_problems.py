"""The exceptions: one for each code of the contract, which can be kept and sent on."""

import copy
import inspect
import pickle

import pytest
import serverless_otp
from serverless_otp import (
    FieldError,
    InvalidRequest,
    NoAnswer,
    NotSent,
    OtpError,
    OutcomeUnknown,
    Problem,
    TooManyMessages,
    UnexpectedAnswer,
)
from serverless_otp.problems import from_document

from infra.api import gateway_responses
from lambda_src.otp.contract import problems
from lambda_src.otp.contract.problem import Problem as ServiceProblem

from .scripted import problem


def exceptions() -> dict[str, type[Problem]]:
    """Every class of a problem, by its name."""
    return {
        name: value
        for name, value in vars(serverless_otp).items()
        if inspect.isclass(value) and issubclass(value, Problem) and value is not Problem
    }


def test_there_is_a_class_for_every_code_and_no_other() -> None:
    """A code that is new in the service is new in its client. NoAnswer is the lack of one."""
    contract = {
        value.code
        for module in (problems, gateway_responses)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, ServiceProblem)
        if value is not ServiceProblem
    }
    assert exceptions().keys() == contract | {"NoAnswer"}
    for code in contract:
        raised = from_document(problem(code, 400))
        assert (type(raised), raised and raised.code) == (exceptions()[code], code)


def test_all_that_is_public_is_exported() -> None:
    """And what is exported is there."""
    public = {
        name
        for name, value in vars(serverless_otp).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert {*serverless_otp.__all__} == public | {"__version__"}


def full() -> list[OtpError]:
    """One of each kind, with all that it can have."""
    too_many = TooManyMessages("Later.", status=429, retryable=True, retry_after=60)
    too_many.limit = "blockPerHour"
    invalid = InvalidRequest("Bad.", status=400, request_id="a-request")
    invalid.errors = (FieldError("/Otp", "Must be digits."),)
    raised = [
        *(too_many, invalid, Problem("New.", code="New", status=418, title="A new one")),
        *(NoAnswer("Nobody knows."), UnexpectedAnswer(404, "not found"), NotSent("Nothing left.")),
    ]
    for error in raised:
        error.reference_id = "mine"
    return raised


@pytest.mark.parametrize("error", full(), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "again",
    [
        lambda error: pickle.loads(pickle.dumps(error)),  # noqa: S301 - our own
        copy.copy,
        copy.deepcopy,
    ],
)
def test_exception_survives_a_copy(error: OtpError, again: object) -> None:
    """To another process, for one."""
    assert callable(again)
    copied = again(error)

    assert type(copied) is type(error)
    assert vars(copied) == vars(error)
    assert str(copied) == str(error)
    assert copied.reference_id == "mine"


def test_exception_can_be_made_for_the_tests_of_a_caller() -> None:
    """A sentence is enough; its code is its name."""
    error = serverless_otp.OptedOut("No.")

    assert (error.code, error.retryable, error.errors, str(error)) == (
        *("OptedOut", False, ()),
        "OptedOut: No.",
    )
    assert str(OutcomeUnknown()) == "OutcomeUnknown"


@pytest.mark.parametrize(
    "document", [None, [], "Throttled", {}, {"code": "Throttled"}, {"code": "", "retryable": True}]
)
def test_what_is_no_problem_is_none(document: object) -> None:
    """It takes a code and whether it can be repeated."""
    assert from_document(document) is None


def test_odd_members_of_a_problem_are_left_out() -> None:
    """Nothing is believed to be of a type that it is not."""
    odd = {"code": "TooManyMessages", "retryable": True, "status": "429", "limit": 5, "detail": []}

    read = from_document({**odd, "retryAfter": True, "errors": "none", "requestId": 5})

    assert isinstance(read, TooManyMessages)
    assert (read.status, read.limit, read.detail, read.retry_after) == (None, None, "", None)
    assert (read.errors, read.request_id) == ((), None)
