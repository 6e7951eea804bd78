"""The command line: chooses the deployment and the steps, and writes the report."""

import argparse
import contextlib
import getpass
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from sandbox import client
from sandbox.lock import AlreadyRunningError
from sandbox.supervisor import detached

from . import message, on_request, operation, without_text
from .deployment import Deployment, NotDeployedError, from_sandbox, from_stack
from .policy import policy
from .trial import Person, Skipped, Step, Trial, Wrong

# A text to the United States, without the carriers' fees: docs/cost.md, "The texts".
_DOLLARS = 0.00581
_SANDBOX_NUMBER = "+12065550100"


def main(argv: Sequence[str] | None = None) -> int:
    """Check a deployment; returns 0 if nothing is wrong."""
    arguments = parser().parse_args(argv)
    try:
        with _deployment(arguments) as (deployment, person):
            if arguments.policy:
                allowed = policy(deployment, queue=arguments.queue, pause=arguments.pause)
                print(json.dumps(allowed, indent=2))
                return 0
            return accept(deployment, person, arguments)
    except (AlreadyRunningError, NotDeployedError) as error:
        print(error, file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"AWS: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130  # as a shell reports it
    return 1


def accept(deployment: Deployment, person: Person | None, arguments: argparse.Namespace) -> int:
    """Run all steps, print a line for each, and write the report."""
    steps = [
        step
        for step in (
            *operation.BEFORE,
            *without_text.STEPS,
            *message.STEPS,
            *((on_request.QUEUE,) if arguments.queue else ()),
            *((on_request.PAUSE,) if arguments.pause else ()),
            *operation.AFTER,
        )
        if re.search(arguments.only, step.name)
    ]
    trial = Trial(deployment, person)
    _announce(trial, steps, texts=0 if person is None else 1 + arguments.pause)
    report = [_take(step, trial) for step in steps]
    ends = Counter(line["end"] for line in report)
    print("\n" + ", ".join(f"{ends[end]} {end}" for end in ("right", "wrong", "skipped")) + ".")
    for line in report:
        if line["end"] == "wrong":
            print(f"  Wrong: {line['step']}. See {line['page']}.")
    if arguments.report:
        Path(arguments.report).write_text(json.dumps(report, indent=2) + "\n")
    return 1 if ends["wrong"] else 0


def _take(step: Step, trial: Trial) -> dict[str, str]:
    """Run a step; returns its entry in the report."""
    started = time.monotonic()
    line = {"step": step.name}
    print(f"{step.name} ... ", end="", flush=True)
    try:
        line |= {"end": "right", "seen": trial.hide(step.run(trial))}
        said = line["seen"]
    except Skipped as skipped:
        line |= {"end": "skipped", "because": trial.hide(str(skipped))}
        said = f"skipped, because {line['because']}"
    except Wrong as wrong:
        line |= _wrong(step, trial.hide(wrong.expected), trial.hide(wrong.came))
        said = f"WRONG: expected {line['expected']}, got {line['came']}: see {line['page']}"
    except (BotoCoreError, ClientError, OSError, KeyError, ValueError) as error:
        line |= _wrong(step, "an answer", trial.hide(f"{type(error).__name__}: {error}"))
        said = f"WRONG: {line['came']}: see {line['page']}"
    line["seconds"] = f"{time.monotonic() - started:.1f}"
    print(f"{said} ({line['seconds']} s)", flush=True)
    return line


def _wrong(step: Step, expected: str, came: str) -> dict[str, str]:
    return {"end": "wrong", "expected": expected, "came": came, "page": f"docs/{step.page}"}


def _announce(trial: Trial, steps: Sequence[Step], texts: int) -> None:
    """Print what the steps will do."""
    deployment = trial.deployment
    where = "on this machine" if deployment.endpoint else f"in {deployment.session.region_name}"
    print(f"Accepting {deployment.stack} {where}: {deployment.api_url}")
    if trial.person is None:
        print("No text is sent. To send one and verify its code, set TO to your own number.")
    else:
        number = trial.hide(trial.person.number)
        print(f"{texts} text{'s' if texts > 1 else ''} to {number}.", end=" ")
        print(f"In the United States: about ${texts * _DOLLARS:.3f} plus carrier fees.")
    print(f"{len(steps)} steps. Every change is undone.\n", flush=True)


@contextlib.contextmanager
def _deployment(
    arguments: argparse.Namespace,
) -> Iterator[tuple[Deployment, Person | None]]:
    """Yield the deployment, and the person who reads its texts, if there is one."""
    if arguments.stack:
        deployment = from_stack(boto3.Session(), arguments.stack)
        number = arguments.to
        if number is None and not arguments.policy and sys.stdin.isatty():
            number = input("Your phone's number, such as +12065550100 (Enter: no text): ").strip()
        yield deployment, Person(number, _ask) if number else None
        return
    with detached() as state:
        yield (
            from_sandbox(state),
            Person(
                arguments.to or _SANDBOX_NUMBER,
                lambda reference_id: [
                    code
                    for text in client.inbox(state, reference_id)
                    for code in re.findall(r"\b[0-9]{5,8}\b", text["body"])
                ],
            ),
        )


def _ask(_reference_id: str) -> list[str]:
    """Ask the person for the code, and for the number of texts; returns a code for each text."""
    if not sys.stdin.isatty():
        raise Skipped("there is no terminal to type the code into.")
    code = getpass.getpass("The code in the text (hidden; Enter if no text arrived): ")
    if not code.strip():
        return []
    others = input("How many texts arrived? [1] ").strip() or "1"
    return [code.strip()] * (int(others) if others.isdecimal() else 1)


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    arguments = argparse.ArgumentParser(
        prog="python -m tools.accept",
        description=(
            "Check a deployment from request to verified code, and report differences. Sends at "
            "most three texts. Without --stack, checks a new sandbox on this machine."
        ),
        epilog="Region and credentials come from the AWS CLI's configuration.",
    )
    arguments.add_argument("--stack", help="the stack on AWS, such as ServerlessOtp")
    arguments.add_argument(
        "--to",
        default=os.environ.get("TO"),
        help="your phone's number, in E.164; without one, no text is sent",
    )
    arguments.add_argument(
        "--queue", action="store_true", help="also fail an asynchronous request (four minutes)"
    )
    arguments.add_argument(
        "--pause", action="store_true", help="also pause sending for half a minute"
    )
    arguments.add_argument(
        "--only", default="", help="run only the steps whose names match this pattern"
    )
    arguments.add_argument("--report", help="write the report to this file, as JSON")
    arguments.add_argument(
        "--policy", action="store_true", help="only print the IAM policy that the steps need"
    )
    return arguments


if __name__ == "__main__":
    sys.exit(main())
