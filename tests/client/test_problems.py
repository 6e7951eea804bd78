"""The exceptions: one for each code of the contract, which can be kept and sent on."""

import pickle

import pytest
import serverless_otp as otp
from serverless_otp.problems import from_document

from tests.docs.problems import CLASSES

from .scripted import problem


def test_there_is_a_class_for_every_code_and_no_other() -> None:
    """A code that is new in the service is new in its client. NoAnswer is the lack of one."""
    codes = {kind.code for kind in CLASSES}
    found = [one for one in vars(otp).values() if isinstance(one, type)]
    exceptions = {one.__name__: one for one in found if issubclass(one, otp.Problem)}
    del exceptions["Problem"]
    assert exceptions.keys() == codes | {"NoAnswer"}
    for code in codes:
        raised = from_document(problem(code, 400))
        assert (type(raised), raised and raised.code) == (exceptions[code], code)


def full() -> list[otp.OtpError]:
    """One of each kind, with all that it can have."""
    too_many = otp.TooManyMessages("Later.", status=429, retryable=True, retry_after=60)
    too_many.limit = "blockPerHour"
    invalid = otp.InvalidRequest("Bad.", status=400, request_id="a-request")
    invalid.errors = (otp.FieldError("/Otp", "Must be digits."),)
    return [too_many, invalid, otp.UnexpectedAnswer(404, "?"), otp.NotSent("Nothing.")]


@pytest.mark.parametrize("error", full(), ids=lambda error: type(error).__name__)
def test_exception_survives_being_pickled(error: otp.OtpError) -> None:
    """For another process; copy and deepcopy go the same way."""
    error.reference_id = "mine"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert type(again) is type(error)
    assert (vars(again), str(again)) == (vars(error), str(error))


@pytest.mark.parametrize(
    "document", ["Throttled", {"code": "Throttled"}, {"code": "", "retryable": True}]
)
def test_what_is_no_problem_is_none(document: object) -> None:
    """It takes a code and whether it can be repeated."""
    assert from_document(document) is None


def test_odd_members_of_a_problem_are_left_out() -> None:
    """Nothing is believed to be of a type that it is not."""
    odd = {"code": "TooManyMessages", "retryable": True, "status": "429", "limit": 5, "detail": []}

    read = from_document({**odd, "retryAfter": True, "errors": "none", "requestId": 5})

    assert isinstance(read, otp.TooManyMessages)
    assert (read.status, read.limit, read.retry_after, read.request_id) == (None,) * 4
    assert (read.detail, read.errors) == ("", ())
