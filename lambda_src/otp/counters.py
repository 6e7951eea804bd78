"""Counters in DynamoDB, each of a window of time: a message is counted, or refused, in one write.

An item holds some counters that go up together or not at all. Every write is conditional and of one
item, and so exact however many functions write at once. Windows are fixed: their time is part of
the key or of the attribute's name, a new one begins at zero, and the table's TTL removes old ones.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from .side_by_side import SideBySide

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from .metrics import RequestMetrics

# How long an item outlives its last window, so that a slow function can still give back.
_MARGIN_SECONDS = 60 * 60

_DECIMALS = 3  # of times: milliseconds

# To give back to an item that others change meanwhile.
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A least time between two messages.

    Attributes:
        limit_name: of the limit, for the caller.
        attribute: of the item; it holds when the last message was, in seconds since 1970.
        seconds: between two.

    """

    limit_name: str
    attribute: str
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterItem:
    """Counters that go up together.

    Attributes:
        key: of the item.
        ends_at: when the last of its windows ends, in seconds since 1970.
        counters: which.
        interval: beside them, if there is one.
        forgets_zeros: whether it is to lose a counter of which all is given back: one with counters
            of many numbers would grow by every message that was not sent.

    """

    key: str
    ends_at: int
    counters: tuple[Counter, ...]
    interval: Interval | None = None
    forgets_zeros: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A limit that is reached.

    Attributes:
        limit_name: of the limit.
        retry_after: seconds until it lets another message through.

    """

    limit_name: str
    retry_after: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item.

    Attributes:
        item: the item.
        now: when it was asked for, in seconds since 1970: the interval's own mark.
        counted: whether the message is counted in it, for certain.
        refusals: the limits that are reached, where it is not. None: DynamoDB gave no answer, and
            nobody knows whether it counted.

    """

    item: CounterItem
    now: float
    counted: bool
    refusals: tuple[Refusal, ...] = ()


