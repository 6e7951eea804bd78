"""The command line of the sandbox."""

import argparse
import os
import sys
from collections.abc import Sequence

from infra.config import keys

from . import commands
from .deploy import DeployError
from .lock import AlreadyRunningError
from .servers import ServerError
from .start import FirstMessageError
from .state import NotRunningError
from .supervisor import run, run_detached, stop


def main(argv: Sequence[str] | None = None) -> int:
    """Run the sandbox, or a command on the running one; returns the exit status."""
    arguments = _parser().parse_args(argv)
    _ask_no_proxy_for_this_machine()
    try:
        if "run" in arguments:
            status: int = arguments.run(arguments)
            return status
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
    """Bypass any proxy for the emulators, in this process and in the CDK's commands."""
    for name in ("NO_PROXY", "no_proxy"):
        others = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*others, "localhost", "127.0.0.1"]))


def _context(text: str) -> tuple[str, str]:
    """Read `destinationPerDay=3`."""
    key, equals, value = text.partition("=")
    if not equals or key not in {key.name for key in keys().values()}:
        raise argparse.ArgumentTypeError(f"{text} is not a KEY=VALUE from docs/configuration.md")
    if key.startswith("alarm"):
        raise argparse.ArgumentTypeError(f"the sandbox has no alarms, so {key} works on AWS only")
    return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=(
            "Deploy the stack on this machine, send a first text through it, and stay up until "
            "Ctrl-C. You need no AWS account and no Docker."
        ),
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--detach",
        action="store_true",
        help="return when the sandbox is ready, and leave it running",
    )
    how.add_argument("--stop", action="store_true", help="end the running sandbox")
    parser.add_argument(
        "--auth",
        action="store_true",
        help=("enforce IAM: callers and the functions may do only what their policies allow"),
    )
    parser.add_argument(
        "-c",
        "--context",
        action="append",
        type=_context,
        default=[],
        metavar="KEY=VALUE",
        help=(
            "deploy with this value of a configuration key, such as destinationPerDay=3; repeatable"
        ),
    )
    commands.add_to(
        parser.add_subparsers(metavar="COMMAND", title="commands for the running sandbox")
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
