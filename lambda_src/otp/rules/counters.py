"""Counters in DynamoDB, each of a window of time: a message is counted, or refused, in one write.

Every write is conditional and of one item, and so exact however many functions write at once.
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

# To give back to an item that others change meanwhile.
_TRIES = 3

# How long a full item is not asked again. The operator may empty one, and others give back.
_REMEMBERED_SECONDS = 5


class Written(NamedTuple):
    """What became of a conditional write.

    Attributes:
        made: whether its condition held.
        item: what the write gives back; otherwise what the item holds, which is against it.

    """

    made: bool
    item: Mapping[str, Any]


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
            written = self.write(counting(item, now), deadline)
            reached = () if written.made else tuple(refusals(item, written.item, now))
            if not (written.made or reached):
                # Whatever the reason: that must not look like "counted".
                raise RuntimeError("The count was refused, and no limit is reached.")
        if reached:
            self._remember(item, now)
            raise FullError(reached)
        return Counted(item, now, {name: value_of(written.item, name) for name in item.attributes})

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
    ) -> Written:
        """Make one conditional write, if it can be over in time.

        Args:
            call: its arguments, without the table.
            deadline: of all writes.
            connected: whether another write has just been made on the connection: then this one
                takes as long as its answer.

        """
        limits = self._time_limits
        if not deadline.leaves(limits.dynamodb_read if connected else limits.dynamodb_attempt):
            raise TimeoutError("The calls before this one took too long.")
        try:
            answer: Any = self._client.update_item(TableName=self._table_name, **call)
        except self._client.exceptions.ConditionalCheckFailedException as against:
            held: Any = against.response
            return Written(made=False, item=held.get("Item", {}))  # ALL_OLD
        return Written(made=True, item=answer.get("Attributes", {}))

    def deadline_for_giving_back(self) -> Deadline:
        """Begin the time in which a message is taken out again, everywhere."""
        return Deadline(self._time_limits.giving_back)

    def give_back(self, counted: Sequence[Counted], deadline: Deadline) -> None:
        """Take the message out of every item again in which it was counted.

        Never raises. What cannot be given back in time stays counted until its window ends.
        """
        for one in counted:
            self._give_back(one, deadline)

    def _remember(self, item: CounterItem, now: float) -> None:
        if item.of_many:
            return
        self._full_until = {key: until for key, until in self._full_until.items() if now < until}
        self._full_until[item.key] = now + _REMEMBERED_SECONDS

    def _give_back(self, counted: Counted, deadline: Deadline) -> None:
        held = counted.held  # unless others have counted meanwhile
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
                if found.made:
                    return
                held = {name: value_of(found.item, name) for name in counted.held}
            self._logger.warning("A message that was not sent stays counted: others are too quick")
