"""Recognizes events of other AWS services that arrive where a request should be.

Their shapes: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html.
"""

# By the event source that each record of a batch names.
_OF_RECORDS = {
    "SelfManagedKafka": "a Kafka event",
    "aws:dynamodb": "a DynamoDB stream event",
    "aws:kafka": "a Kafka event",
    "aws:kinesis": "a Kinesis event",
    "aws:mq": "an Amazon MQ event",
    "aws:rmq": "an Amazon MQ event",
    "aws:s3": "an S3 event",
    "aws:sns": "an SNS event",
    "aws:sqs": "an SQS event",
}


def kind(event: object) -> str | None:
    """Name the kind of an event, without repeating any of it; None if unknown."""
    match event:
        case [dict(), *_]:
            return "a list, as an EventBridge pipe sends it"
        case (
            {"Records": [{"eventSource": str(source)}, *_]}
            | {"Records": [{"EventSource": str(source)}, *_]}
            | {"eventSource": str(source)}
        ):
            of_aws = "an event of an AWS service" if source.startswith("aws:") else None
            return _OF_RECORDS.get(source, of_aws)
        case {"detail-type": str(), "detail": _}:
            return "an EventBridge event"
        case {"requestPayload": _, "requestContext": {"condition": str()}}:
            return "the record of a failed asynchronous request"
        case {"requestContext": dict()}:
            return _kind_over_http(event)
    return None


def _kind_over_http(event: object) -> str | None:
    match event:
        case {"requestContext": {"elb": dict()}}:
            return "an Application Load Balancer event"
        case {"requestContext": {"domainName": str(host)}} if ".lambda-url." in host:
            return "a function URL event"
        case {"version": "1.0", "httpMethod": str()} | {"version": "2.0", "routeKey": str()}:
            return "an HTTP API event"
    return None
