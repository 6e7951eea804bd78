"""Counters in DynamoDB, each of a window of time: a message is counted, or refused, in one write.

Every write is conditional and of one item, and so exact however many functions write at once.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..contract.problems import StoreUnavailable
from ..runtime.deadline import Deadline
from ..time_limits import TimeLimits
from .counter_items import (
    Counted,
    CounterItem,
    FullError,
    Refusal,
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

# To give back to an item that others change meanwhile.
_TRIES = 3

# How long a full item is not asked again. The operator may empty one, and others give back.
_REMEMBERED_SECONDS = 5


class Counters:
    """The counters of one table.

    No call is repeated: what is counted or given back twice would be one message less or more than
    a limit allows.

    Args:
        table_name: a table with the key `id` and the TTL attribute `expiration`.
        client: a DynamoDB client, which makes every call once.
        limits: how long each step may take.
        logger: told of what failed.
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
                raise FullError([refusal(counter, now) for counter in item.counters])

    def count(self, item: CounterItem, deadline: Deadline) -> Counted:
        """Count one message in an item.

        Args:
            item: what to count.
            deadline: of all that is counted for the message.

        Raises:
            FullError: not counted, since limits are reached.
            StoreUnavailable: nobody knows whether it is counted.

        """
        now = rounded(time.time())
        with self.failing_closed():
            reached = self._refused(item, now, deadline)
        if reached:
            self._remember(item, now)
            raise FullError(reached)
        return Counted(item, now)

    @contextmanager
    def failing_closed(self) -> Iterator[None]:
        """Turn whatever fails inside into a StoreUnavailable: nothing is sent."""
        try:
            yield
        except Exception:
            self._store_failed()
            self._logger.exception("A message could not be counted")
            raise StoreUnavailable(
                "The message could not be counted, so nothing was sent."
            ) from None

    @contextmanager
    def telling(self, failure: str) -> Iterator[None]:
        """Tell of whatever fails inside, and go on."""
        try:
            yield
        except Exception:
            self._store_failed()
            self._logger.exception(failure)

    def write(
        self, call: Mapping[str, Any], deadline: Deadline, *, connected: bool = False
    ) -> dict[str, Any] | None:
        """Make one conditional write, if it can be over in time.

        Args:
            call: its arguments, without the table.
            deadline: of all writes.
            connected: whether another write has just been made on the connection: then this one
                takes as long as its answer.

        Returns:
            None where it was made, or what the item holds, which is against it.

        """
        limits = self._time_limits
        if not deadline.leaves(limits.dynamodb_read if connected else limits.dynamodb_attempt):
            raise TimeoutError("The calls before this one took too long.")
        try:
            self._client.update_item(TableName=self._table_name, **call)
        except self._client.exceptions.ConditionalCheckFailedException as against:
            held: dict[str, Any] = against.response.get("Item", {})  # type: ignore[assignment]  # ALL_OLD
            return held
        return None

    def deadline_for_giving_back(self) -> Deadline:
        """Begin the time in which a message is taken out again, everywhere."""
        return Deadline(self._time_limits.giving_back)

    def give_back(self, counted: Sequence[Counted], deadline: Deadline) -> None:
        """Take the message out of every item again in which it was counted.

        Never raises. What cannot be given back in time stays counted until its window ends.
        """
        for one in counted:
            self._give_back(one, deadline)

    def _refused(self, item: CounterItem, now: float, deadline: Deadline) -> tuple[Refusal, ...]:
        """Count, or find out which limits are reached."""
        held = self.write(counting(item, now), deadline)
        if held is None:
            return ()
        reached = tuple(refusals(item, held, now))
        if not reached:  # Whatever the reason: that must not look like "counted".
            raise RuntimeError("The count was refused, and no limit is reached.")
        return reached

    def _remember(self, item: CounterItem, now: float) -> None:
        if item.of_many:
            return
        self._full_until = {key: until for key, until in self._full_until.items() if now < until}
        self._full_until[item.key] = now + _REMEMBERED_SECONDS

    def _give_back(self, counted: Counted, deadline: Deadline) -> None:
        # It is not known what the item holds: first as if nobody else counted, then as it says.
        held = dict.fromkeys((counter.attribute for counter in counted.item.counters), 1.0)
        if counted.item.interval:
            held[counted.item.interval.attribute] = counted.now
        with self.telling("A message that was not sent stays counted"):
            for _ in range(_TRIES):
                call = giving_back(counted, held)
                if not call:
                    return  # Others have removed all of it.
                try:
                    found = self.write(call, deadline, connected=True)
                except TimeoutError:
                    self._logger.warning("A message that was not sent stays counted: no time left")
                    return
                if found is None:
                    return
                held = {name: value_of(found, name) for name in held}
            self._logger.warning("A message that was not sent stays counted: others are too quick")
