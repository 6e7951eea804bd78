"""The command line of the sandbox."""

import argparse
import json
import os
import sys
import uuid
from collections.abc import Sequence

from infra.config import keys

from . import client
from .deploy import DeployError
from .lock import AlreadyRunningError
from .servers import ServerError
from .start import FirstMessageError
from .state import PYTHON, NotRunningError, State
from .supervisor import run, run_detached, stop


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sandbox, or do something with the one that runs; returns the exit status."""
    arguments = _parser().parse_args(argv)
    _ask_no_proxy_for_this_machine()
    try:
        if arguments.command == "send":
            return _send(arguments.number, arguments.reference_id, arguments.field)
        if arguments.stop:
            print("Stopped." if stop() else "The sandbox is not running.")
            return 0
        if arguments.detach:
            return run_detached(context=dict(arguments.context), auth=arguments.auth)
        run(context=dict(arguments.context), auth=arguments.auth)
    except (
        AlreadyRunningError,
        DeployError,
        FirstMessageError,
        NotRunningError,
        ServerError,
    ) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as a shell reports it
    return 0


def _ask_no_proxy_for_this_machine() -> None:
    """Reach the emulators directly, here and in the CDK's commands, whatever proxy is set."""
    for name in ("NO_PROXY", "no_proxy"):
        others = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*others, "localhost", "127.0.0.1"]))


def _send(number: str, reference_id: str | None, fields: Sequence[str]) -> int:
    """Send one request, and show all of it: what was asked, the answer, the text."""
    state = State.read()
    reference_id = reference_id or str(uuid.uuid4())
    request = {
        "ReferenceId": reference_id,
        "DestinationIdentity": number,
        **dict(map(_field, fields)),
    }
    print(f"POST {state.apiUrl}/otp\n{json.dumps(request, indent=2)}\n")
    answer = client.send(state, request)
    print(f"{answer.status}")
    for name in ("Content-Type", "Retry-After", "Idempotent-Replayed", "X-Request-Id"):
        if name in answer.headers:
            print(f"{name}: {answer.headers[name]}")
    print(json.dumps(answer.json(), indent=2))
    for text in client.inbox(state, reference_id):
        print(f"\nText to {text['to']}, {text['sentAt']}\n  {text['body']}")
    return 0 if answer.status == 200 else 1  # noqa: PLR2004 - 200 OK


def _field(text: str) -> tuple[str, str | int]:
    """Read `CodeLength=8`; a number where it looks like one, but not where it has a sign."""
    name, _, value = text.partition("=")
    return name, int(value) if value.isdecimal() else value


def _context(text: str) -> tuple[str, str]:
    """Read `destinationPerDay=3`."""
    key, equals, value = text.partition("=")
    if not equals or key not in {key.name for key in keys().values()}:
        raise argparse.ArgumentTypeError(f"{text} is no KEY=VALUE of docs/configuration.md")
    return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=(
            "Deploy the stack on this machine, send a first OTP through it, and stay up until "
            "Ctrl-C. Needs no AWS account and no Docker."
        ),
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--detach", action="store_true", help="return when ready, and run on")
    how.add_argument("--stop", action="store_true", help="end the sandbox that runs")
    parser.add_argument(
        "--auth",
        action="store_true",
        help=(
            "enforce IAM: whoever calls, and the functions themselves, may do only what their "
            "policies allow"
        ),
    )
    parser.add_argument(
        "-c",
        "--context",
        action="append",
        type=_context,
        default=[],
        metavar="KEY=VALUE",
        help=(
            "deploy with another value of a configuration key, such as destinationPerDay=3; "
            "repeatable"
        ),
    )
    commands = parser.add_subparsers(dest="command", metavar="send")
    send = commands.add_parser(
        "send",
        help="send an OTP through the running sandbox",
        description="Send an OTP through the running sandbox: a signed POST to the deployed API.",
        epilog=f"Example: {PYTHON} -m sandbox send +12065550100 CodeLength=8",
    )
    send.add_argument("number", help="the phone number, such as +12065550100")
    send.add_argument("field", nargs="*", help="other fields of the request, such as CodeLength=8")
    send.add_argument(
        "--reference-id", help="a new random one by default; repeat one to see its replay"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
