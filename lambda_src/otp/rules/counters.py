"""Counters in DynamoDB, each for a window of time: one write counts a text, or refuses it.

Every write is conditional and changes one item, so counts are exact under concurrency.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from ..contract.problems import StoreUnavailable
from ..runtime.deadline import Deadline
from ..time_limits import TimeLimits
from .counter_items import (
    Counted,
    CounterItem,
    FullError,
    counting,
    giving_back,
    refusal,
    refusals,
    rounded,
    value_of,
)

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

# Attempts to return a count to an item that other functions write.
_TRIES = 3

# How long a full item is not tried again. Short, since counts are returned or deleted meanwhile.
_REMEMBERED_SECONDS = 5


class Written(NamedTuple):
    """The result of a conditional write.

    Attributes:
        made: whether its condition held.
        item: what the write returned; if it was not made, what the item holds.

    """

    made: bool
    item: Mapping[str, Any]


class Counters:
    """The counters of one table.

    No call is repeated: a text that is counted or given back twice would shift the limit.

    Args:
        table_name: a table with the key `id` and the TTL attribute `expiration`.
        client: a DynamoDB client, which makes every call once.
        limits: how long each step may take.
        logger: for failures.
        store_failed: called for every call that failed.

    """

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        limits: TimeLimits,
        logger: "Logger",
        store_failed: Callable[[], None],
    ) -> None:
        self._table_name = table_name
        self._client = client
        self._time_limits = limits
        self._logger = logger
        self._store_failed = store_failed
        self._full_until: dict[str, float] = {}

    def deadline(self) -> Deadline:
        """Start the time in which the switch is read and a text counted in all items."""
        return Deadline(self._time_limits.counting)

    def check(self, items: Sequence[CounterItem]) -> None:
        """Raise if one of the items was full just now; makes no call.

        Raises:
            FullError: with the limit of the first that was.

        """
        now = time.time()
        for item in items:
            # The clock may be set back.
            if 0 < self._full_until.get(item.key, 0) - now <= _REMEMBERED_SECONDS:
                raise FullError([refusal(counter, now) for counter in item.counters])

    def count(self, item: CounterItem, deadline: Deadline) -> Counted:
        """Count one text in an item.

        Args:
            item: what to count.
            deadline: of everything that is counted for the text.

        Raises:
            FullError: not counted: limits are reached.
            StoreUnavailable: it may be counted or not.

        """
        now = rounded(time.time())
        with self.failing_closed():
            written = self.write(counting(item, now), deadline)
            reached = () if written.made else tuple(refusals(item, written.item, now))
            if not (written.made or reached):
                # An unknown reason must not look like "counted".
                raise RuntimeError("The write was refused, but no limit is reached.")
        if reached:
            self._remember(item, now)
            raise FullError(reached)
        return Counted(item, now, {name: value_of(written.item, name) for name in item.attributes})

    @contextmanager
    def failing_closed(self) -> Iterator[None]:
        """Turn any failure inside into a StoreUnavailable: nothing is sent."""
        try:
            yield
        except Exception:
            self._store_failed()
            self._logger.exception("Could not count the text")
            raise StoreUnavailable(
                "The text could not be counted, so nothing was sent. Repeat the request."
            ) from None

    @contextmanager
    def telling(self, failure: str) -> Iterator[None]:
        """Log any failure inside, and go on."""
        try:
            yield
        except Exception:
            self._store_failed()
            self._logger.exception(failure)

    def write(
        self, call: Mapping[str, Any], deadline: Deadline, *, connected: bool = False
    ) -> Written:
        """Make one conditional write, if it can be over in time.

        Args:
            call: the arguments of the write, without the table.
            deadline: of all writes.
            connected: True if the connection has just been used: then only the read timeout counts.

        """
        limits = self._time_limits
        if not deadline.leaves(limits.dynamodb_read if connected else limits.dynamodb_attempt):
            raise TimeoutError("No time left: earlier calls took too long.")
        try:
            answer: Any = self._client.update_item(TableName=self._table_name, **call)
        except self._client.exceptions.ConditionalCheckFailedException as against:
            held: Any = against.response
            return Written(made=False, item=held.get("Item", {}))  # ALL_OLD
        return Written(made=True, item=answer.get("Attributes", {}))

    def deadline_for_giving_back(self) -> Deadline:
        """Start the time in which a text is given back to all items."""
        return Deadline(self._time_limits.giving_back)

    def give_back(self, counted: Sequence[Counted], deadline: Deadline) -> None:
        """Take a text out of every item in which it was counted.

        Never raises. A count that cannot be given back in time stays until its window ends.
        """
        for one in counted:
            self._give_back(one, deadline)

    def _remember(self, item: CounterItem, now: float) -> None:
        if item.of_many:
            return
        self._full_until = {key: until for key, until in self._full_until.items() if now < until}
        self._full_until[item.key] = now + _REMEMBERED_SECONDS

    def _give_back(self, counted: Counted, deadline: Deadline) -> None:
        held = counted.held  # unless other functions have written meanwhile
        with self.telling("Could not return the count"):
            for _ in range(_TRIES):
                call = giving_back(counted, held)
                if not call:
                    return  # The operator deleted the counts.
                try:
                    found = self.write(call, deadline, connected=True)
                except TimeoutError:
                    self._logger.warning("Could not return the count: no time left")
                    return
                if found.made:
                    return
                held = {name: value_of(found.item, name) for name in counted.held}
            self._logger.warning("Could not return the count: %s conflicting writes", _TRIES)
