"""What Lambda is told of the events that it hands to the functions."""

import json
import re
import sys
from typing import Any

import pytest

from sandbox.pinpoint import inbox

from .function import Function
from .requests import post, request

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="AWS's runtime client is for Lambda's Linux"
)


def texts(asked: dict[str, Any]) -> list[str]:
    """Give the bodies of the texts of a request."""
    return [text["body"] for text in inbox() if text["referenceId"] == asked["ReferenceId"]]


def test_a_request_is_texted_once_and_its_code_is_valid_once(
    sending: Function, verifying: Function
) -> None:
    """Through API Gateway, whose second answer is the recorded one; and by direct invokes."""
    asked = request()

    first, again, direct = post(sending, asked), post(sending, asked), sending.invoke(asked)

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert not direct.failed
    assert direct.body == json.loads(first.body) | {"IdempotentReplayed": True}
    [text] = texts(asked)
    [code] = re.findall(r"\b[0-9]{5,8}\b", text)

    answer = post(verifying, {**asked, "Otp": code})

    assert (answer.status, json.loads(answer.body)["VerificationResponse"]["Valid"]) == (200, True)
    used_up = verifying.invoke({**asked, "Otp": code})
    assert used_up.body == {"VerificationResponse": {"Valid": False}}


def test_a_failed_direct_invoke_is_a_function_error_of_the_problems_code(sending: Function) -> None:
    """The type is the code, the message the problem; the log that Lambda keeps has no number."""
    asked = request(CodeLength=99)

    outcome = sending.invoke(asked)

    assert outcome.failed
    assert outcome.body["errorType"] == "InvalidRequest"
    problem = json.loads(outcome.body["errorMessage"])
    assert problem["code"] == "InvalidRequest"
    assert problem["status"] == 400
    assert asked["DestinationIdentity"][1:] not in sending.said()
    assert texts(asked) == []


def test_a_failure_leaves_the_function_as_it_was(sending: Function) -> None:
    """One process handles many events, whatever came of those before."""
    events: list[Any] = [{}, request(), [], request(), request()]

    outcomes = [sending.invoke(event) for event in events]

    assert [outcome.failed for outcome in outcomes] == [True, False, True, False, False]
    assert len({outcome.request_id for outcome in outcomes}) == 5


def test_log_and_metrics_are_lines_of_json_on_stdout(sending: Function) -> None:
    """What the function and the runtime client write; no handler repeats a line."""
    sending.new_lines()
    sent, refused = sending.invoke(request()), sending.invoke({})
    after = sending.new_lines()

    lines = [json.loads(line) for line in after]
    for outcome in (sent, refused):
        [answered] = [
            line
            for line in lines
            if line.get("message") == "answered"
            and line["function_request_id"] == outcome.request_id
        ]
        assert answered["level"] == "INFO"
        assert answered["xray_trace_id"]
    metrics = [line for line in lines if "_aws" in line]
    assert metrics
    [error] = [line for line in lines if line.get("errorType") == "InvalidRequest"]
    assert error["requestId"] == refused.request_id
    assert len(lines) == len(metrics) + 3
