"""How many texts: to a number, a block of numbers, a country, for a caller, in all.

Traffic pumps walk through ranges of numbers, so limits per number are not enough. A block is all
numbers that differ only in their last digits, mostly four (`phones`). What is counted where:

| limit       | item                                | exact | is written by texts    |
|-------------|-------------------------------------|-------|------------------------|
| destination | of the number's block and day (UTC) | yes   | to that block          |
| block       | the same, in the same write         | yes   | to that block          |
| guard       | of the range (`guard`)              | yes   | to that range          |
| country     | of the country and day, in shards   | 2 %   | to that country        |
| caller      | of the caller and hour, in shards   | 2 %   | for that caller        |
| deployment  | of the hour, in shards              | 2 %   | to anybody             |

One write decides about a number and its block. With two writes, sixty simultaneous texts to one
number could fill its block, and the five that the number's limit admits would be refused.

Items are counted one after the other, the one that refuses most first. If one refuses, the text is
given back to those before it. A full shared counter is remembered for some seconds, so that a text
that it would refuse is not counted at all.

If one item could not bear the requests that the API admits, a shared counter is split into shards,
each with its part of the limit. Texts are assigned to shards at random, so one may be full while
others are not. Of as many texts as the limit allows, up to 2 % are refused on average, since a
shard allows 400 or more. It only ever refuses too early.
"""

import hashlib
import math
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from ..contract.problem import Problem
from ..contract.problems import TooManyMessages
from ..settings import TextLimits
from .balance import CountedText
from .counter_items import Counted, Counter, CounterItem, FullError, Interval
from .counters import Counters
from .guard import ALLOWANCE, Guard
from .pause import PauseSwitch
from .phones import block, counted_by

_TEN_MINUTES, _HOUR, _DAY = 600, 3600, 86_400

# DynamoDB writes an item at most 1,000 times a second (Amazon DynamoDB developer guide, "Best
# practices for designing and using partition keys"). A refused text is counted, and given back.
_WRITES_PER_SECOND = 500
_WRITES_PER_REQUEST = 2
# Of n texts to each shard, about 0.4 √n are too many for theirs: 2 % of 400.
_LEAST_PER_SHARD = 400

MEANINGS = {
    "destinationPer10Minutes": "Too many texts to this number in ten minutes.",
    "destinationPerDay": "Too many texts to this number today.",
    "destinationIntervalSeconds": "The last text to this number was moments ago.",
    "blockPerHour": "Too many texts to numbers like this one in an hour.",
    ALLOWANCE: "Too many texts to numbers like this one, and too few of their codes verified.",
    "countryPerDay": "Too many texts to this country today.",
    "callerPerHour": "Too many texts for this caller in an hour.",
    "deploymentPerHour": "Too many texts in an hour.",
}


