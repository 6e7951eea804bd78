"""The deployed service: its parts are joined, over signed HTTP and by invoking.

What each part answers is shown where it is: tests/unit and tests/infra.
"""

import json
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from sandbox import client
from sandbox.client import HttpAnswer
from tests.support.deployment import NUMBER, Deployment, request
from tests.support.texts import code_in

# Each is answered by a function of its own, which takes a while to start. `make faults` sends 32 at
# once, and `make abuse` 64.
AT_ONCE = 8


def send_at_once(deployment: Deployment, *asked: dict[str, Any]) -> list[HttpAnswer]:
    """Send all of them at once."""
    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(deployment.send, asked))


def assert_problem(answer: HttpAnswer, status: int, code: str) -> dict[str, Any]:
    """Fail unless an answer is a problem document in the contract's shape; gives it."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["requestId"] == answer.headers["X-Request-Id"]
    assert problem["retryable"] is ("Retry-After" in answer.headers)
    return problem


def valid(deployment: Deployment, asked: dict[str, Any], code: str) -> Any:
    """Verify, and read what the answer says."""
    about = {name: asked[name] for name in ("ReferenceId", "DestinationIdentity")}
    return deployment.verify({**about, "Otp": code}).json()["VerificationResponse"]["Valid"]


def test_a_code_is_texted_once_and_valid_once(deployment: Deployment) -> None:
    """With the deployment's brand and origination; the same again is the same bytes, marked."""
    asked = request()
    first, again = deployment.send(asked), deployment.send(asked)

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    result = first.json()["MessageResponse"]["Result"][NUMBER]
    assert result["DeliveryStatus"] == "SUCCESSFUL"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    [text] = deployment.texts(asked["ReferenceId"])
    code = code_in(text)
    assert text["body"] == f"This is your One Time Password: {code} from ExampleCorp"
    assert (text["to"], text["from"]) == (NUMBER, "+18555550142")

    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    said = [valid(deployment, asked, one) for one in (wrong, code, code)]
    assert said == [False, True, False]


@pytest.mark.parametrize("payload", [b"hello", "{}".encode("utf-16"), b'{"a": NaN}', b"[" * 20_000])
def test_lambda_refuses_a_payload_that_is_not_json(deployment: Deployment, payload: bytes) -> None:
    """400 InvalidRequestContentException, for an event too, before a function is asked."""
    lambda_: Any = boto3.client("lambda", **client.aws_options(deployment.state))
    of = {"FunctionName": deployment.state.sendFunction, "Payload": payload}
    for how in ("RequestResponse", "Event"):
        with pytest.raises(lambda_.exceptions.InvalidRequestContentException):
            lambda_.invoke(InvocationType=how, **of)


def test_many_at_once_with_one_reference_id_are_one_text(deployment: Deployment) -> None:
    """Every answer is the one 200, or 409 InProgress."""
    asked = request()

    answers = send_at_once(deployment, *[asked] * AT_ONCE)

    assert len(deployment.texts(asked["ReferenceId"])) == 1
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.body for answer in answers if answer.status == 200}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {"InProgress"}
    assert deployment.send(asked).headers["Idempotent-Replayed"] == "true"


# --- Problems: the function's, and API Gateway's own ---


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [("+12065550101", 422, "OptedOut"), ("+12065550105", 504, "OutcomeUnknown")],
)
def test_a_problem_is_answered_and_nobody_is_texted(
    deployment: Deployment, number: str, status: int, code: str
) -> None:
    """With the function's status and headers; of a direct invoke, as a function error."""
    asked = request(DestinationIdentity=number)

    assert_problem(deployment.send(asked), status, code)
    invoked = deployment.invoke(request(DestinationIdentity=number))

    assert invoked.function_error is not None
    assert invoked.payload["errorType"] == code
    assert json.loads(invoked.payload["errorMessage"])["code"] == code
    assert deployment.texts(asked["ReferenceId"]) == []


def test_what_the_gateway_refuses_is_a_problem(deployment: Deployment) -> None:
    """Its own 403, before the function is asked: no signature; or no such path."""
    asked = request()
    unsigned = deployment.post(json.dumps(asked).encode(), signed=False)
    nowhere = client.post(deployment.state, "/nowhere", b"{}")

    assert_problem(unsigned, 403, "AccessDenied")
    assert deployment.texts(asked["ReferenceId"]) == []
    assert "no such path" in assert_problem(nowhere, 403, "AccessDenied")["detail"]
    # And what is no text gets to the function as it is, which says so.
    assert_problem(deployment.post(b"\xff\xfe\xfd"), 400, "InvalidRequest")


# --- Limits ---


def test_many_requests_at_once_to_a_number_text_it_five_times(deployment: Deployment) -> None:
    """Exactly; the others are told when to come again. Many functions answer, and share nothing."""
    for number in ("+12062110001", "+12062110002"):
        window = time.time() // 600
        asked = [request(DestinationIdentity=number) for _ in range(AT_ONCE)]
        answers = send_at_once(deployment, *asked)
        if time.time() // 600 == window:
            break  # else it ended meanwhile, and another began

    assert Counter(answer.status for answer in answers) == {200: 5, 429: AT_ONCE - 5}
    assert len([text for text in deployment.texts() if text["to"] == number]) == 5
    for answer in answers:
        if answer.status == 429:
            problem = assert_problem(answer, 429, "TooManyMessages")
            assert problem["limit"] == "destinationPer10Minutes"
            assert 1 <= int(answer.headers["Retry-After"]) <= 600


# --- What is written ---


def test_the_log_holds_no_full_phone_number_and_no_code(deployment: Deployment) -> None:
    """After successes, failures and verifications, this test's own and all others'.

    All others': it is asked again when the sandbox ends, in tests/support/sandboxed.py.
    """
    for number in [f"+12065550{last}" for last in range(100, 108)]:
        deployment.send(request(DestinationIdentity=number, ReferenceId=f"for-{number[1:]}"))
    deployment.send({"+12065550100": "a number as a field's name"})
    deployment.invoke({"DestinationIdentity": "+12065550100"})
    [text] = deployment.texts("for-12065550100")
    assert valid(deployment, request(ReferenceId="for-12065550100"), code_in(text))

    log = deployment.log()

    assert log.count('"message": "answered"') >= 11
    assert "otp-verify" in log
    assert not re.search("2065550", log)
    assert deployment.leaks() == []
