"""The verify function: what Pinpoint says of a code, and of what it does not say."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from sandbox.pinpoint import advance_clock
from tests.support.emf import read
from tests.support.failures import ENDPOINT, respond
from tests.support.service import DEPLOYMENT, Journey

OPERATION = "pinpoint.VerifyOTPMessage"


def another(code: str) -> str:
    """Give a code that is not this one."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


# --- What Pinpoint says ---


def test_code_that_was_texted_is_valid_once(journey: Journey) -> None:
    """A code is used up: the same again is false, as Pinpoint says, and no replay of a true."""
    about, code = journey.send()
    assert [journey.valid(about, code) for _ in range(2)] == [True, False]


def test_wrong_code_is_not_valid(journey: Journey) -> None:
    """200, since the question was answered; and the right one still is valid."""
    about, code = journey.send()
    assert [journey.valid(about, another(code)), journey.valid(about, code)] == [False, True]


def test_right_code_is_not_valid_after_too_many_wrong_ones(journey: Journey) -> None:
    """AllowedAttempts are counted by Pinpoint."""
    about, code = journey.send(AllowedAttempts=2)
    assert [journey.valid(about, another(code)) for _ in range(2)] == [False, False]
    assert journey.valid(about, code) is False


def test_right_code_is_not_valid_when_its_time_is_over(journey: Journey) -> None:
    """ValidityPeriod is ten minutes unless the caller says otherwise."""
    about, code = journey.send()
    advance_clock(10 * 60)
    assert journey.valid(about, code) is False


@pytest.mark.parametrize(
    "other", [{"ReferenceId": "another"}, {"DestinationIdentity": "+12065550199"}]
)
def test_code_is_of_one_reference_id_and_number(journey: Journey, other: dict[str, str]) -> None:
    """Another one's code is not valid."""
    about, code = journey.send()
    assert journey.valid({**about, **other}, code) is False


def test_direct_invoke_is_answered_alike(journey: Journey) -> None:
    """The same JSON object in and out, and a function error for a problem."""
    about, code = journey.send()
    assert journey.verifying.invoke({**about, "Otp": code}) == {
        "VerificationResponse": {"Valid": True}
    }
    with pytest.raises(Exception, match="There is no such field") as raised:
        journey.verifying.invoke({**about, "Otp": code, "Colour": "red"})
    assert type(raised.value).__name__ == "InvalidRequest"


# --- What is no question ---


@pytest.mark.parametrize(
    ("otp", "said"),
    [
        ("1234", "5 to 8 digits"),
        ("123456789", "5 to 8 digits"),
        ("12345a", "5 to 8 digits"),
        ("123456\n", "5 to 8 digits"),
        ("١٢٣٤٥٦", "5 to 8 digits"),
        (123456, "a valid string"),
        (None, "a valid string"),
    ],
)
def test_what_is_no_code_is_refused_and_not_echoed(journey: Journey, otp: Any, said: str) -> None:
    """400, before Pinpoint is asked: no attempt is used."""
    about, code = journey.send(AllowedAttempts=1)

    answer = journey.verify(about, otp)

    assert (answer.status, answer.code) == (400, "InvalidRequest")
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/Otp"
    assert said in error["detail"]
    assert str(otp) not in answer.body or otp is None
    assert journey.valid(about, code) is True


def test_every_bad_field_is_named_at_once(journey: Journey) -> None:
    """Missing, wrong and unknown ones; none of send's other fields is one of verify's."""
    answer = journey.verifying.post(
        json.dumps({"DestinationIdentity": "0206", "Otp": "12", "CodeLength": 6})
    )
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/ReferenceId", "/DestinationIdentity", "/Otp", "/CodeLength"}


# --- What Pinpoint does not say ---


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "RejectedByPinpoint"),
        (413, "RejectedByPinpoint"),
        (403, "Misconfigured"),
        (404, "Misconfigured"),
        (405, "Misconfigured"),
        (500, "OutcomeUnknown"),
        (503, "OutcomeUnknown"),
    ],
)
def test_refusal_of_pinpoints_is_a_problem_and_asked_for_once(
    journey: Journey, status: int, code: str
) -> None:
    """Asking again could use another attempt."""
    attempts = []

    def handler(request: Any, **keywords: Any) -> Any:
        attempts.append(request.url)
        return respond(status, {"Message": "no: 987654"})(request, **keywords)

    about, otp = journey.send()
    journey.verifying.on(f"before-send.{OPERATION}", handler)

    answer = journey.verify(about, otp)

    assert answer.code == code
    assert len(attempts) == 1
    assert "987654" not in answer.body + journey.verifying.log()


