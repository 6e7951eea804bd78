"""`make abuse`: SMS pumping, a burst and the switches, on a sandbox with the default limits.

The guard refuses, but the operator's switch opens the ranges of the steps that show other limits.
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from docs.generate.templates import resources
from sandbox.client import HttpAnswer
from sandbox.start import step
from sandbox.supervisor import detached
from tests.support.deployment import Deployment, request
from tests.support.metric_math import goes_off
from tests.support.texts import code_in

_SECONDS_NEEDED = 300
_HOUR = 3600
_SWITCH_SECONDS = 60
_AT_ONCE = 8

_ALARMS = {"RefusedByLimit", "Verified"}
_SANDBOX_NUMBER = "+12065550100"

# Not more than the functions that the first step has started.
_BURST, _BURST_NUMBER = 16, "+12532340001"
_A_NUMBER = 5  # texts to a number in ten minutes
_A_BLOCK = 20  # texts to a block in an hour
_AN_HOUR = 1000  # texts of the deployment in an hour
_VERIFIED = 101  # just above the minimum of the alarm on verified codes


# Each has its own area code, so that they do not share blocks.
_ONE_BLOCK = [f"+1206300{last:04}" for last in range(500)]
_ONE_COUNTRY = [f"+1425{200 + place % 700}{place // 700:04}" for place in range(1000)]
# Forty blocks, so no block reaches its limit.
_ONE_RANGE = [f"+15092{place % 40:02}{place // 40:04}" for place in range(200)]
_AN_ALLOWANCE = 30
# Long enough to refuse all requests before the first probe.
_PROBE_SECONDS = 20
_REFUSING = {"guard": "refuse", "guardProbeSeconds": str(_PROBE_SECONDS)}
_OPEN = "1-206,1-425"  # the ranges of _ONE_BLOCK and _ONE_COUNTRY
# The deployment's hourly limit, less the texts of the earlier steps, one probe among them.
_REST = _AN_HOUR - _VERIFIED - _AN_ALLOWANCE - _A_BLOCK - _A_NUMBER - 1


def main() -> int:
    """Run every step; returns the exit status."""
    _wait_for_an_hour_with_room()
    with detached(_REFUSING) as state:
        deployment = Deployment(state)
        deployment.open_ranges(_OPEN)
        problems = [
            *_verify_all(deployment),
            *_pump_a_range(deployment),
            *_pump(_ONE_BLOCK, {_A_BLOCK}, _ALARMS, deployment),
            *_burst(deployment),
            *_probe(deployment),
            *_pump(_ONE_COUNTRY, {_REST - 1, _REST}, {*_ALARMS, "Guard"}, deployment),
            *_try_the_switch(deployment),
        ]
    for problem in problems:
        print(f"PROBLEM {problem}", file=sys.stderr)
    return 1 if problems else 0


def _pump(
    numbers: list[str], may_be: set[int], alarms: set[str], deployment: Deployment
) -> Iterator[str]:
    """Request a text to each number; yields the problems if the limits do not hold."""
    name, started = f"{len(numbers):,} numbers from {numbers[0]} on", time.time()
    with step(name):
        answers = _ask(deployment, numbers)
    texts = len(_texts(deployment, numbers))
    kinds = _told(texts, answers)
    off = _alarms_that_go_off(deployment, started)
    if texts not in may_be:
        yield f"{name}: {texts} texts, expected one of {may_be}"
    expected = re.compile(r"200|429 TooManyMessages \w+")
    if strange := [kind for kind in kinds if not expected.fullmatch(kind)]:
        yield f"{name}: unexpected answers {strange}"
    if missing := alarms - off:
        yield f"{name}: the alarms {missing} did not go off"


def _ask(deployment: Deployment, numbers: list[str]) -> list[HttpAnswer]:
    with ThreadPoolExecutor(_BURST) as threads:
        asked = [request(DestinationIdentity=number) for number in numbers]
        return [*threads.map(deployment.send, asked)]


def _texts(deployment: Deployment, numbers: list[str]) -> list[dict[str, str]]:
    of_these = {*numbers}
    return [text for text in deployment.texts() if text["to"] in of_these]


def _told(texts: int, answers: Iterable[HttpAnswer]) -> Counter[str]:
    """Print texts and answers; returns the count of each kind of answer."""
    kinds = Counter(map(_kind, answers))
    print(f"    texts     {texts}")
    print(f"    answers   {', '.join(f'{count} {kind}' for kind, count in kinds.most_common())}")
    return kinds


def _verify_all(deployment: Deployment) -> Iterator[str]:
    """Send and verify all codes; yields a problem if one fails or an alarm goes off."""
    started = time.time()
    # Eight ranges, so that the guard's allowance suffices until the codes are verified.
    numbers = [f"+1360{2 + place % 8}{place // 8:02}0001" for place in range(_VERIFIED)]
    with step(f"{_VERIFIED} people who verify"), ThreadPoolExecutor(_BURST) as threads:
        _ask(deployment, numbers)
        typed = [
            request(
                ReferenceId=text["referenceId"], DestinationIdentity=text["to"], Otp=code_in(text)
            )
            for text in _texts(deployment, numbers)
        ]
        answers = [*threads.map(deployment.verify, typed)]
    valid = sum(b'"Valid": true' in answer.body for answer in answers)
    off = _alarms_that_go_off(deployment, started)
    print(f"    verified  {valid}")
    if valid != _VERIFIED or off:
        yield f"{valid} of {_VERIFIED} verified, alarms {off}"


def _alarms_that_go_off(deployment: Deployment, since: float) -> set[str]:
    """Evaluate the stack's alarms on our own metrics; returns the names of those that go off."""
    metrics = [line for line in deployment.log(since=since).splitlines() if '"_aws"' in line]
    off = {
        logical_id.removeprefix("OtpAlarms")[:-8]
        for logical_id, resource in resources().items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
        and "AWS/" not in json.dumps(resource["Properties"])
        and goes_off(resource["Properties"], metrics)
    }
    print(f"    alarms    {', '.join(sorted(off)) or 'none'}")
    return off


