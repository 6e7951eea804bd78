"""The verify function: what Pinpoint says about a code, and failures that leave it unknown."""

from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from tests.support.emf import read
from tests.support.failures import NO_ANSWER, NO_CONNECTION, respond
from tests.support.service import DEPLOYMENT, Journey
from tests.support.texts import wrong_code

OPERATION = "pinpoint.VerifyOTPMessage"


@pytest.mark.parametrize(
    ("tried", "valid"),
    [
        ("right right", [True, False]),  # used up, and no replay of a true
        ("wrong right", [False, True]),
        ("wrong wrong right", [False, False, False]),  # after as many attempts as are allowed
    ],
)
def test_a_code_is_valid_once(journey: Journey, tried: str, valid: list[bool]) -> None:
    """200 each time, because Pinpoint has answered the question."""
    about, code = journey.send(AllowedAttempts=2)
    codes = {"right": code, "wrong": wrong_code(code)}
    assert [journey.valid(about, codes[one]) for one in tried.split()] == valid


@pytest.mark.parametrize("otp", ["1234", "123456789", "12345a", "123456\n", "١٢٣٤٥٦", 123456, None])
def test_an_invalid_code_is_refused_and_not_echoed(journey: Journey, otp: Any) -> None:
    """400 before Pinpoint is asked, so no attempt is used."""
    about, code = journey.send(AllowedAttempts=1)
    answer = journey.verify(about, otp)
    assert answer.code == "InvalidRequest"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/Otp"]
    assert str(otp) not in answer.body or otp is None
    assert journey.valid(about, code) is True


def test_an_invalid_request_is_refused(journey: Journey) -> None:
    """Fields that only send has are unknown; media type and size are checked as in send."""
    answer = journey.verify({"DestinationIdentity": "0206", "CodeLength": 6}, "12")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/ReferenceId", "/DestinationIdentity", "/Otp", "/CodeLength"}
    post = journey.verifying.post
    assert post("{}", headers={"Content-Type": "a/b"}).code == "UnsupportedMediaType"
    assert post(" " * 9000).code == "PayloadTooLarge"


@pytest.mark.parametrize(
    ("failure", "code", "attempts"),
    [
        # test_delivery.py has every failure; these show that verify uses the same code.
        (respond(400, {"Message": "no: 987654"}), "RejectedByPinpoint", 1),
        (respond(429, {"Message": "no: 987654"}), "Throttled", 3),
        # HTTP 200 that does not say whether the code is valid.
        *((respond(200, body), "OutcomeUnknown", 1) for body in ({}, {"Result": 1}, b"not json")),
        (NO_CONNECTION, "Unavailable", 3),
        (NoCredentialsError(), "Misconfigured", 1),
        (NO_ANSWER, "OutcomeUnknown", 1),
    ],
)
def test_only_requests_that_used_no_attempt_are_repeated(
    journey: Journey, failure: Any, code: str, attempts: int
) -> None:
    """Without a connection no attempt is used; after that, it is unknown."""
    verifying = journey.verifying
    asked: list[str] = []
    about, otp = journey.send(AllowedAttempts=1)
    verifying.on(f"before-send.{OPERATION}", lambda request, **_: asked.append(request.url))
    fail = verifying.fail if isinstance(failure, Exception) else verifying.on
    fail(f"before-send.{OPERATION}", failure)
    answer = journey.verify(about, otp)
    assert answer.code == code
    assert (len(asked), len(verifying.pauses)) == (attempts, attempts - 1)
    assert "987654" not in answer.body + verifying.log()
    verifying.mend()
    if isinstance(failure, Exception):  # otherwise the emulator has counted the attempt
        assert journey.valid(about, otp) is True


def test_right_and_wrong_codes_are_counted_for_their_country_and_logged(journey: Journey) -> None:
    """Few right ones point to a pump, many wrong ones to guessing. A refusal is neither."""
    about, code = journey.send(DestinationIdentity="+14165550100")
    for otp in (wrong_code(code), code, "no code", code):
        journey.verify(about, otp)

    answered = [(line["status"], line.get("valid")) for line in journey.verifying.log_lines()]
    assert answered == [(200, False), (200, True), (400, None), (200, False)]
    metrics = read(journey.verifying.metric_lines())
    deployment = ("Deployment", DEPLOYMENT)
    of_verify = ("ServerlessOtp", (deployment, ("Function", "verify")), "Requests")
    assert metrics[of_verify] == [1, 1, 1, 1]
    for dimensions in ((deployment,), (("Country", "CA"), deployment)):
        for name, values in (("Verified", [0, 1, 0]), ("WrongCodes", [1, 0, 1])):
            assert metrics["ServerlessOtp", dimensions, name] == values