@pytest.mark.parametrize(
    "answered", [{}, {"Result": 1}, b"not json"], ids=["empty", "another's", "no JSON"]
)
def test_answer_that_says_nothing_is_unknown(journey: Journey, answered: Any) -> None:
    """HTTP 200, but not whether the code is valid."""
    about, otp = journey.send()
    journey.verifying.on(f"before-send.{OPERATION}", respond(200, answered))
    assert journey.verify(about, otp).code == "OutcomeUnknown"


@pytest.mark.parametrize(
    ("error", "code", "attempts"),
    [
        (ConnectTimeoutError(endpoint_url=ENDPOINT), "Unavailable", 3),
        (EndpointConnectionError(endpoint_url=ENDPOINT), "Unavailable", 3),
        (NoCredentialsError(), "Misconfigured", 1),
        (ReadTimeoutError(endpoint_url=ENDPOINT), "OutcomeUnknown", 1),
        (ConnectionClosedError(endpoint_url=ENDPOINT), "OutcomeUnknown", 1),
    ],
)
def test_only_what_cannot_have_used_an_attempt_is_asked_for_again(
    journey: Journey, error: Exception, code: str, attempts: int
) -> None:
    """No connection, no attempt; after that, nobody knows."""
    about, otp = journey.send(AllowedAttempts=1)
    journey.verifying.fail(f"before-send.{OPERATION}", error)

    answer = journey.verify(about, otp)

    assert answer.code == code
    assert len(journey.verifying.pauses) == attempts - 1
    journey.verifying.mend()
    assert journey.valid(about, otp) is True


def test_throttled_question_is_asked_again(journey: Journey) -> None:
    """429 used no attempt."""
    answers = iter([429, 429])

    def handler(**_: Any) -> tuple[Any, dict[str, Any]] | None:
        if (status := next(answers, None)) is None:
            return None
        parsed = {"Error": {"Code": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return SimpleNamespace(status_code=status), parsed

    about, otp = journey.send(AllowedAttempts=1)
    journey.verifying.on(f"before-call.{OPERATION}", handler)

    assert journey.valid(about, otp) is True
    assert len(journey.verifying.pauses) == 2


# --- What is never said ---


def test_neither_code_nor_number_is_logged_or_measured(journey: Journey) -> None:
    """Valid, wrong, refused, failed: the code goes to Pinpoint, and nowhere else."""
    about, code = journey.send(ReferenceId="r", CodeLength=8)
    journey.verify(about, another(code))
    journey.verify(about, code)
    journey.verify(about, f"{code}9")
    journey.verify({**about, code: "a name"}, code)
    journey.verifying.fail(f"before-send.{OPERATION}", ReadTimeoutError(endpoint_url=ENDPOINT))
    journey.verify(about, code)

    said = journey.verifying.log() + "".join(journey.verifying.metric_lines())

    assert said.count('"answered"') == 5
    for secret in (code, another(code), about["DestinationIdentity"].removeprefix("+")):
        assert secret not in said


def test_verifying_writes_nothing_down(journey: Journey) -> None:
    """The record of the ReferenceId is as sending left it."""
    about, code = journey.send()
    before = journey.sending.items()
    journey.verify(about, code)
    assert journey.sending.items() == before


def test_requests_are_counted_as_verifys(journey: Journey) -> None:
    """The dimension Function tells the two apart."""
    about, code = journey.send()
    journey.verify(about, code)
    line = json.loads(journey.verifying.metric_lines()[1])
    assert (line["Function"], line["Requests"]) == ("verify", [1])


def test_right_and_wrong_codes_are_counted_for_their_country(journey: Journey) -> None:
    """Few verified texts tell of a pump; many wrong codes tell of somebody who guesses."""
    about, code = journey.send(DestinationIdentity="+14165550100")
    for otp in (another(code), code, code):
        journey.verify(about, otp)
    metrics = read(journey.verifying.metric_lines())
    deployment = ("Deployment", DEPLOYMENT)
    for dimensions in ((deployment,), (("Country", "CA"), deployment)):
        assert {
            name: metrics["ServerlessOtp", dimensions, name]
            for name in ("Texts", "Verified", "WrongCodes", "RefusedByLimit")
        } == {
            "Texts": [0, 0, 0],
            "Verified": [0, 1, 0],
            "WrongCodes": [1, 0, 1],
            "RefusedByLimit": [0, 0, 0],
        }


def test_log_tells_a_wrong_code_from_a_right_one(journey: Journey) -> None:
    """Both are a 200. A request that was not answered so says neither."""
    about, code = journey.send()
    for otp in (another(code), code, "no code"):
        journey.verify(about, otp)
    answered = [(line["status"], line.get("valid")) for line in journey.verifying.log_lines()]
    assert answered == [(200, False), (200, True), (400, None)]
