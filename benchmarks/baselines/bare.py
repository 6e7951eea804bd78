"""Baseline: the least that anybody could write. Two boto3 clients, three calls, no checks."""

import json
import os
import time

import boto3

dynamodb = boto3.client("dynamodb")
pinpoint = boto3.client("pinpoint")


def handler(event, context):
    request = json.loads(event["body"])
    key = {"S": request["ReferenceId"]}
    try:
        dynamodb.put_item(
            TableName=os.environ["OTP_TABLE_NAME"],
            Item={"id": key, "expiration": {"N": str(int(time.time()) + 3900)}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return {"statusCode": 409, "body": json.dumps({"message": "Sent already"})}
    answer = pinpoint.send_otp_message(
        ApplicationId=os.environ["OTP_APPLICATION_ID"],
        SendOTPMessageRequestParameters={
            "Channel": "SMS",
            "BrandName": os.environ["OTP_BRAND_NAME"],
            "OriginationIdentity": os.environ["OTP_ORIGINATION_IDENTITY"],
            **request,
        },
    )["MessageResponse"]
    dynamodb.update_item(
        TableName=os.environ["OTP_TABLE_NAME"],
        Key={"id": key},
        UpdateExpression="SET answer = :answer",
        ExpressionAttributeValues={":answer": {"S": json.dumps(answer)}},
    )
    return {"statusCode": 200, "body": json.dumps({"MessageResponse": answer})}
