"""The tables of docs/abuse.md about the guard: its rule, simulated with fixed seeds."""

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain
from typing import NamedTuple

from .guard_rule import Answer, Balance, Rule
from .markdown import table

_HOUR = 3600
_PUMP = 3000 / _HOUR
_TIMES = "\N{MULTIPLICATION SIGN}"

# Half of those who verify do so within 25 s, a tenth needs more than 54 s: log-normal.
_SECONDS_TO_VERIFY, _SPREAD = 25, 0.6

# People come from half past on, over the beginnings of two hours. Others come as the second hour
# begins, where they do most harm: the effect ends with the hour.
_PEOPLE, _OTHERS_COME = (_HOUR / 2, 3 * _HOUR), 2 * _HOUR
_VERIFY = (0.3, 0.45, 0.75)

# The first ten minutes of a new range, which has no verified codes yet.
_NEW_RATES, _NEW_VERIFY, _NEW_SECONDS, _NEW_REQUESTS = (1, 4, 16), 0.3, 600, 20_000
_FACTORS = (0, 2)


class Source(NamedTuple):
    """People or a pump: when they request texts, and the share of the texts that they verify."""

    times: Sequence[float]
    verify: float = 0


class Event(NamedTuple):
    """What happens to the people of a range.

    Attributes:
        what: how the page names it.
        rate: the texts that people request, a second.
        runs: how often it is simulated.
        others: when others request texts, which nobody verifies.
        since: only requests from this time on are reported.

    """

    what: str
    rate: float
    runs: int
    others: Callable[[random.Random], Sequence[float]] = lambda _: ()
    since: float = 0


def _a_pump_comes(draw: random.Random) -> Sequence[float]:
    return _at_random(draw, _PUMP, _OTHERS_COME, _OTHERS_COME + _HOUR)


_EVENTS = (
    Event("alone", 0.1, runs=100),
    Event(
        "after 60 unverified texts in the hour's first minute",
        0.1,
        runs=100,
        others=lambda _: range(_OTHERS_COME, _OTHERS_COME + 60),
        since=_OTHERS_COME + 60,
    ),
    Event("beside the pump", 0.1, runs=5, others=_a_pump_comes, since=_OTHERS_COME),
    Event("beside the pump", 1, runs=5, others=_a_pump_comes, since=_OTHERS_COME),
)


def parts() -> dict[str, str]:
    """Write the generated parts of the page."""
    shares = [f"{100 * share:g}% verify:" for share in _VERIFY]
    rates = [f"{rate:g} a second:" for rate in _NEW_RATES]
    return {
        "guard-people": table(("people of a range", "texts a second:", *shares), _people()),
        "guard-allowance": table(("`guardAllowance`", *rates), _allowances()),
    }


def simulate(sources: Sequence[Source], rule: Rule, draw: random.Random) -> list[list[Answer]]:
    """Play the requests of some sources to one range, and give each source's answers in order."""
    requests = sorted((at, of) for of, source in enumerate(sources) for at in source.times)
    balance = Balance(rule)
    verifications: list[float] = []
    answers: list[list[Answer]] = [[] for _ in sources]
    for at, of in requests:
        while verifications and verifications[0] <= at:
            balance.verified(heappop(verifications))
        answer = balance.text(at)
        answers[of].append(answer)
        if answer != "refused" and draw.random() < sources[of].verify:
            seconds = draw.lognormvariate(math.log(_SECONDS_TO_VERIFY), _SPREAD)
            heappush(verifications, at + seconds)
    return answers


def _people() -> Iterator[Sequence[str]]:
    for event in _EVENTS:
        yield event.what, f"{event.rate:g}", *(_refused(event, share) for share in _VERIFY)


def _refused(event: Event, verify: float) -> str:
    """Give the share of people who are refused in all runs, and in the worst run."""
    answers_of_runs = []
    for run in range(event.runs):
        draw = _draw("people", event.rate, verify, run)
        people = Source(_at_random(draw, event.rate, *_PEOPLE), verify)
        answers, _ = simulate((people, Source(event.others(draw))), Rule(), draw)
        timed = zip(people.times, answers, strict=True)
        answers_of_runs.append([answer for at, answer in timed if at >= event.since])
    worst = max(map(_share, answers_of_runs))
    return f"{_percent(_share(chain(*answers_of_runs)))} ({_percent(worst)})" if worst else "0%"


def _allowances() -> Iterator[Sequence[str]]:
    least = Rule().allowance
    for factor in _FACTORS:
        product = f"{factor} {_TIMES} rate {_TIMES} {_SECONDS_TO_VERIFY} s, at least "
        cells = (
            _refused_at_first(rate, max(least, math.ceil(factor * rate * _SECONDS_TO_VERIFY)))
            for rate in _NEW_RATES
        )
        yield f"{product if factor else ''}{least}", *cells


def _refused_at_first(rate: float, allowance: int) -> str:
    answers: list[Answer] = []
    for run in range(math.ceil(_NEW_REQUESTS / rate / _NEW_SECONDS)):
        draw = _draw("new", rate, run)
        people = Source(_at_random(draw, rate, 0, _NEW_SECONDS), _NEW_VERIFY)
        answers += simulate((people,), Rule(allowance=allowance), draw)[0]
    return _percent(_share(answers))


def _at_random(draw: random.Random, rate: float, begin: float, end: float) -> list[float]:
    """Give independent random times, so many a second on average."""
    times = [begin + draw.expovariate(rate)]
    while times[-1] < end:
        times.append(times[-1] + draw.expovariate(rate))
    return times[:-1]


def _draw(*what: object) -> random.Random:
    """Begin a run that repeats exactly, and that differs from all other runs."""
    return random.Random(" ".join(map(str, what)))  # noqa: S311 - no secret


def _share(answers: Iterable[Answer]) -> float:
    """Give the share that is refused."""
    refused = [answer == "refused" for answer in answers]
    return sum(refused) / max(1, len(refused))


def _percent(share: float) -> str:
    return f"{round(100 * share, 2):.3g}%"
