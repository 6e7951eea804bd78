"""The operator's switch: sending stops, altogether or to some countries, without a deployment.

It is one item of the table, `{"id": "paused", "countries": "all"}`, which the operator writes with
any DynamoDB client; docs/runbook.md has the command. No item, or `none`: nothing is paused. A text
such as `JM,CA`: those countries are. DynamoDB, because a text needs it anyway: a switch in another
service is one more that can fail, and SSM's 40 requests a second are what 1,200 functions make.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..contract.problems import PauseUnknown, SendingPaused
from .destination import COUNTRIES

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

ITEM = "paused"
ATTRIBUTE = "countries"
ALL, NONE = "all", "none"

# The switch is to be heeded within a minute: half of it, and some readings may fail.
REFRESH_SECONDS = 30
_AGAIN_AFTER_SECONDS = 5


class PauseSwitch:
    """What the switch said when it was last read.

    Args:
        table_name: the table that holds the item.
        client: a DynamoDB client.
        logger: told when it cannot be read, or says nothing that makes sense.
        store_failed: called when it cannot be read.

    """

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
        self._paused: frozenset[str] | None = None
        self._due_at = 0.0

    def check(self, country: str) -> None:
        """Let a message to a country pass; reads the switch again where it is time to.

        Raises:
            SendingPaused: nobody may be texted, or nobody there; or that was never found out.

        """
        if self._is_due():
            self._read()
        if self._paused is None:
            raise PauseUnknown("It cannot be read whether sending is paused. Nothing was sent.")
        if ALL in self._paused:
            raise SendingPaused("Sending is paused. Nothing was sent.")
        if country in self._paused:
            raise SendingPaused(
                "The operator has paused sending to this country. Nothing was sent."
            )

    def _is_due(self) -> bool:
        """Say whether it is time to read the switch: it is old, or was never read."""
        # The clock on the wall: the other one stands still while the function is frozen. It may be
        # set back.
        wait = self._due_at - time.time()
        return self._paused is None or not 0 < wait <= REFRESH_SECONDS

    def _read(self) -> None:
        """Read the switch. Never raises: unreadable, it says what it said before."""
        now = time.time()
        try:
            answer = self._client.get_item(
                TableName=self._table_name, Key={"id": {"S": ITEM}}, ConsistentRead=True
            )
            item = answer.get("Item", {ATTRIBUTE: {"S": NONE}})
            paused = _understand(item.get(ATTRIBUTE))
        except Exception:
            self._due_at = now + _AGAIN_AFTER_SECONDS
            self._store_failed()
            self._logger.exception("The switch that pauses sending could not be read")
        else:
            self._due_at = now + REFRESH_SECONDS
            if paused is None:
                # An operator who writes it wants something to stop.
                paused = frozenset({ALL})
                self._store_failed()
                self._logger.error("The switch that pauses sending is unreadable: all is paused")
            if paused != (self._paused or frozenset()):
                self._logger.warning("Sending is paused, or not any more", paused=sorted(paused))
            self._paused = paused


def _understand(attribute: object) -> frozenset[str] | None:
    """Read what an operator wrote: `all`, `none` or countries, such as `JM,CA` or `jm, ca`."""
    match attribute:
        case {"S": str(text)}:
            words = frozenset(word.strip().upper() for word in text.split(",") if word.strip())
            if words == {NONE.upper()}:
                return frozenset()
            if words == {ALL.upper()}:
                return frozenset({ALL})
            if words and words <= COUNTRIES:
                return words
    return None
