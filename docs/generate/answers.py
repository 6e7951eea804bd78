"""What is answered to whom, for docs/openapi.json: every problem, with a sentence as an example.

Status, title and all else that a class says of itself is taken from the class. Only what none says
is written here: which operation can answer it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.api.gateway_responses import problems as problems_of_the_gateway
from lambda_src.otp.contract.invocation import MAX_BODY_BYTES
from lambda_src.otp.contract.problem import FieldError, Problem
from lambda_src.otp.contract.problems import (
    AskedTooOften,
    DestinationNotAllowed,
    DuplicateDestination,
    InProgress,
    InternalError,
    InvalidRequest,
    Misconfigured,
    OptedOut,
    OutcomeStillUnknown,
    OutcomeUnknown,
    PauseUnknown,
    PayloadTooLarge,
    PermanentFailure,
    ReferenceIdReused,
    RejectedByPinpoint,
    SendingPaused,
    StoreUnavailable,
    TemporaryFailure,
    Throttled,
    TooManyMessages,
    Unavailable,
    UnsupportedMediaType,
)
from lambda_src.otp.pinpoint.delivery import Delivery
from lambda_src.otp.pinpoint.verification import Verification

SEND, VERIFY = "sendOtp", "verifyOtp"

#: The request ID of every example.
REQUEST_ID = "33afbd11-b3fa-4d41-88dd-a4deb13a7382"

#: What each operation's function answers. A class is here once for each, by an example.
OF_THE_FUNCTIONS: Mapping[str, tuple[Problem, ...]] = {
    SEND: (
        InvalidRequest(
            "The request has 2 bad fields; see errors.",
            [
                FieldError("/CodeLength", "Input should be less than or equal to 8."),
                FieldError("/TemplateId", "Required together with EntityId."),
            ],
        ),
        UnsupportedMediaType("The Content-Type is not JSON. Send application/json."),
        PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes."),
        ReferenceIdReused("This ReferenceId was used for a different request. Use a new one."),
        InProgress("This ReferenceId is being processed. Repeat the request to learn its outcome."),
        OutcomeStillUnknown(
            "The text for this ReferenceId may or may not have been sent, and is not sent again. "
            "To send another one, use a new ReferenceId."
        ),
        OutcomeUnknown(Delivery.unknown),
        StoreUnavailable(
            "The ReferenceId could not be recorded, so nothing was sent. Repeat the request."
        ),
        DestinationNotAllowed("Texts to this country are not allowed."),
        SendingPaused("The operator has paused sending. Nothing was sent."),
        PauseUnknown(
            "The switch that pauses sending could not be read. Nothing was sent; repeat the "
            "request."
        ),
        TooManyMessages(
            "Too many texts to this number in ten minutes. Nothing was sent; repeat the "
            "request after 312 s.",
            limit="destinationPer10Minutes",
            retry_after=312,
        ),
        Throttled("Amazon Pinpoint throttled the text. Nothing was sent; repeat the request."),
        AskedTooOften(
            "This ReferenceId was used for different requests too often, and is answered once a "
            "minute now. Nothing was sent for this request; repeat it after 42 s.",
            retry_after=42,
        ),
        TemporaryFailure(
            "Amazon Pinpoint could not deliver the text. Nothing was sent; repeat the request."
        ),
        Unavailable("Amazon Pinpoint could not be reached. Nothing was sent; repeat the request."),
        RejectedByPinpoint("Amazon Pinpoint refused the request: Invalid origination identity"),
        Misconfigured(
            "The service cannot send texts. Nothing was sent; the reason is in the function's log."
        ),
        OptedOut("The recipient has opted out of texts. Nothing was sent."),
        PermanentFailure("Amazon Pinpoint cannot deliver texts to this number. Nothing was sent."),
        DuplicateDestination(
            "Amazon Pinpoint reports the number as a duplicate. Nothing was sent."
        ),
        InternalError(
            "The request failed because of a bug. The details are in the function's log."
        ),
    ),
    VERIFY: (
        InvalidRequest(
            "The request has 1 bad field; see errors.",
            [FieldError("/Otp", "Must be the code that was texted: 5 to 8 digits.")],
        ),
        UnsupportedMediaType("The Content-Type is not JSON. Send application/json."),
        PayloadTooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes."),
        OutcomeUnknown(Verification.unknown),
        Throttled(
            "Amazon Pinpoint is throttling requests. No attempt was used; repeat the request."
        ),
        Unavailable(
            "Amazon Pinpoint could not be reached. No attempt was used; repeat the request."
        ),
        RejectedByPinpoint("Amazon Pinpoint refused the request: Invalid ReferenceId"),
        Misconfigured(
            "The service cannot verify codes. No attempt was used; the reason is in the function's "
            "log."
        ),
        InternalError(
            "The request failed because of a bug. The details are in the function's log."
        ),
    ),
}

#: What API Gateway answers to neither operation, by the type of its response; it answers all other
#: types to both. What gives rise to each:
#: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
NEVER_BY_THE_GATEWAY: Mapping[str, str] = {
    "AUTHORIZER_CONFIGURATION_ERROR": "no authorizer stands before them",
    "AUTHORIZER_FAILURE": "no authorizer stands before them",
    "BAD_REQUEST_PARAMETERS": "they have no parameters",
    "INVALID_API_KEY": "they ask for no API key",
    "QUOTA_EXCEEDED": "there is no usage plan",
    "RESOURCE_NOT_FOUND": "there are such paths",
    "UNAUTHORIZED": "no authorizer stands before them",
}


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A problem as one operation answers it.

    Attributes:
        name: of the example, among those with the same status: the code, and where that is taken
            the code with what tells it apart.
        problem: with the example's sentence.
        by_the_gateway: whether API Gateway answers it by itself.

    """

    name: str
    problem: Problem
    by_the_gateway: bool

    def document(self) -> dict[str, Any]:
        """Write the body of the answer."""
        body: dict[str, Any] = json.loads(self.problem.answer(REQUEST_ID).body)
        return body


def answers(operation: str) -> dict[int, list[ProblemAnswer]]:
    """Give what an operation answers beside its 200, by status; the function's own come first.

    Args:
        operation: `SEND` or `VERIFY`.

    """
    found: dict[int, list[ProblemAnswer]] = {}
    for problem, type_ in _sources(operation):
        among = found.setdefault(problem.status, [])
        if any(_is_alike(problem, answer.problem) for answer in among):
            continue
        names = {answer.name for answer in among}
        of_its_own = f"{problem.code}.{type_ or type(problem).__name__}"
        name = of_its_own if problem.code in names else problem.code
        among.append(ProblemAnswer(name, problem, by_the_gateway=bool(type_)))
    return dict(sorted(found.items()))


def codes(of: Iterable[ProblemAnswer]) -> dict[str, list[ProblemAnswer]]:
    """Group answers by their code."""
    found: dict[str, list[ProblemAnswer]] = {}
    for answer in of:
        found.setdefault(answer.problem.code, []).append(answer)
    return found


def _sources(operation: str) -> Iterator[tuple[Problem, str]]:
    for problem in OF_THE_FUNCTIONS[operation]:
        yield problem, ""
    for type_, problem in problems_of_the_gateway():
        if type_ not in NEVER_BY_THE_GATEWAY:
            yield problem, type_


def _is_alike(one: Problem, other: Problem) -> bool:
    return (one.code, one.detail) == (other.code, other.detail)
