"""What every grant is for: what works with it, and how it fails without it.

Most scenarios use the service. Where it is the Lambda service that makes a call with a function's
role (it writes the log and the trace, and puts away failed events), MiniStack takes a short cut
past IAM; there, the scenario makes that call itself, with a session of the role, or asks IAM.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sandbox.client import HttpAnswer
from tests.support.deployment import request

from .account import Account
from .grants import Grant

# No number of the sandbox's own, and so counted. Of its block for these tests alone: in an hour, a
# block gets 20 messages.
_COUNTED = "+12062010100"


@dataclass(frozen=True)
class Scenario:
    """What a grant is for.

    Attributes:
        run: tries it; returns what came of it.
        granted: what comes of it with the grant.
        denied: what comes of it without.

    """

    run: Callable[[Account, Grant], str]
    granted: str
    denied: str


def _send(account: Account, _: Grant) -> str:
    """Send, and look at the phone."""
    asked = request()
    answer = account.deployment.send(asked)
    return f"{_said(answer)}; {_texted(account, asked)}"


def _send_twice_and_to_a_number_that_is_counted(account: Account, _: Grant) -> str:
    """Send with one ReferenceId twice to a number of the sandbox's, and once to another number.

    Messages to the sandbox's own numbers are not counted, and so get as far as their record.
    """
    asked, counted = request(), request(DestinationIdentity=_COUNTED)
    answers = [_said(account.deployment.send(asked)) for _ in range(2)]
    return (
        f"{', '.join(answers)}; {_texted(account, asked)}; "
        f"{_said(account.deployment.send(counted))}; {_texted(account, counted)}"
    )


def _send_from_a_new_environment(account: Account, _: Grant) -> str:
    """Send from where nothing is known yet, and look at the phone.

    The alias's environments know what the switch said, and go by that. Those of the unpublished
    version, which has the same role, end when its configuration is written.
    """
    function = account.functions["send"].rpartition(":")[0]
    lambda_ = account.client("lambda")
    timeout = lambda_.get_function_configuration(FunctionName=function)["Timeout"]
    lambda_.update_function_configuration(FunctionName=function, Timeout=timeout)
    asked = request()
    invoked = account.deployment.invoke(asked, function)
    problem = json.loads(invoked.payload["errorMessage"]) if invoked.function_error else {}
    said = f"{problem['status']} {problem['code']}" if problem else "sent"
    return f"{said}; {_texted(account, asked)}"


def _send_twice_to_a_throttled_number(account: Account, _: Grant) -> str:
    """Send what Pinpoint throttles, so that the ReferenceId is free for the second try."""
    asked = request(DestinationIdentity="+12065550103")
    return ", ".join(_said(account.deployment.send(asked)) for _ in range(2))


def _verify(account: Account, _: Grant) -> str:
    """Verify a code that nobody was texted."""
    return _said(account.deployment.verify(_asked("verify")))


def _use_the_switch(account: Account, grant: Grant) -> str:
    """Read, write or take away the item that pauses sending; to a country that nobody sends to."""
    dynamodb = account.client("dynamodb", grant.role)
    switch = {"id": {"S": "paused"}}
    calls: Mapping[str, Callable[[], object]] = {
        "GetItem": lambda: dynamodb.get_item(TableName=account.state.table, Key=switch),
        "PutItem": lambda: dynamodb.put_item(
            TableName=account.state.table, Item={**switch, "countries": {"S": "JM"}}
        ),
        "DeleteItem": lambda: dynamodb.delete_item(TableName=account.state.table, Key=switch),
    }
    return _done(calls[grant.action.partition(":")[2]])


def _create_a_log_stream(account: Account, grant: Grant) -> str:
    """Do as the Lambda service for a new worker."""
    stream = {"logGroupName": _log_group(grant), "logStreamName": str(uuid.uuid4())}
    return _done(lambda: account.client("logs", grant.role).create_log_stream(**stream))


def _write_to_the_log(account: Account, grant: Grant) -> str:
    """Do as the Lambda service for a worker that has printed something."""
    stream = {"logGroupName": _log_group(grant), "logStreamName": str(uuid.uuid4())}
    account.client("logs").create_log_stream(**stream)
    printed = [{"timestamp": int(time.time() * 1000), "message": "printed"}]
    logs = account.client("logs", grant.role)
    return _done(lambda: logs.put_log_events(**stream, logEvents=printed))


def _put_into_the_failure_queue(account: Account, grant: Grant) -> str:
    """Do as the Lambda service for an event that has finally failed."""
    name = grant.resource.rpartition(":")[2]
    url = account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
    sqs = account.client("sqs", grant.role)
    return _done(lambda: sqs.send_message(QueueUrl=url, MessageBody="failed"))


def _publish_to_the_failure_topic(account: Account, grant: Grant) -> str:
    """Do the same for a function whose failed events are kept nowhere."""
    sns = account.client("sns", grant.role)
    return _done(lambda: sns.publish(TopicArn=grant.resource, Message="failed"))


def _trace(account: Account, grant: Grant) -> str:
    """Ask IAM what it would say to the Lambda service: MiniStack has no X-Ray to be called."""
    answer = account.client("iam").simulate_principal_policy(
        PolicySourceArn=grant.role.arn,
        ActionNames=[grant.action],
        ResourceArns=[grant.resource],
    )
    decision: str = answer["EvaluationResults"][0]["EvalDecision"]
    return decision


def _call_the_api(account: Account, grant: Grant) -> str:
    """Call the method that the grant is about."""
    path = grant.resource.partition("/POST")[2]
    return _said(account.post(path, _asked(path), grant.role))


def _invoke(account: Account, grant: Grant) -> str:
    """Invoke the function that the grant is about."""
    lambda_ = account.client("lambda", grant.role)
    payload = json.dumps(_asked(grant.resource.lower()))
    return _done(lambda: lambda_.invoke(FunctionName=grant.resource, Payload=payload))


def _asked(of: str) -> dict[str, Any]:
    """Make a valid request of the function that a path or a name is about."""
    return request(Otp="12345") if "verify" in of else request()


def _log_group(grant: Grant) -> str:
    return grant.resource.partition(":log-group:")[2].removesuffix(":*")


def _said(answer: HttpAnswer) -> str:
    """Name an answer of the service, or of the API in front of it."""
    code = answer.json().get("code", "")
    replayed = "replayed" if "Idempotent-Replayed" in answer.headers else ""
    return " ".join(filter(None, [str(answer.status), code, replayed]))


def _texted(account: Account, asked: Mapping[str, Any]) -> str:
    texts = len(account.deployment.texts(asked["ReferenceId"]))
    return "1 text" if texts == 1 else f"{texts} texts"


def _done(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


#: What the Lambda service does with the role of any function.
_OF_EVERY_FUNCTION = {
    "logs:CreateLogStream": Scenario(
        _create_a_log_stream, granted="done", denied="AccessDeniedException"
    ),
    "logs:PutLogEvents": Scenario(
        _write_to_the_log, granted="done", denied="AccessDeniedException"
    ),
    "xray:PutTraceSegments": Scenario(_trace, granted="allowed", denied="implicitDeny"),
    "xray:PutTelemetryRecords": Scenario(_trace, granted="allowed", denied="implicitDeny"),
}

#: By the short name of the role and the action.
SCENARIOS: Mapping[tuple[str, str], Scenario] = {
    ("send", "mobiletargeting:SendOTPMessage"): Scenario(
        _send, granted="200; 1 text", denied="500 Misconfigured; 0 texts"
    ),
    ("send", "dynamodb:PutItem"): Scenario(
        _send, granted="200; 1 text", denied="503 StoreUnavailable; 0 texts"
    ),
    ("send", "dynamodb:UpdateItem"): Scenario(
        _send_twice_and_to_a_number_that_is_counted,
        granted="200, 200 replayed; 1 text; 200; 1 text",
        denied="200, 409 InProgress; 1 text; 503 StoreUnavailable; 0 texts",
    ),
    ("send", "dynamodb:GetItem"): Scenario(
        _send_from_a_new_environment,
        granted="sent; 1 text",
        denied="503 SendingPaused; 0 texts",
    ),
    ("send", "dynamodb:DeleteItem"): Scenario(
        _send_twice_to_a_throttled_number,
        granted="429 Throttled, 429 Throttled",
        denied="429 Throttled, 409 InProgress",
    ),
    ("send", "sqs:SendMessage"): Scenario(
        _put_into_the_failure_queue, granted="done", denied="AccessDenied"
    ),
    ("verify", "mobiletargeting:VerifyOTPMessage"): Scenario(
        _verify, granted="200", denied="500 Misconfigured"
    ),
    ("verify", "sns:Publish"): Scenario(
        _publish_to_the_failure_topic, granted="done", denied="AuthorizationError"
    ),
    **{
        (function, action): scenario
        for function in ("send", "verify")
        for action, scenario in _OF_EVERY_FUNCTION.items()
    },
    **{
        ("on call", f"dynamodb:{operation}"): Scenario(
            _use_the_switch, granted="done", denied="AccessDeniedException"
        )
        for operation in ("DeleteItem", "GetItem", "PutItem")
    },
    ("caller", "execute-api:Invoke"): Scenario(_call_the_api, granted="200", denied="403"),
    ("caller", "lambda:InvokeFunction"): Scenario(
        _invoke, granted="done", denied="AccessDeniedException"
    ),
}
