"""What each grant is for: what works with the grant, and how it fails without.

Most scenarios call the service. The Lambda service itself uses a function's role to write logs and
traces and to store failed events. MiniStack does so without IAM, so those scenarios make the call
with a session of the role, or ask IAM.
"""

import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from lambda_src.otp.rules.ranges import range_of
from sandbox import client
from sandbox.client import HttpAnswer
from tests.support.deployment import request
from tests.support.texts import code_in

from .account import Account
from .grants import Grant

# Limits count this number, and only these tests text its block, which gets 20 texts an hour.
_COUNTED = "+12062010100"


class Scenario(NamedTuple):
    """A call that needs a grant, and its result with and without the grant."""

    run: Callable[[Account, Grant], str]
    granted: str
    denied: str


def _send(account: Account, _: Grant) -> str:
    asked = request()
    answer = account.deployment.send(asked)
    return f"{_said(answer)}; {_texted(account, asked)}"


def _send_twice_and_to_a_number_that_is_counted(account: Account, _: Grant) -> str:
    """Send twice with one ReferenceId to a reserved number, and once to a number with limits.

    Without the grant, a counted number fails before its record is written; a reserved one later.
    """
    asked, counted = request(), request(DestinationIdentity=_COUNTED)
    twice = ", ".join(_said(account.deployment.send(asked)) for _ in range(2))
    once = _said(account.deployment.send(counted))
    return f"{twice}; {_texted(account, asked)}; {once}; {_texted(account, counted)}"


