"""Items of counters, and the writes that count a text in one or take it out again.

The counters of an item go up together or not at all. Windows are fixed: the time is part of the key
or of the attribute's name, so a new window begins at zero. The table's TTL removes old items.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

# How long an item outlives its last window, so that a slow function can still give back.
_MARGIN_SECONDS = 60 * 60

_DECIMALS = 3  # of times: milliseconds


class Counter(NamedTuple):
    """A counter of one window.

    Attributes:
        limit_name: of the limit, for the caller.
        attribute: of the item.
        most: what it may count to.
        ends_at: when the window ends, in seconds since 1970.

    """

    limit_name: str
    attribute: str
    most: int
    ends_at: int


class Interval(NamedTuple):
    """A minimum time between two texts.

    Attributes:
        limit_name: of the limit, for the caller.
        attribute: of the item; it holds the time of the last text, in seconds since 1970.
        seconds: between two.

    """

    limit_name: str
    attribute: str
    seconds: int


class CounterItem(NamedTuple):
    """Counters that go up together.

    Attributes:
        key: of the item.
        ends_at: when the last of its windows ends, in seconds since 1970.
        counters: which.
        interval: beside them, if there is one.
        of_many: True if it holds the counters of many numbers, so that the next text may have
            others. A counter that falls to zero is then removed, or the item would grow with every
            text that was not sent; and a full counter says nothing about the next text.

    """

    key: str
    ends_at: int
    counters: tuple[Counter, ...]
    interval: Interval | None = None
    of_many: bool = False

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that a text changes."""
        of_interval = (self.interval.attribute,) if self.interval else ()
        return (*(counter.attribute for counter in self.counters), *of_interval)


class Refusal(NamedTuple):
    """A limit that is reached.

    Attributes:
        limit_name: of the limit.
        retry_after: seconds until it lets another text through.

    """

    limit_name: str
    retry_after: int


class Counted(NamedTuple):
    """A text that is certainly counted in an item.

    Attributes:
        item: the item.
        now: when it was asked for, in seconds since 1970: what the interval's attribute holds.
        held: what the item's attributes were afterwards.

    """

    item: CounterItem
    now: float
    held: Mapping[str, float]


class FullError(Exception):
    """A text was not counted: limits are reached.

    Attributes:
        refusals: one for each limit that is reached.

    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(refusal.limit_name for refusal in refusals))
        self.refusals = refusals


def counting(item: CounterItem, now: float) -> dict[str, Any]:
    """Build the write that counts one text, if no limit is reached."""
    names = {"#expiration": "expiration"}
    values = {":expiration": {"N": str(item.ends_at + _MARGIN_SECONDS)}}
    conditions, adding, setting = [], [], ["#expiration = :expiration"]
    if item.counters:
        values[":one"] = {"N": "1"}
    for place, counter in enumerate(item.counters):
        names[f"#c{place}"] = counter.attribute
        values[f":c{place}"] = {"N": str(counter.most)}
        conditions.append(f"(attribute_not_exists(#c{place}) OR #c{place} < :c{place})")
        adding.append(f"#c{place} :one")
    if item.interval:
        names["#last"] = item.interval.attribute
        values[":earliest"] = {"N": _number(now - item.interval.seconds)}
        values[":now"] = {"N": _number(now)}
        conditions.append("(attribute_not_exists(#last) OR #last <= :earliest)")
        setting.append("#last = :now")
    return {
        "Key": {"id": {"S": item.key}},
        "UpdateExpression": _expression(SET=setting, ADD=adding),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValues": "UPDATED_NEW",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def giving_back(counted: Counted, held: Mapping[str, float]) -> dict[str, Any] | None:
    """Build the write that takes one text out, if the item still holds `held`.

    Args:
        counted: the text.
        held: the value of each attribute; zero if the item lacks it.

    Returns:
        The write; None if there is nothing left to take out.

    """
    item = counted.item
    names: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    conditions, adding, removing = [], [], []
    for place, counter in enumerate(item.counters):
        if held[counter.attribute] < 1:
            continue  # The operator deleted the count, to let a number in again.
        name = f"#c{place}"
        names[name] = counter.attribute
        values[":one"] = {"N": "1"}
        if item.of_many and held[counter.attribute] == 1:
            removing.append(name)
            conditions.append(f"{name} = :one")
        else:
            values[":less"] = {"N": "-1"}
            adding.append(f"{name} :less")
            conditions.append(f"{name} {'>' if item.of_many else '>='} :one")
    if item.interval and held[item.interval.attribute] == counted.now:
        names["#last"] = item.interval.attribute
        values[":mine"] = {"N": _number(counted.now)}
        removing.append("#last")
        conditions.append("#last = :mine")
    if not conditions:
        return None
    return {
        "Key": {"id": {"S": item.key}},
        "UpdateExpression": _expression(ADD=adding, REMOVE=removing),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def refusals(item: CounterItem, held: Mapping[str, Any], now: float) -> Iterator[Refusal]:
    """Return the limits that are reached, from what the item holds."""
    for counter in item.counters:
        if value_of(held, counter.attribute) >= counter.most:
            yield refusal(counter, now)
    interval = item.interval
    if interval:
        wait = value_of(held, interval.attribute) + interval.seconds - now
        if wait > 0:
            yield Refusal(interval.limit_name, math.ceil(wait))


def refusal(counter: Counter, now: float) -> Refusal:
    """Return until when a full counter refuses."""
    return Refusal(counter.limit_name, max(1, math.ceil(counter.ends_at - now)))


def value_of(held: Mapping[str, Any], attribute: str) -> float:
    """Read an attribute; zero if the item lacks it."""
    return float(held.get(attribute, {"N": "0"})["N"])


def _expression(**clauses: list[str]) -> str:
    return " ".join(f"{name} {', '.join(parts)}" for name, parts in clauses.items() if parts)


def _number(seconds: float) -> str:
    return f"{seconds:.{_DECIMALS}f}"


def rounded(now: float) -> float:
    """Round a time to the precision with which an item holds it."""
    return round(now, _DECIMALS)