class Counters:
    """The counters of one table.

    Args:
        table_name: a table with the key `id` and the TTL attribute `expiration`.
        client: a DynamoDB client.
        once_client: another one, which makes every call once: what is given back twice would let
            more messages go out than a limit allows.
        side_by_side: makes the calls.
        logger: told of what failed.
        metrics: told of every call that failed.

    """

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        once_client: "DynamoDBClient",
        side_by_side: SideBySide,
        logger: "Logger",
        metrics: "RequestMetrics",
    ) -> None:
        self._table_name = table_name
        self._client = client
        self._once_client = once_client
        self._side_by_side = side_by_side
        self._logger = logger
        self._metrics = metrics

    def count(
        self, items: Sequence[CounterItem], beside: Sequence[Callable[[], None]] = ()
    ) -> list[Outcome]:
        """Count one message in every item, at once. Never raises.

        Args:
            items: what to count.
            beside: calls to make at the same time, which must not raise.

        Returns:
            What became of each item.

        """
        calls: list[Callable[[], Outcome | None]] = [
            *(partial(self._count, item) for item in items),
            *beside,
        ]
        return [outcome for outcome in self._side_by_side.run(calls) if outcome]

    def give_back(self, outcomes: Sequence[Outcome]) -> None:
        """Take the message out of every item again in which it was counted, at once.

        Never raises. What cannot be given back stays counted until its window ends.
        """
        # It is seldom used, so its connections may have died; and nothing is tried again.
        self._once_client.close()
        self._side_by_side.run(
            [partial(self._give_back, outcome) for outcome in outcomes if outcome.counted]
        )

    def _count(self, item: CounterItem) -> Outcome:
        now = round(time.time(), _DECIMALS)
        try:
            refusals = self._refused(item, now)
        except Exception:
            self._metrics.count_store_failure()
            self._logger.exception("A message could not be counted")
            return Outcome(item, now, counted=False)
        return Outcome(item, now, counted=not refusals, refusals=refusals)

    def _refused(self, item: CounterItem, now: float) -> tuple[Refusal, ...]:
        """Count, or find out which limits are reached."""
        try:
            self._client.update_item(**self._counting(item, now))
        except self._client.exceptions.ConditionalCheckFailedException as full:
            if full.response["ResponseMetadata"]["RetryAttempts"]:
                # The first attempt may have counted, and this one have met its own count.
                raise
            held: dict[str, Any] = full.response["Item"]  # type: ignore[typeddict-item]  # ALL_OLD
            refusals = tuple(_refusals(item, held, now))
            if not refusals:
                raise  # Not counted, for whatever reason: that must not look like "counted".
            return refusals
        return ()

    def _counting(self, item: CounterItem, now: float) -> dict[str, Any]:
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
            "TableName": self._table_name,
            "Key": {"id": {"S": item.key}},
            "UpdateExpression": _expression(SET=setting, ADD=adding),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _give_back(self, outcome: Outcome) -> None:
        # It is not known what the item holds: first as if nobody else counted, then as it says.
        held = dict.fromkeys((counter.attribute for counter in outcome.item.counters), 1.0)
        if outcome.item.interval:
            held[outcome.item.interval.attribute] = outcome.now
        try:
            for _ in range(_TRIES):
                call = self._giving_back(outcome, held)
                if not call:
                    return  # Others have removed all of it.
                try:
                    self._once_client.update_item(**call)
                except self._once_client.exceptions.ConditionalCheckFailedException as changed:
                    found: Mapping[str, Any] = changed.response.get("Item", {})  # type: ignore[assignment]  # ALL_OLD
                    held = {name: _value(found, name) for name in held}
                else:
                    return
            self._logger.warning("A message that was not sent stays counted: others are too quick")
        except Exception:
            self._metrics.count_store_failure()
            self._logger.exception("A message that was not sent stays counted")

    def _giving_back(self, outcome: Outcome, held: Mapping[str, float]) -> dict[str, Any] | None:
        """Make the call that takes one message out, if the item is as it is thought to be.

        Args:
            outcome: of the counting.
            held: the value of each attribute, zero where there is none.

        Returns:
            The call, or None where there is nothing left to take out.

        """
        item = outcome.item
        names: dict[str, str] = {}
        values: dict[str, dict[str, str]] = {}
        conditions, adding, removing = [], [], []
        for place, counter in enumerate(item.counters):
            if held[counter.attribute] < 1:
                continue  # The operator has removed it, to let somebody in.
            name = f"#c{place}"
            names[name] = counter.attribute
            values[":one"] = {"N": "1"}
            if item.forgets_zeros and held[counter.attribute] == 1:
                removing.append(name)
                conditions.append(f"{name} = :one")
            else:
                values[":less"] = {"N": "-1"}
                adding.append(f"{name} :less")
                conditions.append(f"{name} {'>' if item.forgets_zeros else '>='} :one")
        if item.interval and held[item.interval.attribute] == outcome.now:
            names["#last"] = item.interval.attribute
            values[":mine"] = {"N": _number(outcome.now)}
            removing.append("#last")
            conditions.append("#last = :mine")
        if not conditions:
            return None
        return {
            "TableName": self._table_name,
            "Key": {"id": {"S": item.key}},
            "UpdateExpression": _expression(ADD=adding, REMOVE=removing),
            "ConditionExpression": " AND ".join(conditions),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _refusals(item: CounterItem, held: Mapping[str, Any], now: float) -> Iterator[Refusal]:
    for counter in item.counters:
        if _value(held, counter.attribute) >= counter.most:
            yield Refusal(counter.limit_name, max(1, math.ceil(counter.ends_at - now)))
    interval = item.interval
    if interval:
        wait = _value(held, interval.attribute) + interval.seconds - now
        if wait > 0:
            yield Refusal(interval.limit_name, math.ceil(wait))


def _value(held: Mapping[str, Any], attribute: str) -> float:
    return float(held.get(attribute, {"N": "0"})["N"])


def _expression(**clauses: list[str]) -> str:
    return " ".join(f"{name} {', '.join(parts)}" for name, parts in clauses.items() if parts)


def _number(seconds: float) -> str:
    return f"{seconds:.{_DECIMALS}f}"
