"""Counters in DynamoDB, each of a window of time: a message is counted, or refused, in one write.

An item holds some counters that go up together or not at all. Every write is conditional and of one
item, and so exact however many functions write at once. Windows are fixed: their time is part of
the key or of the attribute's name, a new one begins at zero, and the table's TTL removes old ones.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .deadline import Deadline
from .problems import StoreUnavailable
from .settings import TimeLimits

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from .metrics import RequestMetrics

# How long an item outlives its last window, so that a slow function can still give back.
_MARGIN_SECONDS = 60 * 60

_DECIMALS = 3  # of times: milliseconds

# To give back to an item that others change meanwhile.
_TRIES = 3

# How long a full item is not asked again. The operator may empty one, and others give back.
_REMEMBERED_SECONDS = 5


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
    """A least time between two messages.

    Attributes:
        limit_name: of the limit, for the caller.
        attribute: of the item; it holds when the last message was, in seconds since 1970.
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
        of_many: whether it holds counters of many numbers, of which another message has others. It
            then loses a counter of which all is given back, or it would grow by every message that
            was not sent; and that it is full says nothing about the next message.

    """

    key: str
    ends_at: int
    counters: tuple[Counter, ...]
    interval: Interval | None = None
    of_many: bool = False


class Refusal(NamedTuple):
    """A limit that is reached.

    Attributes:
        limit_name: of the limit.
        retry_after: seconds until it lets another message through.

    """

    limit_name: str
    retry_after: int


class Counted(NamedTuple):
    """A message that is counted in an item, for certain.

    Attributes:
        item: the item.
        now: when it was asked for, in seconds since 1970: the interval's own mark.

    """

    item: CounterItem
    now: float


class FullError(Exception):
    """A message is not counted: limits are reached.

    Attributes:
        refusals: by which.

    """

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(", ".join(refusal.limit_name for refusal in refusals))
        self.refusals = refusals


class Counters:
    """The counters of one table.

    No call is repeated: what is counted or given back twice would be one message less or more than
    a limit allows.

    Args:
        table_name: a table with the key `id` and the TTL attribute `expiration`.
        client: a DynamoDB client, which makes every call once.
        limits: how long each step may take.
        logger: told of what failed.
        metrics: told of every call that failed.

    """

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        limits: TimeLimits,
        logger: "Logger",
        metrics: "RequestMetrics",
    ) -> None:
        self._table_name = table_name
        self._client = client
        self._time_limits = limits
        self._logger = logger
        self._metrics = metrics
        self._full_until: dict[str, float] = {}

    def deadline(self) -> Deadline:
        """Begin the time in which the switch is read and a message counted, everywhere."""
        return Deadline(self._time_limits.counting)

    def check(self, items: Sequence[CounterItem]) -> None:
        """Find out whether one of the items was full just now, without a call.

        Raises:
            FullError: by the first that was.

        """
        now = time.time()
        for item in items:
            # The clock may be set back.
            if 0 < self._full_until.get(item.key, 0) - now <= _REMEMBERED_SECONDS:
                raise FullError([_refusal(counter, now) for counter in item.counters])

    def count(self, item: CounterItem, deadline: Deadline) -> Counted:
        """Count one message in an item.

        Args:
            item: what to count.
            deadline: of all that is counted for the message.

        Raises:
            FullError: not counted, since limits are reached.
            StoreUnavailable: nobody knows whether it is counted.

        """
        now = round(time.time(), _DECIMALS)
        try:
            refusals = self._refused(item, now, deadline)
        except Exception:
            self._metrics.count_store_failure()
            self._logger.exception("A message could not be counted")
            raise StoreUnavailable(
                "The message could not be counted, so nothing was sent."
            ) from None
        if refusals:
            self._remember(item, now)
            raise FullError(refusals)
        return Counted(item, now)

    def give_back(self, counted: Sequence[Counted]) -> None:
        """Take the message out of every item again in which it was counted.

        Never raises. What cannot be given back in time stays counted until its window ends.
        """
        deadline = Deadline(self._time_limits.giving_back)
        for one in counted:
            self._give_back(one, deadline)

    def _refused(self, item: CounterItem, now: float, deadline: Deadline) -> tuple[Refusal, ...]:
        """Count, or find out which limits are reached."""
        if not deadline.leaves(self._time_limits.dynamodb_attempt):
            raise TimeoutError("The calls before this one took too long.")
        try:
            self._client.update_item(**self._counting(item, now))
        except self._client.exceptions.ConditionalCheckFailedException as full:
            held: dict[str, Any] = full.response["Item"]  # type: ignore[typeddict-item]  # ALL_OLD
            refusals = tuple(_refusals(item, held, now))
            if not refusals:
                raise  # Not counted, for whatever reason: that must not look like "counted".
            return refusals
        return ()

    def _remember(self, item: CounterItem, now: float) -> None:
        if item.of_many:
            return
        self._full_until = {key: until for key, until in self._full_until.items() if now < until}
        self._full_until[item.key] = now + _REMEMBERED_SECONDS

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

    def _give_back(self, counted: Counted, deadline: Deadline) -> None:
        # It is not known what the item holds: first as if nobody else counted, then as it says.
        held = dict.fromkeys((counter.attribute for counter in counted.item.counters), 1.0)
        if counted.item.interval:
            held[counted.item.interval.attribute] = counted.now
        try:
            for _ in range(_TRIES):
                call = self._giving_back(counted, held)
                if not call:
                    return  # Others have removed all of it.
                # On a connection that was used just now, it takes as long as its answer.
                if not deadline.leaves(self._time_limits.dynamodb_read):
                    self._logger.warning("A message that was not sent stays counted: no time left")
                    return
                try:
                    self._client.update_item(**call)
                except self._client.exceptions.ConditionalCheckFailedException as changed:
                    found: Mapping[str, Any] = changed.response.get("Item", {})  # type: ignore[assignment]  # ALL_OLD
                    held = {name: _value(found, name) for name in held}
                else:
                    return
            self._logger.warning("A message that was not sent stays counted: others are too quick")
        except Exception:
            self._metrics.count_store_failure()
            self._logger.exception("A message that was not sent stays counted")

    def _giving_back(self, counted: Counted, held: Mapping[str, float]) -> dict[str, Any] | None:
        """Make the call that takes one message out, if the item is as it is thought to be.

        Args:
            counted: the message.
            held: the value of each attribute, zero where there is none.

        Returns:
            The call, or None where there is nothing left to take out.

        """
        item = counted.item
        names: dict[str, str] = {}
        values: dict[str, dict[str, str]] = {}
        conditions, adding, removing = [], [], []
        for place, counter in enumerate(item.counters):
            if held[counter.attribute] < 1:
                continue  # The operator has removed it, to let somebody in.
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
            yield _refusal(counter, now)
    interval = item.interval
    if interval:
        wait = _value(held, interval.attribute) + interval.seconds - now
        if wait > 0:
            yield Refusal(interval.limit_name, math.ceil(wait))


def _refusal(counter: Counter, now: float) -> Refusal:
    return Refusal(counter.limit_name, max(1, math.ceil(counter.ends_at - now)))


def _value(held: Mapping[str, Any], attribute: str) -> float:
    return float(held.get(attribute, {"N": "0"})["N"])


def _expression(**clauses: list[str]) -> str:
    return " ".join(f"{name} {', '.join(parts)}" for name, parts in clauses.items() if parts)


def _number(seconds: float) -> str:
    return f"{seconds:.{_DECIMALS}f}"
