"""`make abuse`: pumps, a burst and the switch, on a sandbox with a new deployment's limits."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from docs.generate.templates import resources
from sandbox.client import HttpAnswer
from sandbox.start import step
from sandbox.supervisor import detached
from tests.support.deployment import Deployment, code_in, request
from tests.support.metric_math import goes_off

_SECONDS_NEEDED = 240
_HOUR = 3600
_SWITCH_SECONDS = 60

# A pump is none of these's business.
_ALARMS_ON_ABUSE = ("RefusedByLimit", "Verified")
_SANDBOX_NUMBER = "+12065550100"

_BURST, _BURST_NUMBER = 64, "+12532340001"
_A_NUMBER = 5  # messages in ten minutes
_AN_HOUR = 1000  # messages in all
_VERIFIED = 120  # more than the least that the alarm on verified codes looks at


@dataclass(frozen=True)
class Pump:
    """Numbers that somebody wants texted, and how many of them may be.

    Attributes:
        name: for the table.
        numbers: in the order in which they are asked for.
        least: texts that may go out.
        most: the same.

    """

    name: str
    numbers: list[str]
    least: int
    most: int


# An area code each: what one has used up of its blocks is not the other's.
ONE_BLOCK = Pump(
    "2,000 numbers of one block", [f"+1206300{last:04}" for last in range(2000)], 20, 20
)
# The hour's thousand, less what has gone out before.
ONE_COUNTRY = Pump(
    "3,000 numbers of one country",
    [f"+1425{200 + place % 700}{place // 700:04}" for place in range(3000)],
    _AN_HOUR - _VERIFIED - 20 - _A_NUMBER - 1,
    _AN_HOUR - _VERIFIED - 20 - _A_NUMBER,
)


def main() -> int:
    """Run the pumps, then the switch; returns the exit status."""
    arguments = _parser().parse_args()
    _wait_for_an_hour_with_room()
    with detached() as state:
        deployment = Deployment(state)
        problems = [
            *_verify_all(deployment, arguments.concurrency),
            *_run(ONE_BLOCK, deployment, arguments.concurrency),
            *_burst(deployment),
            *_run(ONE_COUNTRY, deployment, arguments.concurrency),
            *_try_the_switch(deployment),
        ]
    for problem in problems:
        print(f"PROBLEM {problem}", file=sys.stderr)
    return 1 if problems else 0


def _run(pump: Pump, deployment: Deployment, concurrency: int) -> Iterator[str]:
    """Run a pump; gives what is wrong with what came of it."""
    before = {text["to"] for text in deployment.texts()}
    started = time.time()
    with step(pump.name), ThreadPoolExecutor(concurrency) as threads:
        answers = list(
            threads.map(
                lambda number: deployment.send(request(DestinationIdentity=number)), pump.numbers
            )
        )
    texts = len({text["to"] for text in deployment.texts()} - before)
    kinds = Counter(map(_kind, answers))
    off = _alarms_that_go_off(deployment, started)
    print(
        f"    texts     {texts}\n"
        f"    answers   {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}\n"
        f"    alarms    {', '.join(sorted(off)) or 'none'}"
    )
    if not pump.least <= texts <= pump.most:
        yield f"{pump.name}: {texts} texts, and not {pump.least} to {pump.most}"
    if strange := {kind for kind in kinds if not kind.startswith(("200", "429 TooManyMessages"))}:
        yield f"{pump.name}: answers {strange}"
    if not all(_has_retry_after(answer) for answer in answers if answer.status != 200):
        yield f"{pump.name}: refused without Retry-After"
    if missing := set(_ALARMS_ON_ABUSE) - off:
        yield f"{pump.name}: {missing} did not go off"


def _verify_all(deployment: Deployment, concurrency: int) -> Iterator[str]:
    """Send to people who type their codes in; gives what is wrong: nothing may go off."""
    started = time.time()
    numbers = [f"+1360{200 + place}0001" for place in range(_VERIFIED)]
    with step(f"{_VERIFIED} people who verify"), ThreadPoolExecutor(concurrency) as threads:
        asked = [request(DestinationIdentity=number) for number in numbers]
        list(threads.map(deployment.send, asked))
        codes = {text["referenceId"]: code_in(text) for text in deployment.texts()}
        answers = list(
            threads.map(
                lambda one: deployment.verify({**one, "Otp": codes.get(one["ReferenceId"])}), asked
            )
        )
    valid = sum(b'"Valid": true' in answer.body for answer in answers)
    off = _alarms_that_go_off(deployment, started)
    print(f"    verified  {valid}\n    alarms    {', '.join(sorted(off)) or 'none'}")
    if valid != _VERIFIED or off:
        yield f"{valid} of {_VERIFIED} verified, alarms {off}"


def _alarms_that_go_off(deployment: Deployment, since: float) -> set[str]:
    metrics = [line for line in deployment.log(since=since).splitlines() if '"_aws"' in line]
    return {name for name, alarm in _alarms().items() if goes_off(alarm, metrics)}


def _burst(deployment: Deployment) -> Iterator[str]:
    """Ask for messages to one number, all at once; gives what is wrong with what came of it."""
    with step(f"Starting {_BURST} functions"):
        # More than a small machine can start while API Gateway waits.
        while not _all_answer(deployment, 200, at_once=_BURST):
            pass
    with step(f"{_BURST} requests at once, one number"):
        asked = [request(DestinationIdentity=_BURST_NUMBER) for _ in range(_BURST)]
        with ThreadPoolExecutor(_BURST) as threads:
            answers = list(threads.map(deployment.send, asked))
    kinds = Counter(map(_kind, answers))
    texts = [text for text in deployment.texts() if text["to"] == _BURST_NUMBER]
    print(
        f"    texts     {len(texts)}\n"
        f"    answers   {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}"
    )
    refused = "429 TooManyMessages destinationPer10Minutes"
    if len(texts) != _A_NUMBER or kinds != {"200": _A_NUMBER, refused: _BURST - _A_NUMBER}:
        yield f"{_BURST} at once: {len(texts)} texts, {dict(kinds)}"
    if not all(_has_retry_after(answer) for answer in answers if answer.status != 200):
        yield f"{_BURST} at once: refused without Retry-After"


def _try_the_switch(deployment: Deployment) -> Iterator[str]:
    """Pause, and let it go on; gives what is wrong."""
    version = deployment.version()
    for value, status in (("all", 503), ("none", 200)):
        deployment.set_switch(value)
        started = time.monotonic()
        heeded = _wait_for(lambda status=status: _all_answer(deployment, status))  # type: ignore[misc]  # bound now
        seconds = time.monotonic() - started
        print(f"==> Switch to {value}: heeded by all functions after {seconds:.0f} s")
        if not heeded:
            yield f"the switch to {value} was not heeded within {_SWITCH_SECONDS} s"
    if deployment.version() != version:
        yield "another version was deployed"


def _all_answer(deployment: Deployment, status: int, *, at_once: int = 8) -> bool:
    """Ask many functions at once, and say whether all answer so."""
    with ThreadPoolExecutor(at_once) as threads:
        asked = [request(DestinationIdentity=_SANDBOX_NUMBER) for _ in range(at_once)]
        return {answer.status for answer in threads.map(deployment.send, asked)} == {status}


def _wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _SWITCH_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


def _wait_for_an_hour_with_room() -> None:
    """Have the pumps within one hour of the clock, which is what the limits go by."""
    left = _HOUR - time.time() % _HOUR
    if left < _SECONDS_NEEDED:
        with step(f"Waiting {left:.0f} s for the next hour, in which all limits begin anew"):
            time.sleep(left)


def _kind(answer: HttpAnswer) -> str:
    content = answer.json() if answer.body.startswith(b"{") else {}
    return " ".join(
        str(part) for part in (answer.status, content.get("code"), content.get("limit")) if part
    )


def _has_retry_after(answer: HttpAnswer) -> bool:
    return 0 < int(answer.headers.get("Retry-After", "0")) <= 24 * _HOUR


def _alarms() -> dict[str, dict[str, Any]]:
    """Give the alarms that a new deployment has on our own metrics, by their name in the stack."""
    template = resources()
    return {
        logical_id.removeprefix("OtpAlarms")[:-8]: resource["Properties"]
        for logical_id, resource in template.items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        and "AWS/" not in json.dumps(resource["Properties"])
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.abuse", description=__doc__)
    parser.add_argument("--concurrency", type=int, default=16, help="(%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
