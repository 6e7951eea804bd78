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

# People come from half past on, over two beginnings of an hour. Others come at the second one, when
# they do most: the hour's end ends what they did.
_PEOPLE, _OTHERS_COME = (_HOUR / 2, 3 * _HOUR), 2 * _HOUR
_VERIFY = (0.3, 0.45, 0.75)
_RATES = (0.01, 0.1, 1)

# What, over how many ranges, the share it verifies, and that of people who ask for a text a second.
_PUMPS = (
    ("in one range", 1, 0, 0),
    ("in one range, where 20 % are verified", 1, 0.2, 0),
    ("in one range, where 30 % are verified", 1, 0.3, 0),
    ("over a hundred ranges", 100, 0, 0),
    ("in a range where people ask for one a second, and 45 % verify", 1, 0, 0.45),
    ("in a range where people ask for one a second, and 75 % verify", 1, 0, 0.75),
)
_PUMP_COMES, _PUMP_ENDS = _HOUR, 4 * _HOUR

# The first ten minutes of a range that is new: no code is to its credit.
_NEW_RATES, _NEW_VERIFY, _NEW_SECONDS, _NEW_REQUESTS = (0.5, 1, 2, 4, 16), 0.3, 600, 20_000
_FACTORS = (0, 1, 2)


class Source(NamedTuple):
    """People or a pump: when they ask for texts, and which share of the texts they verify."""

    times: Sequence[float]
    verify: float = 0


class Event(NamedTuple):
    """What happens to the people of a range.

    Attributes:
        what: as the page calls it.
        rule: the guard's keys.
        others: when others ask for texts, which nobody verifies.
        since: the people who ask from then on are looked at.
        runs: how many, by the rate of the people.

    """

    what: str
    rule: Rule = Rule()
    others: Callable[[random.Random], Sequence[float]] = lambda _: ()
    since: float = 0
    runs: Sequence[int] = (100, 100, 30)


_EVENTS = (
    Event("alone"),
    Event("alone, `guardTextsPerVerified=3`", Rule(texts_per_verified=3), runs=(100, 10, 10)),
    Event(
        "after 60 texts in a minute that nobody verified, until the hour ends",
        others=lambda _: range(_OTHERS_COME, _OTHERS_COME + 60),
        since=_OTHERS_COME + 60,
        runs=(100, 100, 10),
    ),
    Event(
        "while a pump asks for 3,000 texts an hour",
        others=lambda draw: _at_random(draw, _PUMP, _OTHERS_COME, _OTHERS_COME + _HOUR),
        since=_OTHERS_COME,
        runs=(20, 5, 5),
    ),
)


def parts() -> dict[str, str]:
    """Write the generated parts of the page."""
    shares = [f"{100 * share:g} % verify:" for share in _VERIFY]
    rates = [f"{rate:g} a second:" for rate in _NEW_RATES]
    return {
        "guard-people": table(("people of a range", "texts a second:", *shares), _people()),
        "guard-pumps": table(("a pump asks for 3,000 texts an hour", "it gets:"), _pumps()),
        "guard-allowance": table(("`guardAllowance`", *rates), _allowances()),
    }


def simulate(sources: Sequence[Source], rule: Rule, draw: random.Random) -> list[list[Answer]]:
    """Play what some sources ask of one range; gives each one's answers, in order."""
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
        for rate, runs in zip(_RATES, event.runs, strict=True):
            cells = (_refused(event, rate, share, runs) for share in _VERIFY)
            yield event.what, f"{rate:g}", *cells


def _refused(event: Event, rate: float, verify: float, runs: int) -> str:
    answers_of_runs = []
    for run in range(runs):
        draw = _draw("people", event.rule, rate, verify, run)
        people = Source(_at_random(draw, rate, *_PEOPLE), verify)
        answers, _ = simulate((people, Source(event.others(draw))), event.rule, draw)
        timed = zip(people.times, answers, strict=True)
        answers_of_runs.append([answer for at, answer in timed if at >= event.since])
    worst = max(map(_share, answers_of_runs))
    return f"{_percent(_share(chain(*answers_of_runs)))} ({_percent(worst)})" if worst else "0 %"


def _pumps() -> Iterator[Sequence[str]]:
    for place, (what, ranges, verify, people_verify) in enumerate(_PUMPS):
        texts = 0
        for which in range(ranges):
            draw = _draw("pump", place, which)
            people_come = _at_random(draw, 1, 0, _PUMP_ENDS) if people_verify else ()
            pump_comes = _at_random(draw, _PUMP / ranges, _PUMP_COMES, _PUMP_ENDS)
            sources = Source(people_come, people_verify), Source(pump_comes, verify)
            _, answers = simulate(sources, Rule(), draw)
            texts += len(answers) - answers.count("refused")
        yield what, f"{texts * _HOUR / (_PUMP_ENDS - _PUMP_COMES):,.0f}"


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
    """Give times, so many a second on average, each of which tells nothing of the next one."""
    times = [begin + draw.expovariate(rate)]
    while times[-1] < end:
        times.append(times[-1] + draw.expovariate(rate))
    return times[:-1]


def _draw(*what: object) -> random.Random:
    """Begin a run that is the same each time, and unlike others."""
    return random.Random(" ".join(map(str, what)))  # noqa: S311 - no secret


def _share(answers: Iterable[Answer]) -> float:
    """Give the share that is refused."""
    refused = [answer == "refused" for answer in answers]
    return sum(refused) / max(1, len(refused))


def _percent(share: float) -> str:
    return f"{round(100 * share, 2):.3g} %"
