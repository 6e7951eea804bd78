"""The verify function: what Pinpoint says of a code, and of what it does not say."""

from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from tests.support.emf import read
from tests.support.failures import NO_ANSWER, NO_CONNECTION, respond
from tests.support.service import DEPLOYMENT, Journey

OPERATION = "pinpoint.VerifyOTPMessage"


def another(code: str) -> str:
    """Give a code that is not this one."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


@pytest.mark.parametrize(
    ("tried", "valid"),
    [
        ("right right", [True, False]),  # used up, and no replay of a true
        ("wrong right", [False, True]),
        ("wrong wrong right", [False, False, False]),  # after as many attempts as are allowed
    ],
)
def test_code_that_was_texted_is_valid_once(
    journey: Journey, tried: str, valid: list[bool]
) -> None:
    """200 each time, since the question was answered."""
    about, code = journey.send(AllowedAttempts=2)
    codes = {"right": code, "wrong": another(code)}
    assert [journey.valid(about, codes[one]) for one in tried.split()] == valid


@pytest.mark.parametrize("otp", ["1234", "123456789", "12345a", "123456\n", "١٢٣٤٥٦", 123456, None])
def test_what_is_no_code_is_refused_and_not_echoed(journey: Journey, otp: Any) -> None:
    """400, before Pinpoint is asked: no attempt is used."""
    about, code = journey.send(AllowedAttempts=1)
    answer = journey.verify(about, otp)
    assert answer.code == "InvalidRequest"
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/Otp"]
    assert str(otp) not in answer.body or otp is None
    assert journey.valid(about, code) is True


def test_what_is_no_request_is_refused(journey: Journey) -> None:
    """None of send's other fields is one of verify's; what is no JSON or too long is neither."""
    answer = journey.verify({"DestinationIdentity": "0206", "CodeLength": 6}, "12")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/ReferenceId", "/DestinationIdentity", "/Otp", "/CodeLength"}
    post = journey.verifying.post
    assert post("{}", headers={"Content-Type": "a/b"}).code == "UnsupportedMediaType"
    assert post(" " * 9000).code == "PayloadTooLarge"


@pytest.mark.parametrize(
    ("failure", "code", "attempts"),
    [
        # What each failure means is shown for the messages; here, that it is asked alike.
        (respond(400, {"Message": "no: 987654"}), "RejectedByPinpoint", 1),
        (respond(429, {"Message": "no: 987654"}), "Throttled", 3),
        # HTTP 200, but not whether the code is valid.
        *((respond(200, body), "OutcomeUnknown", 1) for body in ({}, {"Result": 1}, b"not json")),
        (NO_CONNECTION, "Unavailable", 3),
        (NoCredentialsError(), "Misconfigured", 1),
        (NO_ANSWER, "OutcomeUnknown", 1),
    ],
)
def test_only_what_cannot_have_used_an_attempt_is_asked_for_again(
    journey: Journey, failure: Any, code: str, attempts: int
) -> None:
    """No connection, no attempt; after that, nobody knows."""
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
    if isinstance(failure, Exception):  # the emulator hears what is answered in its place
        assert journey.valid(about, otp) is True


def test_right_and_wrong_codes_are_counted_for_their_country_and_logged(journey: Journey) -> None:
    """Few right ones tell of a pump, many wrong ones of a guesser; no answer tells neither."""
    about, code = journey.send(DestinationIdentity="+14165550100")
    for otp in (another(code), code, "no code", code):
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
