"""Baseline of the warm request: the SDK calls that our function made, and nothing around them.

`calls` are what the stub received of one sent request: made again by plain boto3 clients, one after
the other, in the same order. A replay is the first of them, which finds the item there.
"""

import copy
import os

import boto3

dynamodb = boto3.client("dynamodb")
pinpoint = boto3.client("pinpoint")

_METHODS = {
    "PutItem": dynamodb.put_item,
    "GetItem": dynamodb.get_item,
    "UpdateItem": dynamodb.update_item,
}


def calls(recorded):
    """Give two functions of a ReferenceId: the calls of a sent request, and that of a replay."""
    made = []
    for call in copy.deepcopy(recorded):
        if call["operation"] == "SendOTPMessage":
            parameters = {
                "ApplicationId": os.environ["OTP_APPLICATION_ID"],
                "SendOTPMessageRequestParameters": call["parameters"],
            }
            made.append((pinpoint.send_otp_message, parameters))
        else:
            made.append((_METHODS[call["operation"]], call["parameters"]))
    lock, locking = made[0]
    if lock != dynamodb.put_item:
        raise SystemExit(f"The first call is not the lock: {recorded}")

    def sent(reference_id):
        locking["Item"]["id"]["S"] = reference_id
        for method, parameters in made:
            method(**parameters)

    def replayed(reference_id):
        locking["Item"]["id"]["S"] = reference_id
        try:
            dynamodb.put_item(**locking)
        except dynamodb.exceptions.ConditionalCheckFailedException as taken:
            return taken.response["Item"]
        raise SystemExit("The replay found no item.")

    return sent, replayed
