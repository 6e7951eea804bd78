"""Releases that die on import: the check before the canary, and the canary's alarm."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from infra.function import release_check_code
from tests.support import cfn
from tests.support.metric_math import evaluate
from tests.support.templates import RenderedTemplate, allowed

VERSIONS = "arn:send:7,arn:verify:8"
REFUSED = {"errorMessage": json.dumps({"code": "InvalidRequest"})}


def test_the_check_may_only_invoke_the_new_versions(production: RenderedTemplate) -> None:
    """Apart from that, it may only report the result to CodeDeploy."""
    check = production.named(cfn.FUNCTION, "ReleaseCheck")
    functions = [production.named(cfn.FUNCTION, f"{name}Function") for name in ("Send", "Verify")]
    versions = [production.named(cfn.VERSION, name).ref for name in ("Send", "Verify")]
    assert check.properties["Environment"]["Variables"] == {"VERSIONS": ",".join(versions)}
    assert len(check.properties["Code"]["ZipFile"]) < 4096

    said = {
        policy.logical_id: policy.properties["PolicyDocument"]["Statement"]
        for policy in production.all(cfn.MANAGED_POLICY)
        if "Check" in policy.logical_id
    }
    [invoke, _] = next(it for name, it in said.items() if "ReleaseCheck" in name)
    arns = [f"{function.attribute('Arn')}:*" for function in functions]
    assert invoke == allowed("lambda:InvokeFunction", arns)
    tells = [it[0]["Action"] for name, it in said.items() if "ReleaseCheck" not in name]
    assert tells == ["codedeploy:PutLifecycleEventHookExecutionStatus"] * 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (REFUSED, "Succeeded"),
        ({"errorMessage": "No module named 'otp'", "errorType": "ImportModuleError"}, "Failed"),
        ({"errorMessage": json.dumps({"code": "InternalError"})}, "Failed"),
        ({"MessageResponse": {}}, "Failed"),
        (None, "Failed"),  # Lambda could not be reached
    ],
)
def test_a_release_passes_if_both_versions_refuse_an_empty_request(
    monkeypatch: pytest.MonkeyPatch, answer: Any, status: str
) -> None:
    """CodeDeploy is told the result in any case. No emulator has CodeDeploy."""
    told: list[dict[str, str]] = []

    def invoke(FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Payload == b"{}"
        found = REFUSED if FunctionName == "arn:send:7" else answer
        if found is None:
            raise ConnectionError
        return {"Payload": io.BytesIO(json.dumps(found).encode())}

    clients = {
        "lambda": SimpleNamespace(invoke=invoke),
        "codedeploy": SimpleNamespace(
            put_lifecycle_event_hook_execution_status=lambda **given: told.append(given)
        ),
    }
    monkeypatch.setattr("boto3.client", clients.get)
    monkeypatch.setenv("VERSIONS", VERSIONS)

    event = {"DeploymentId": "d", "LifecycleEventHookExecutionId": "e"}
    release_check_code.handler(event, None)

    assert told == [{"deploymentId": "d", "lifecycleEventHookExecutionId": "e", "status": status}]


@pytest.mark.parametrize(("a_minute", "goes_off"), [(2, False), (10, True), (100, True)])
def test_the_alarm_alone_sees_a_dead_tenth_of_enough_requests(
    production: RenderedTemplate, a_minute: int, *, goes_off: bool
) -> None:
    """Three of the canary's five minutes must be bad; with few requests, only the check sees it."""
    alarm = production.named(cfn.ALARM, "SendCrashes").properties
    [expression] = [it["Expression"] for it in alarm["Metrics"] if "Expression" in it]
    # A version that dies on import reports nothing.
    expression = expression.replace("SUM([FILL(send_reported, 0), TIME_SERIES(0)])", "0")
    bad = 0
    for minute in range(5):
        requests = range(minute * a_minute, (minute + 1) * a_minute)
        errors = sum(request % 10 == 0 for request in requests)
        percent = evaluate(expression, {"send_errors": errors, "send_invocations": a_minute})
        bad += percent > alarm["Threshold"]
    assert (bad >= alarm["DatapointsToAlarm"]) == goes_off
