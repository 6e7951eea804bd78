"""`make abuse`: traffic pumps and the switch, on a sandbox with the limits of a new deployment."""

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
from sandbox.supervisor import detached, step
from tests.e2e.deployment import Deployment, request
from tests.metric_math import goes_off

_SECONDS_NEEDED = 180
_HOUR = 3600
_SWITCH_SECONDS = 60

# A pump is none of these's business.
_ALARMS_ON_ABUSE = ("RefusedByLimit", "Verified")
_SANDBOX_NUMBER = "+12065550100"


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


# An area code each: what one pump has used up of its blocks is not the other's.
PUMPS = (
    Pump("2,000 numbers of one block", [f"+1206300{last:04}" for last in range(2000)], 20, 20),
    Pump(
        "3,000 numbers of one country",
        [f"+1425{200 + place % 700}{place // 700:04}" for place in range(3000)],
        930,
        1020,
    ),
)


def main() -> int:
    """Run the pumps, then the switch; returns the exit status."""
    arguments = _parser().parse_args()
    _wait_for_an_hour_with_room()
    with detached() as state:
        deployment = Deployment(state)
        problems = [
            problem for pump in PUMPS for problem in _run(pump, deployment, arguments.concurrency)
        ]
        problems += _try_the_switch(deployment)
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
    metrics = [line for line in deployment.log(since=started).splitlines() if '"_aws"' in line]
    off = {name for name, alarm in _alarms().items() if goes_off(alarm, metrics)}
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


def _all_answer(deployment: Deployment, status: int) -> bool:
    """Ask as many functions as there may be at once."""
    with ThreadPoolExecutor(8) as threads:
        asked = [request(DestinationIdentity=_SANDBOX_NUMBER) for _ in range(32)]
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
