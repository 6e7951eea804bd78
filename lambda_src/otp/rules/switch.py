"""A switch: an item of the table that the operator writes, read every 30 seconds.

It is in DynamoDB because every text needs DynamoDB anyway. Another service would be one more that
can fail, and 1,200 functions would use up SSM's 40 requests a second.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

ALL, NONE = "all", "none"

# A switch must act within a minute, even if some reads fail.
REFRESH_SECONDS = 30
_AGAIN_AFTER_SECONDS = 5


class Switch(ABC):
    """A switch, as last read.

    Args:
        table_name: the table that holds the item.
        client: a DynamoDB client.
        logger: for a switch that cannot be read, is invalid, or changed.
        store_failed: called when it cannot be read or is invalid.

    Class attributes:
        item: the key of the item.
        attribute: holds a string: `all`, `none`, or what it is on for, with commas.
        unread: the log line if it cannot be read.
        unreadable: the log line if it is invalid: then it is on for all.
        changed: the log line if its value changed.

    """

    item: ClassVar[str]
    attribute: ClassVar[str]
    unread: ClassVar[str]
    unreadable: ClassVar[str]
    changed: ClassVar[str]

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        logger: "Logger",
        store_failed: Callable[[], None],
    ) -> None:
        self._table_name = table_name
        self._client = client
        self._logger = logger
        self._store_failed = store_failed
        self._said: frozenset[str] | None = None
        self._due_at = 0.0

    @abstractmethod
    def _understand(self, words: frozenset[str]) -> frozenset[str] | None:
        """Read what the operator wrote, in capitals; None: it is invalid."""

    def _says(self) -> frozenset[str] | None:
        """Return what it is on for, and read it when it is due. None: it was never read."""
        # Not the monotonic clock, which stops while the function is frozen. This one may be set
        # back.
        wait = self._due_at - time.time()
        if self._said is None or not 0 < wait <= REFRESH_SECONDS:
            self._read()
        return self._said

    def _read(self) -> None:
        """Read the switch. Never raises: if it cannot be read, its last value holds."""
        now = time.time()
        try:
            answer = self._client.get_item(
                TableName=self._table_name, Key={"id": {"S": self.item}}, ConsistentRead=True
            )
            item = answer.get("Item", {self.attribute: {"S": NONE}})
            said = self._on_for(item.get(self.attribute))
        except Exception:
            self._due_at = now + _AGAIN_AFTER_SECONDS
            self._store_failed()
            self._logger.exception(self.unread)
        else:
            self._due_at = now + REFRESH_SECONDS
            if said is None:
                # The operator wrote it to switch something: switch all.
                said = frozenset({ALL})
                self._store_failed()
                self._logger.error(self.unreadable)
            if said != (self._said or frozenset()):
                self._logger.warning(self.changed, switch=sorted(said))
            self._said = said

    def _on_for(self, attribute: object) -> frozenset[str] | None:
        match attribute:
            case {"S": str(text)}:
                words = frozenset(word.strip().upper() for word in text.split(",") if word.strip())
                if words == {NONE.upper()}:
                    return frozenset()
                if words == {ALL.upper()}:
                    return frozenset({ALL})
                return self._understand(words) if words else None
        return None
