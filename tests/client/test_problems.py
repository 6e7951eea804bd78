"""The exceptions: one for each code of the contract."""

import pickle

import pytest
import serverless_otp as otp
from serverless_otp.problems import from_document

from tests.docs.problems import CLASSES

from .scripted import problem


def test_every_code_has_a_class() -> None:
    """No class is left over, except NoAnswer, which stands for a missing answer."""
    codes = {kind.code for kind in CLASSES}
    found = [one for one in vars(otp).values() if isinstance(one, type)]
    exceptions = {one.__name__: one for one in found if issubclass(one, otp.Problem)}
    del exceptions["Problem"]
    assert exceptions.keys() == codes | {"NoAnswer"}
    for code in codes:
        raised = from_document(problem(code, 400))
        assert (type(raised), raised and raised.code) == (exceptions[code], code)


def full() -> list[otp.OtpError]:
    """Return one error of each shape, with every member set."""
    too_many = otp.TooManyMessages("Later.", status=429, retryable=True, retry_after=60)
    too_many.limit = "blockPerHour"
    invalid = otp.InvalidRequest("Bad.", status=400, request_id="a-request")
    invalid.errors = (otp.FieldError("/Otp", "Must be digits."),)
    return [too_many, invalid, otp.UnexpectedAnswer(404, "?"), otp.NotSent("Nothing.")]


@pytest.mark.parametrize("error", full(), ids=lambda error: type(error).__name__)
def test_exception_survives_being_pickled(error: otp.OtpError) -> None:
    """Errors can cross process boundaries; `copy` and `deepcopy` use the same methods."""
    error.reference_id = "mine"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own

    assert type(again) is type(error)
    assert (vars(again), str(again)) == (vars(error), str(error))


@pytest.mark.parametrize(
    "document", ["Throttled", {"code": "Throttled"}, {"code": "", "retryable": True}]
)
def test_document_without_code_and_retryable_is_not_a_problem(document: object) -> None:
    """Both members are required."""
    assert from_document(document) is None


def test_members_of_a_wrong_type_are_ignored() -> None:
    """The code and `retryable` still select the exception."""
    odd = {"code": "TooManyMessages", "retryable": True, "status": "429", "limit": 5, "detail": []}

    read = from_document({**odd, "retryAfter": True, "errors": "none", "requestId": 5})

    assert isinstance(read, otp.TooManyMessages)
    assert (read.status, read.limit, read.retry_after, read.request_id) == (None,) * 4
    assert (read.detail, read.errors) == ("", ())
