"""The parts of the deployed service work together; tests/unit and tests/infra test each part."""

import json
from typing import Any

import boto3
import pytest

from sandbox import client
from tests.support.at_once import at_once
from tests.support.deployment import NUMBER, Deployment, request
from tests.support.texts import code_in, wrong_code

# Each needs a function of its own, which takes a while to start; `make faults` sends more at once.
AT_ONCE = 8


def test_code_is_texted_once_and_valid_once(deployment: Deployment) -> None:
    """A repeated request gets the same bytes, marked as replayed."""
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

    typed = [deployment.verify({**asked, "Otp": one}) for one in (wrong_code(code), code, code)]
    valid = [answer.json()["VerificationResponse"]["Valid"] for answer in typed]
    assert valid == [False, True, False]


@pytest.mark.parametrize("payload", [b"hello", "{}".encode("utf-16"), b'{"a": NaN}', b"[" * 20_000])
def test_lambda_refuses_a_payload_that_is_not_json(deployment: Deployment, payload: bytes) -> None:
    """Lambda answers InvalidRequestContentException itself, for an event, too."""
    lambda_: Any = boto3.client("lambda", **client.aws_options(deployment.state))
    of = {"FunctionName": deployment.state.sendFunction, "Payload": payload}
    for how in ("RequestResponse", "Event"):
        with pytest.raises(lambda_.exceptions.InvalidRequestContentException):
            lambda_.invoke(InvocationType=how, **of)


def test_concurrent_requests_with_one_reference_id_text_once(deployment: Deployment) -> None:
    """Every answer is the same 200, or 409 InProgress."""
    asked = request()

    answers = at_once(AT_ONCE, lambda: deployment.send(asked))

    assert len(deployment.texts(asked["ReferenceId"])) == 1
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.body for answer in answers if answer.status == 200}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status == 409} <= {"InProgress"}
    assert deployment.send(asked).headers["Idempotent-Replayed"] == "true"


def test_refusal_of_api_gateway_is_a_problem(deployment: Deployment) -> None:
    """API Gateway refuses an unsigned request and an unknown path with 403, as a problem."""
    asked, state = request(), deployment.state
    unsigned = client.post(state, "/otp", json.dumps(asked).encode(), signed=False)
    nowhere = client.post(state, "/nowhere", b"{}")
    binary = client.post(state, "/otp", b"\xff\xfe\xfd")  # this one reaches the function

    refusals = [(answer.status, answer.json()["code"]) for answer in (unsigned, nowhere, binary)]
    assert refusals == [(403, "AccessDenied"), (403, "AccessDenied"), (400, "InvalidRequest")]
    for answer in (unsigned, nowhere, binary):
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["requestId"] == answer.headers["X-Request-Id"]
    assert "the path does not exist" in nowhere.json()["detail"]
    assert deployment.texts(asked["ReferenceId"]) == []