def _send_from_a_new_environment(account: Account, _: Grant) -> str:
    """Send from a new environment, which has not read the switch yet.

    The alias's environments remember it. Writing the configuration of the unpublished version,
    which has the same role, ends its environments.
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
    """Send a text that Pinpoint throttles, which frees the ReferenceId for the second try."""
    asked = request(DestinationIdentity="+12065550103")
    return ", ".join(_said(account.deployment.send(asked)) for _ in range(2))


def _verify(account: Account, _: Grant) -> str:
    return _said(account.deployment.verify(_asked("verify")))


def _verify_a_right_code(account: Account, _: Grant) -> str:
    """Send to a counted number, verify its code, and compare the balance of its range."""
    asked = request(DestinationIdentity=f"+1206203{secrets.randbelow(10_000):04}")
    account.deployment.send(asked)
    [text] = account.deployment.texts(asked["ReferenceId"])
    before = _balance(account, asked["DestinationIdentity"])
    answer = account.deployment.verify({**asked, "Otp": code_in(text)})
    lowered = before - _balance(account, asked["DestinationIdentity"])
    return f"{_said(answer)} {answer.json()['VerificationResponse']['Valid']}; lowered by {lowered}"


def _balance(account: Account, number: str) -> int:
    key = {"id": {"S": f"guard#range#{range_of(number).digest}"}}
    found = account.client("dynamodb").get_item(
        TableName=account.state.table, Key=key, ConsistentRead=True
    )
    return int(found["Item"]["balance"]["N"])


def _use_the_switch(account: Account, grant: Grant) -> str:
    """Read, write or delete the switch, for a country that no test texts."""
    dynamodb = account.client("dynamodb", grant.role)
    key = {"id": {"S": "paused"}}
    operation, given = {
        "dynamodb:GetItem": (dynamodb.get_item, {"Key": key}),
        "dynamodb:PutItem": (dynamodb.put_item, {"Item": {**key, "countries": {"S": "JM"}}}),
        "dynamodb:DeleteItem": (dynamodb.delete_item, {"Key": key}),
    }[grant.action]
    return _done(lambda: operation(TableName=account.state.table, **given))


def _do_as_the_lambda_service(account: Account, grant: Grant) -> str:
    """Write a log or store a failed event, as the Lambda service does with the role."""
    service, _, action = grant.action.partition(":")
    caller = account.client(service, grant.role)
    if service == "sqs":
        name = grant.resource.rpartition(":")[2]
        url = account.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        return _done(lambda: caller.send_message(QueueUrl=url, MessageBody="failed"))
    if service == "sns":
        return _done(lambda: caller.publish(TopicArn=grant.resource, Message="failed"))
    group = grant.resource.partition(":log-group:")[2].removesuffix(":*")
    stream = {"logGroupName": group, "logStreamName": str(uuid.uuid4())}
    if action == "CreateLogStream":
        return _done(lambda: caller.create_log_stream(**stream))
    account.client("logs").create_log_stream(**stream)
    printed = [{"timestamp": int(time.time() * 1000), "message": "printed"}]
    return _done(lambda: caller.put_log_events(**stream, logEvents=printed))


def _trace(account: Account, grant: Grant) -> str:
    """Simulate the policy, because MiniStack has no X-Ray."""
    answer = account.client("iam").simulate_principal_policy(
        PolicySourceArn=grant.role.arn, ActionNames=[grant.action], ResourceArns=[grant.resource]
    )
    return str(answer["EvaluationResults"][0]["EvalDecision"])


def _call_the_api(account: Account, grant: Grant) -> str:
    path = grant.resource.partition("/POST")[2]
    credentials = account.session(grant.role).get_credentials()
    body = json.dumps(_asked(path)).encode()
    return _said(client.post(account.state, path, body, credentials=credentials))


def _invoke(account: Account, grant: Grant) -> str:
    lambda_ = account.client("lambda", grant.role)
    payload = json.dumps(_asked(grant.resource.lower()))
    return _done(lambda: lambda_.invoke(FunctionName=grant.resource, Payload=payload))


def _asked(of: str) -> dict[str, Any]:
    """Make a valid request for the function that a path or a name contains."""
    return request(Otp="12345") if "verify" in of else request()


def _said(answer: HttpAnswer) -> str:
    """Summarise an answer of the service or of API Gateway."""
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


_SENT, _DENIED = "200; 1 text", "AccessDeniedException"
_LOGGED = Scenario(_do_as_the_lambda_service, "done", _DENIED)
_TRACED = Scenario(_trace, "allowed", "implicitDeny")
_SWITCHED = Scenario(_use_the_switch, "done", _DENIED)

#: By the short name of the role and the action.
SCENARIOS: Mapping[tuple[str, str], Scenario] = {
    ("send", "mobiletargeting:SendOTPMessage"): Scenario(
        _send, _SENT, "500 Misconfigured; 0 texts"
    ),
    ("send", "dynamodb:PutItem"): Scenario(_send, _SENT, "503 StoreUnavailable; 0 texts"),
    ("send", "dynamodb:UpdateItem"): Scenario(
        _send_twice_and_to_a_number_that_is_counted,
        "200, 200 replayed; 1 text; 200; 1 text",
        "200, 409 InProgress; 1 text; 503 StoreUnavailable; 0 texts",
    ),
    ("send", "dynamodb:GetItem"): Scenario(
        _send_from_a_new_environment, "sent; 1 text", "503 SendingPaused; 0 texts"
    ),
    ("send", "dynamodb:DeleteItem"): Scenario(
        _send_twice_to_a_throttled_number,
        "429 Throttled, 429 Throttled",
        "429 Throttled, 409 InProgress",
    ),
    ("send", "sqs:SendMessage"): Scenario(_do_as_the_lambda_service, "done", "AccessDenied"),
    ("verify", "mobiletargeting:VerifyOTPMessage"): Scenario(_verify, "200", "500 Misconfigured"),
    ("verify", "sns:Publish"): Scenario(_do_as_the_lambda_service, "done", "AuthorizationError"),
    **{
        ("verify", f"dynamodb:{operation}"): Scenario(
            _verify_a_right_code, "200 True; lowered by 4", "200 True; lowered by 0"
        )
        for operation in ("BatchGetItem", "PutItem", "UpdateItem")
    },
    **{
        (function, action): _LOGGED if action.startswith("logs:") else _TRACED
        for function in ("send", "verify")
        for action in (
            *("logs:CreateLogStream", "logs:PutLogEvents"),
            *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
        )
    },
    **{
        ("on call", f"dynamodb:{operation}"): _SWITCHED
        for operation in ("DeleteItem", "GetItem", "PutItem")
    },
    ("caller", "execute-api:Invoke"): Scenario(_call_the_api, "200", "403"),
    ("caller", "lambda:InvokeFunction"): Scenario(_invoke, "done", _DENIED),
}