class Limits:
    """The limits of this deployment.

    Args:
        limits: the operator's.
        counters: count texts.
        switch: which pauses sending.
        guard: which cuts off ranges whose codes are not verified, if there is one.

    """

    def __init__(
        self,
        limits: TextLimits,
        counters: Counters,
        switch: PauseSwitch,
        guard: Guard | None = None,
    ) -> None:
        self._limits = limits
        self._counters = counters
        self._switch = switch
        self._guard = guard

    @contextmanager
    def counting(
        self, *, number: str, country: str, caller: str, unlimited: bool = False
    ) -> Iterator[bool]:
        """Count a text that is sent inside; give it back if it certainly was not sent.

        Yields whether the guard has counted it, so that a right code earns a credit.

        Args:
            number: the destination, in E.164 format.
            country: of the destination.
            caller: as `Call.caller`.
            unlimited: True if it is not counted.

        Raises:
            SendingPaused: by the switch.
            TooManyMessages: a limit is reached.
            StoreUnavailable: the text could not be counted.

        """
        deadline = self._counters.deadline()
        self._switch.check(country)
        now = time.time()
        of_number = [] if unlimited else self._of_number(number, now)
        of_many = [] if unlimited else self._of_many(country, caller, now)
        counted: list[Counted] = []
        guarded: CountedText | None = None
        try:
            self._counters.check(of_many)
            for item in of_number:
                counted.append(self._counters.count(item, deadline))  # noqa: PERF401 - one may raise, and the others be given back
            if self._guard and not unlimited:
                guarded = self._guard.count(number, country, deadline)
            for item in of_many:
                counted.append(self._counters.count(item, deadline))  # noqa: PERF401 - as above
            yield guarded is not None
        except FullError as full:
            self._give_back(counted, guarded)
            raise _too_many(full) from None
        except Exception as failure:
            if not (isinstance(failure, Problem) and failure.maybe_texted):
                self._give_back(counted, guarded)
            raise

    def _give_back(self, counted: list[Counted], guarded: CountedText | None) -> None:
        deadline = self._counters.deadline_for_giving_back()
        if self._guard and guarded:
            self._guard.give_back(guarded, deadline)
        self._counters.give_back(counted, deadline)

    def _of_number(self, number: str, now: float) -> list[CounterItem]:
        item = self._number_item(counted_by(number), now)
        return [item] if item else []

    def _of_many(self, country: str, caller: str, now: float) -> list[CounterItem]:
        limits = self._limits
        country_limit = limits.countries_per_day.get(country, limits.country_per_day)
        items = (
            self._shared_item("countryPerDay", country_limit, country, _DAY, now),
            self._shared_item("callerPerHour", limits.caller_per_hour, _digest(caller), _HOUR, now),
            self._shared_item("deploymentPerHour", limits.deployment_per_hour, "", _HOUR, now),
        )
        return [item for item in items if item]

    def _number_item(self, number: str, now: float) -> CounterItem | None:
        limits = self._limits
        shared, last = block(number)
        ten_minutes = int(now % _DAY // _TEN_MINUTES)
        # Short names: an item is paid for, and throttled, by its size.
        counters = tuple(
            Counter(
                limit_name=limit_name,
                attribute=attribute,
                most=most,
                ends_at=_end(now, seconds),
            )
            for limit_name, most, seconds, attribute in (
                ("blockPerHour", limits.block_per_hour, _HOUR, f"b{_began(now, _HOUR):%H}"),
                ("destinationPerDay", limits.destination_per_day, _DAY, last),
                (
                    "destinationPer10Minutes",
                    limits.destination_per_10_minutes,
                    _TEN_MINUTES,
                    f"{last}m{ten_minutes}",
                ),
            )
            if most is not None
        )
        interval = (
            Interval(
                limit_name="destinationIntervalSeconds",
                attribute=f"{last}i",
                seconds=limits.destination_interval_seconds,
            )
            if limits.destination_interval_seconds
            else None
        )
        if not counters and not interval:
            return None
        # Without blockPerHour, a block could have more numbers in a day than an item can hold.
        whose = number if limits.block_per_hour is None else shared
        return CounterItem(
            key=f"limit#number#{_digest(whose)}#{_began(now, _DAY):%Y-%m-%d}",
            ends_at=_end(now, _DAY),
            counters=counters,
            interval=interval,
            of_many=True,
        )

    def _shared_item(
        self, limit_name: str, limit: int | None, whose: str, seconds: int, now: float
    ) -> CounterItem | None:
        if limit is None:
            return None
        shards = self._shards(limit, seconds)
        shard = secrets.randbelow(shards)
        counter = Counter(
            limit_name=limit_name,
            attribute="messages",
            # The first shards get the remainder.
            most=limit // shards + (shard < limit % shards),
            ends_at=_end(now, seconds),
        )
        return CounterItem(
            key=f"limit#{limit_name}#{whose}#{_began(now, seconds):%Y-%m-%dT%H}#{shard}",
            ends_at=counter.ends_at,
            counters=(counter,),
        )

    def _shards(self, limit: int, seconds: int) -> int:
        """Return how many shards the requests need and the limit permits."""
        # The API's rate does not bound direct invocations, but the limit does.
        rate = max(self._limits.requests_per_second, limit / seconds)
        needed = math.ceil(rate * _WRITES_PER_REQUEST / _WRITES_PER_SECOND)
        return max(1, min(needed, limit // _LEAST_PER_SHARD))


def _too_many(full: FullError) -> TooManyMessages:
    # The longest wait: before it ends, that limit still refuses.
    last = max(full.refusals, key=lambda refusal: refusal.retry_after)
    return TooManyMessages(
        f"{MEANINGS[last.limit_name]} Nothing was sent; repeat the request after "
        f"{last.retry_after} s.",
        limit=last.limit_name,
        retry_after=last.retry_after,
    )


def _began(now: float, seconds: int) -> datetime:
    """Return when the window of `now` began."""
    return datetime.fromtimestamp(now - now % seconds, UTC)


def _end(now: float, seconds: int) -> int:
    return int(now - now % seconds) + seconds


def _digest(text: str) -> str:
    """Keep numbers and names out of keys, which AWS may log. They are few: it is no secret."""
    return hashlib.sha256(text.encode()).hexdigest()