def _pump_a_range(deployment: Deployment) -> Iterator[str]:
    """Text a range without verifying; yields a problem if the guard does not refuse."""
    with step(f"{len(_ONE_RANGE)} numbers of one range, refused by the guard"):
        answers = _ask(deployment, _ONE_RANGE)
    texts = len(_texts(deployment, _ONE_RANGE))
    kinds = _told(texts, answers)
    refused = "429 TooManyMessages guardAllowance"
    if texts != _AN_ALLOWANCE or {*kinds} != {"200", refused}:
        yield f"one range: {texts} texts, {dict(kinds)}"


def _probe(deployment: Deployment) -> Iterator[str]:
    """Text the same range when a probe is due; yields a problem if not exactly one goes out."""
    last = max(text["sentAt"] for text in _texts(deployment, _ONE_RANGE))
    due = datetime.fromisoformat(last).timestamp() + _PROBE_SECONDS
    with step("The same range, when one probe is due"):
        time.sleep(max(0, due - time.time()))
        probes = [answer.status for answer in _ask(deployment, _ONE_RANGE[:_BURST])].count(200)
    print(f"    texts     {probes}")
    if probes != 1:
        yield f"one range: {probes} probes at once"


def _burst(deployment: Deployment) -> Iterator[str]:
    """Request many texts to one number at once; yields a problem if its limit does not hold."""
    with step(f"{_BURST} requests at once, one number"):
        answers = _ask(deployment, [_BURST_NUMBER] * _BURST)
    texts = len(_texts(deployment, [_BURST_NUMBER]))
    kinds = _told(texts, answers)
    refused = "429 TooManyMessages destinationPer10Minutes"
    if texts != _A_NUMBER or kinds != {"200": _A_NUMBER, refused: _BURST - _A_NUMBER}:
        yield f"{_BURST} at once: {texts} texts, {dict(kinds)}"


def _try_the_switch(deployment: Deployment) -> Iterator[str]:
    """Pause and resume sending; yields a problem if a function is too late."""
    version, numbers = deployment.version(), [_SANDBOX_NUMBER] * _AT_ONCE
    for value, status in (("all", 503), ("none", 200)):
        deployment.set_switch(value)
        started, seconds, statuses = time.monotonic(), 0.0, set[int]()
        while statuses != {status} and seconds < _SWITCH_SECONDS:
            statuses = {answer.status for answer in _ask(deployment, numbers)}
            seconds = time.monotonic() - started
            time.sleep(1)
        print(f"==> Switch to {value}: applied by all functions after {seconds:.0f} s")
        if statuses != {status}:
            yield f"the switch to {value} was not applied within {_SWITCH_SECONDS} s"
    if deployment.version() != version:
        yield "the version of the function has changed"


def _wait_for_an_hour_with_room() -> None:
    """Wait for the next hour if the steps would cross it, because limits reset then."""
    left = _HOUR - time.time() % _HOUR
    if left < _SECONDS_NEEDED:
        with step(f"Waiting {left:.0f} s for the next hour, when all limits reset"):
            time.sleep(left)


def _kind(answer: HttpAnswer) -> str:
    """Summarise an answer; a refusal without a plausible Retry-After is marked."""
    content = answer.json() if answer.body.startswith(b"{") else {}
    retry_after = int(answer.headers.get("Retry-After", "0"))
    without = answer.status != 200 and not 0 < retry_after <= 24 * _HOUR
    parts = (
        answer.status,
        content.get("code"),
        content.get("limit"),
        without and "without Retry-After",
    )
    return " ".join(str(part) for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
