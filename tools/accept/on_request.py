"""Steps that take minutes or change something for a while: QUEUE=yes, PAUSE=yes."""

import json
import time
import uuid
from typing import Any

from lambda_src.otp.rules.pause import ATTRIBUTE, ITEM
from lambda_src.otp.rules.switch import ALL, REFRESH_SECONDS

from .message import EXPLAINED
from .trial import Skipped, Step, Trial, Wrong, new_request, wait_for

# Lambda repeats a failed event after one minute, and after two more.
QUEUE_SECONDS = 5 * 60
_RECEIVE_SECONDS = 5


def _queue(trial: Trial) -> str:
    """Fail asynchronously; find the event in the queue, and delete it and no other."""
    deployment = trial.deployment
    # No valid one, but nobody else's.
    asked = {"ReferenceId": f"accept {uuid.uuid4()}"}
    deployment.client("lambda").invoke(
        FunctionName=deployment.functions["send"].alias_arn,
        InvocationType="Event",
        Payload=json.dumps(asked).encode(),
    )
    sqs = deployment.client("sqs")
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        # Those of others are seen again by others after a second.
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
        raise Wrong("the failed request in the queue", f"nothing of it after {QUEUE_SECONDS} s")
    problem = json.loads(found[0]["responsePayload"]["errorMessage"])
    if problem["code"] != "InvalidRequest":
        raise Wrong("InvalidRequest in the queue", problem["code"])
    return "in the queue, with its problem; deleted"


def _pause(trial: Trial) -> str:
    """Pause, be refused, go on; the switch is left as it was found."""
    if trial.person is None:
        raise Skipped("nobody is there to read a text (TO names the number).")
    deployment = trial.deployment
    table = deployment.client("dynamodb")
    key = {"id": {"S": ITEM}}
    before = table.get_item(TableName=deployment.table, Key=key).get("Item")
    if before and before.get(ATTRIBUTE) != {"S": "none"}:
        raise Skipped(f"the switch is {before.get(ATTRIBUTE)} already.")
    asked = new_request(trial.person.number)
    table.put_item(TableName=deployment.table, Item={**key, ATTRIBUTE: {"S": ALL}})
    try:
        # Every function reads it again by then: asked earlier, one could text.
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
    return "503 SendingPaused, and sent when it was over"


QUEUE = Step("A failed asynchronous request is in the queue", "runbook.md", _queue)
PAUSE = Step("The switch pauses sending, and lets it go on", "runbook.md", _pause)
