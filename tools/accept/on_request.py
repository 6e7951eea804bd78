"""Steps that take minutes or pause sending: QUEUE=yes, PAUSE=yes."""

import json
import time
import uuid
from typing import Any

from lambda_src.otp.rules.pause import ATTRIBUTE, ITEM
from lambda_src.otp.rules.switch import ALL, REFRESH_SECONDS

from .message import EXPLAINED
from .trial import Skipped, Step, Trial, Wrong, new_request, wait_for

# Lambda retries a failed event after one minute, and again after two more.
QUEUE_SECONDS = 5 * 60
_RECEIVE_SECONDS = 5


def _queue(trial: Trial) -> str:
    """Fail asynchronously; find that event in the queue, and delete only it."""
    deployment = trial.deployment
    # Invalid because of the space, and unique.
    asked = {"ReferenceId": f"accept {uuid.uuid4()}"}
    deployment.client("lambda").invoke(
        FunctionName=deployment.functions["send"].alias_arn,
        InvocationType="Event",
        Payload=json.dumps(asked).encode(),
    )
    sqs = deployment.client("sqs")
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        # Other events become visible again after a second.
        received = sqs.receive_message(
            QueueUrl=deployment.queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=1,
            WaitTimeSeconds=_RECEIVE_SECONDS,
        )
        for message in received.get("Messages", []):
            body = json.loads(message["Body"])
            if body.get("requestPayload") == asked:
                sqs.delete_message(
                    QueueUrl=deployment.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                found.append(body)
        return bool(found)

    if not wait_for(arrived, QUEUE_SECONDS):
        raise Wrong("the failed request in the queue", f"nothing after {QUEUE_SECONDS} s")
    problem = json.loads(found[0]["responsePayload"]["errorMessage"])
    if problem["code"] != "InvalidRequest":
        raise Wrong("InvalidRequest in the queue", problem["code"])
    return "in the queue, with its problem; deleted"


def _pause(trial: Trial) -> str:
    """Pause, see a request refused, resume, and see it sent; restore the switch."""
    if trial.person is None:
        raise Skipped("no number was given (TO=…).")
    deployment = trial.deployment
    table = deployment.client("dynamodb")
    key = {"id": {"S": ITEM}}
    before = table.get_item(TableName=deployment.table, Key=key).get("Item")
    if before and before.get(ATTRIBUTE) != {"S": "none"}:
        raise Skipped(f"the switch is already {before.get(ATTRIBUTE)}.")
    asked = new_request(trial.person.number)
    table.put_item(TableName=deployment.table, Item={**key, ATTRIBUTE: {"S": ALL}})
    try:
        # By then, every function has read the switch again. An earlier request could text.
        time.sleep(REFRESH_SECONDS + 1)
        answer = trial.post(asked)
        if answer.code in EXPLAINED and answer.code != "SendingPaused":
            raise Skipped(f"{EXPLAINED[answer.code]}: {answer.detail}")
        trial.expect(answer, 503, "SendingPaused")
    finally:
        if before:
            table.put_item(TableName=deployment.table, Item=before)
        else:
            table.delete_item(TableName=deployment.table, Key=key)
    time.sleep(REFRESH_SECONDS + 1)
    trial.expect(trial.post(asked), 200)
    return "503 SendingPaused, then sent"


QUEUE = Step("A failed asynchronous request reaches the queue", "runbook.md", _queue)
PAUSE = Step("The switch pauses and resumes sending", "runbook.md", _pause)
