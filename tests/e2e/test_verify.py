"""The whole journey, over signed HTTP and by invoking: send, read the phone, verify."""

import json
from typing import Any

import pytest

from tests.support.deployment import Deployment, code_in, request


def sent(deployment: Deployment, **fields: Any) -> tuple[dict[str, Any], str]:
    """Send; returns what a verification names beside the code, and the code on the phone."""
    asked = request(**fields)
    assert deployment.send(asked).status == 200
    [text] = deployment.texts(asked["ReferenceId"])
    return {name: asked[name] for name in ("ReferenceId", "DestinationIdentity")}, code_in(text)


def valid(deployment: Deployment, about: dict[str, Any], code: str) -> bool:
    """Verify, and read what the answer says."""
    answer = deployment.verify({**about, "Otp": code})
    assert answer.status == 200
    response: dict[str, dict[str, bool]] = answer.json()
    assert response.keys() == {"VerificationResponse"}
    return response["VerificationResponse"]["Valid"]


def another(code: str) -> str:
    """Give a code that is not this one."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_code_on_the_phone_is_valid(deployment: Deployment) -> None:
    """And a wrong one is not; once it was used, neither is the right one."""
    about, code = sent(deployment)
    said = [valid(deployment, about, one) for one in (another(code), code, code)]
    assert said == [False, True, False]


def test_right_code_is_not_valid_after_too_many_wrong_ones(deployment: Deployment) -> None:
    """Three attempts, unless the caller allows another number."""
    about, code = sent(deployment)
    said = [valid(deployment, about, one) for one in (*[another(code)] * 3, code)]
    assert said == [False] * 4


def test_right_code_is_not_valid_when_its_time_is_over(deployment: Deployment) -> None:
    """Five minutes, by a clock and not by waiting."""
    about, code = sent(deployment, ValidityPeriod=5)
    deployment.advance_clock(5 * 60)
    assert valid(deployment, about, code) is False


@pytest.mark.parametrize(
    "other", [{"ReferenceId": "another"}, {"DestinationIdentity": "+12065550199"}]
)
def test_code_is_of_one_reference_id_and_number(
    deployment: Deployment, other: dict[str, str]
) -> None:
    """Another one's code is not valid."""
    about, code = sent(deployment)
    assert valid(deployment, {**about, **other}, code) is False


def test_direct_invoke_verifies_alike(deployment: Deployment) -> None:
    """The same JSON object in and out; a failure is a function error that holds the problem.

    MiniStack does not pass the errorType on.
    """
    about, code = sent(deployment)
    function = deployment.state.verifyFunction
    refused = deployment.invoke({**about, "Otp": "12"}, function)
    assert refused.function_error
    assert json.loads(refused.payload["errorMessage"])["code"] == "InvalidRequest"
    answered = deployment.invoke({**about, "Otp": code}, function)
    assert answered.payload == {"VerificationResponse": {"Valid": True}}


def test_what_is_no_code_is_a_problem(deployment: Deployment) -> None:
    """400, naming the field and not what was in it."""
    about, _ = sent(deployment)
    answer = deployment.verify({**about, "Otp": "seven"})
    assert (answer.status, answer.json()["code"]) == (400, "InvalidRequest")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/Otp"]
    assert b"seven" not in answer.body


def test_no_code_that_was_verified_is_in_any_log(deployment: Deployment) -> None:
    """Of either function, metrics included."""
    about, code = sent(deployment, CodeLength=8)
    assert valid(deployment, about, code)
    log = deployment.log()
    assert "otp-verify" in log
    assert code not in log
