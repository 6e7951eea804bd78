"""The commands for a running sandbox: send, verify, inbox, env."""

import argparse
import json
import re
import shlex
import sys
import uuid
from collections.abc import Mapping
from typing import Any

from . import client
from .client import HttpAnswer
from .state import PYTHON, NotRunningError, State

_OK = 200
_HEADERS = ("Content-Type", "Retry-After", "Idempotent-Replayed", "X-Request-Id")

_NO_TEXT = "There is no such text in the inbox."

# A name that never resolves (RFC 2606). Without an endpoint, the AWS CLI would call the real AWS.
_NOWHERE = "http://the-sandbox-is-not-running.invalid"
#: Defines aws, the checkout's own AWS CLI. Its version 1 ignores AWS_ENDPOINT_URL for SQS.
AWS_CLI = """\
aws() {{
  if [ "$1" = sqs ]; then set -- --endpoint-url "$AWS_ENDPOINT_URL" "$@"; fi
  {python} -m awscli "$@"
}}"""


def send(arguments: argparse.Namespace) -> int:
    """Send one request, and print the request, the answer and the text."""
    state = State.read()
    reference_id = arguments.reference_id or str(uuid.uuid4())
    fields = {
        "ReferenceId": reference_id,
        "DestinationIdentity": arguments.number,
        **dict(map(_field, arguments.field)),
    }
    answer = _post(state, "/otp", fields)
    if answer.headers.get("Idempotent-Replayed"):
        print("\nThis is the recorded answer. No text was sent now; the first one was:", end="")
    for text in client.inbox(state, reference_id):
        print(f"\nText to {text['to']}, {text['sentAt']}\n  {text['body']}")
    return 0 if answer.status == _OK else 1


def verify(arguments: argparse.Namespace) -> int:
    """Verify a code, by default of the newest text; returns 1 if it is not valid."""
    state = State.read()
    texts = client.inbox(state, arguments.reference_id)
    if not texts:
        print(_NO_TEXT, file=sys.stderr)
        return 1
    fields = {
        "ReferenceId": texts[-1]["referenceId"],
        "DestinationIdentity": texts[-1]["to"],
        "Otp": arguments.code,
    }
    answer = _post(state, "/otp/verify", fields)
    right = answer.status == _OK and answer.json()["VerificationResponse"]["Valid"]
    return 0 if right else 1


def inbox(arguments: argparse.Namespace) -> int:
    """Print the texts, newest last, or the newest code; returns 1 if there is no code."""
    texts = client.inbox(State.read(), arguments.reference_id)
    if not arguments.code:
        for text in texts:
            print(f"{text['sentAt']}  {text['to']}  {text['referenceId']}\n  {text['body']}")
        return 0
    codes = [code for text in texts for code in re.findall(r"\b[0-9]{5,8}\b", text["body"])[:1]]
    if not codes:
        print(_NO_TEXT, file=sys.stderr)
        return 1
    print(codes[-1])
    return 0


def env() -> int:
    """Print the shell variables and an AWS CLI for the sandbox; dead addresses if none runs."""
    print(AWS_CLI.format(python=shlex.quote(sys.executable)))
    try:
        state = State.read()
    except NotRunningError as problem:
        print(problem, file=sys.stderr)
        for name in ("API_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PINPOINT"):
            print(f"export {name}={_NOWHERE}")
        return 1
    for name, value in variables(state).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def variables(state: State) -> dict[str, str]:
    """Give the variables that lead the AWS CLI, the SDKs and the pages to the sandbox."""
    return {
        "API_URL": state.apiUrl,
        "SEND_FUNCTION": state.sendFunction,
        "VERIFY_FUNCTION": state.verifyFunction,
        "TABLE": state.table,
        "APPLICATION_ID": state.applicationId,
        "AWS_ENDPOINT_URL": state.awsEndpoint,
        "AWS_ENDPOINT_URL_PINPOINT": state.pinpointEndpoint,
        "AWS_ACCESS_KEY_ID": state.accessKeyId,
        "AWS_SECRET_ACCESS_KEY": state.secretAccessKey,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
    }


def add_to(commands: Any) -> None:  # noqa: ANN401 - argparse has no public type for it
    """Add these commands to the command line."""
    sending = commands.add_parser(
        "send",
        help="send an OTP",
        description="Send an OTP: a signed POST to the deployed API.",
        epilog=f"Example: {PYTHON} -m sandbox send +12065550100 CodeLength=8",
    )
    sending.add_argument("number", help="the phone number, such as +12065550100")
    sending.add_argument("field", nargs="*", help="other fields, such as CodeLength=8")
    sending.add_argument(
        "--reference-id", help="by default a new random one; repeat one to see its replay"
    )
    sending.set_defaults(run=send)

    verifying = commands.add_parser("verify", help="verify a code, by default of the newest text")
    verifying.add_argument("code", help="the code in the text")
    verifying.add_argument("--reference-id", help="of the text, if it is not the newest")
    verifying.set_defaults(run=verify)

    reading = commands.add_parser("inbox", help="show the texts that arrived")
    reading.add_argument("--reference-id", help="show only its texts")
    reading.add_argument("--code", action="store_true", help="print only the newest code")
    reading.set_defaults(run=inbox)

    environment = commands.add_parser(
        "env",
        help="print the shell variables and the AWS CLI that reach the sandbox",
        description="Print shell commands that set API_URL, the SDKs' variables and the AWS CLI.",
        epilog=f'Example: eval "$({PYTHON} -m sandbox env)"',
    )
    environment.set_defaults(run=lambda _: env())


def _post(state: State, path: str, fields: Mapping[str, str | int]) -> HttpAnswer:
    print(f"POST {state.apiUrl}{path}\n{json.dumps(fields, indent=2)}\n")
    answer = client.post(state, path, json.dumps(fields).encode())
    print(answer.status)
    for name in _HEADERS:
        if name in answer.headers:
            print(f"{name}: {answer.headers[name]}")
    print(json.dumps(answer.json(), indent=2))
    return answer


def _field(text: str) -> tuple[str, str | int]:
    """Read `CodeLength=8`: digits become a number; `+1…` stays text."""
    name, _, value = text.partition("=")
    return name, int(value) if value.isdecimal() else value
