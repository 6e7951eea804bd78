"""Runs in Lambda, before a release gets traffic: sees whether each new version starts.

CodeDeploy invokes it and waits for the verdict. A version that starts refuses an empty request, and
neither texts nor counts it. It is deployed as a text of its own, apart from what it judges.
https://docs.aws.amazon.com/codedeploy/latest/userguide/tutorial-lambda-sam-hooks.html
"""

import json
import logging
import os
from typing import Any

import boto3

_logger = logging.getLogger()


def handler(event: dict[str, str], _context: object) -> None:
    """Invoke the versions of the variable VERSIONS, and tell CodeDeploy whether all answered."""
    invoke = boto3.client("lambda").invoke
    broken = [arn for arn in os.environ["VERSIONS"].split(",") if not _answers(invoke, arn)]
    boto3.client("codedeploy").put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="Failed" if broken else "Succeeded",
    )


def _answers(invoke: Any, arn: str) -> bool:  # noqa: ANN401 - boto3's; the runtime has no stubs
    try:
        answer = json.load(invoke(FunctionName=arn, Payload=b"{}")["Payload"])
        return bool(json.loads(answer["errorMessage"])["code"] == "InvalidRequest")
    except Exception:
        _logger.exception("The new version %s does not answer", arn)
        return False
