"""Baseline of the warm request: the SDK calls that our function made, and nothing around them.

`calls` are what the stub received of one request with a new ReferenceId: made again by plain boto3
clients, one after the other, in the same order. With a known one, it is the first of them: a lock
that is taken, or a code that is wrong.
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
    "BatchGetItem": dynamodb.batch_get_item,
}
# With the names of the parameters that boto3 puts around the body.
_OF_PINPOINT = {
    "SendOTPMessage": (pinpoint.send_otp_message, "SendOTPMessageRequestParameters"),
    "VerifyOTPMessage": (pinpoint.verify_otp_message, "VerifyOTPMessageRequestParameters"),
}


def calls(recorded):
    """Give two functions of a ReferenceId: all calls, and the first one alone."""
    made = []
    for call in copy.deepcopy(recorded):
        operation, parameters = call["operation"], call["parameters"]
        if operation in _OF_PINPOINT:
            method, name = _OF_PINPOINT[operation]
            application = os.environ["OTP_APPLICATION_ID"]
            made.append((method, {"ApplicationId": application, name: parameters}))
        else:
            made.append((_METHODS[operation], parameters))
    items = [parameters["Item"] for _, parameters in made if "Item" in parameters]
    first, of_first = made[0]

    def of_new(reference_id):
        for item in items:
            item["id"]["S"] = reference_id
        for method, parameters in made:
            method(**parameters)

    def of_known(reference_id):
        for item in items:
            item["id"]["S"] = reference_id
        try:
            return first(**of_first)
        except dynamodb.exceptions.ConditionalCheckFailedException as taken:
            return taken.response["Item"]

    return of_new, of_known
