"""What Lambda is told of the events that it hands to the functions."""

import json
import re
from typing import Any

from sandbox.pinpoint import inbox
from tests.support.service import assert_says_no_more_than_it_may

from .function import Function, request


def test_a_request_is_texted_once_and_its_code_is_valid_once(ready: dict[str, Function]) -> None:
    """Through API Gateway, whose second answer is the recorded one; and by direct invokes."""
    asked, send, verify = request(), ready["send"], ready["verify"]

    first, again, direct = send.post(asked), send.post(asked), send.invoke(asked)

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert direct.body == first.json() | {"IdempotentReplayed": True}
    [text] = [text["body"] for text in inbox() if text["referenceId"] == asked["ReferenceId"]]
    [code] = re.findall(r"\b[0-9]{5,8}\b", text)
    assert verify.post({**asked, "Otp": code}).json() == {"VerificationResponse": {"Valid": True}}
    used_up = verify.invoke({**asked, "Otp": code})
    assert used_up.body == {"VerificationResponse": {"Valid": False}}
    for function in ready.values():
        assert_says_no_more_than_it_may(function.said())


def test_a_failure_is_a_function_error_and_leaves_the_function_as_it_was(
    ready: dict[str, Function],
) -> None:
    """One process handles many events. The error's type is the code, its message the problem."""
    wrong = request(CodeLength=99)

    events: list[Any] = [{}, request(), [], request(), wrong]
    outcomes = [ready["send"].invoke(event) for event in events]

    assert [outcome.failed for outcome in outcomes] == [True, False, True, False, True]
    assert outcomes[-1].body["errorType"] == "InvalidRequest"
    problem = json.loads(outcomes[-1].body["errorMessage"])
    assert (problem["code"], problem["status"]) == ("InvalidRequest", 400)
    assert wrong["DestinationIdentity"][1:] not in ready["send"].said()


def test_log_and_metrics_are_lines_of_json_on_stdout(ready: dict[str, Function]) -> None:
    """What the function and the runtime client write; no handler repeats a line."""
    send = ready["send"]
    before = len(send.stdout())
    sent, refused = send.invoke(request()), send.invoke({})

    lines = [json.loads(line) for line in send.stdout()[before:]]
    answered = [line for line in lines if line.get("message") == "answered"]
    assert [line["function_request_id"] for line in answered] == [
        sent.request_id,
        refused.request_id,
    ]
    assert all(line["level"] == "INFO" and line["xray_trace_id"] for line in answered)
    metrics = [line for line in lines if "_aws" in line]
    assert metrics
    [error] = [line for line in lines if line.get("errorType") == "InvalidRequest"]
    assert error["requestId"] == refused.request_id
    assert len(lines) == len(metrics) + 3
