"""Credits the range of a number whose code was right: its balance in the guard falls.

This comes after the answer is known and never changes it: a failure only loses the credit. It takes
three calls at most, each made once: one reads the ReferenceId's record and the balance, one claims
the credit with an item of its own, and one lowers the balance. So a code that two functions verify
is credited once, and a text that the guard did not count is not credited.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..runtime.clients import create_client, rehearse
from ..runtime.deadline import Deadline
from ..settings import GuardRules
from ..time_limits import TimeLimits
from .balance import HOUR, Balance, crediting, key
from .ranges import range_of

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient


def create_credit_client(limits: TimeLimits) -> "DynamoDBClient":
    """Create a client of the table, which makes every call once, with short timeouts."""
    client: DynamoDBClient = create_client(
        "dynamodb", connect_seconds=limits.credit_connect, read_seconds=limits.credit_read
    )
    return client


class Credits:
    """Lowers the balances of ranges for verified codes.

    Args:
        rules: the operator's.
        table_name: the table of ReferenceIds and balances.
        client: from `create_credit_client`.
        limits: how long it may take.
        logger: for failures.
        store_failed: called for every credit that a failure loses.

    """

    def __init__(
        self,
        rules: GuardRules,
        table_name: str,
        client: "DynamoDBClient",
        limits: TimeLimits,
        logger: "Logger",
        store_failed: Callable[[], None],
    ) -> None:
        self._rules = rules
        self._table_name = table_name
        self._client = client
        self._limits = limits
        self._logger = logger
        self._store_failed = store_failed

    def warm_up(self) -> None:
        """Do the one-time work of the first call, without making it."""
        rehearse(self._client, "batch_get_item", **self._reading("none", "none"))

    def give(self, record_key: str, number: str) -> None:
        """Lower the balance of the range of a number whose code was right. Never raises.

        Args:
            record_key: of the ReferenceId's record.
            number: in E.164 format.

        """
        try:
            self._give(record_key, range_of(number).digest)
        except Exception:
            self._store_failed()
            self._logger.exception("Could not credit the verified code")

    def _give(self, record_key: str, digest: str) -> None:
        deadline, now = Deadline(self._limits.crediting), time.time()
        record, balance = self._read(record_key, digest, deadline)
        # TTL deletes an expired record late, and a record of the previous release names no range.
        if record.get("range") != {"S": digest} or int(record["expiration"]["N"]) < now:
            return
        lowering = crediting(digest, int(now // HOUR), Balance.of(balance), self._rules)
        if lowering is None:
            return
        table = self._table_name
        refused = self._client.exceptions.ConditionalCheckFailedException
        try:
            self._in_time(deadline, self._client.put_item, TableName=table, **_claiming(record))
        except refused:
            return  # Claimed already.
        try:
            self._in_time(deadline, self._client.update_item, TableName=table, **lowering)
        except refused:
            self._logger.info("Could not credit the verified code: conflicting write")

    def _read(
        self, record_key: str, digest: str, deadline: Deadline
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Read the record and the balance; a missing item is empty."""
        reading = self._reading(record_key, digest)
        answer = self._in_time(deadline, self._client.batch_get_item, **reading)
        found = {item["id"]["S"]: item for item in answer["Responses"][self._table_name]}
        return found.get(record_key, {}), found.get(key(digest), {})

    def _reading(self, record_key: str, digest: str) -> Any:  # noqa: ANN401 - of boto3
        return {
            "RequestItems": {
                self._table_name: {
                    "Keys": [{"id": {"S": one}} for one in (record_key, key(digest))],
                    "ConsistentRead": True,
                    # Without the answer, which holds the number.
                    "ProjectionExpression": ("id, #range, #owner, expiration, of_hour, balance"),
                    "ExpressionAttributeNames": {"#range": "range", "#owner": "owner"},
                }
            }
        }

    def _in_time(self, deadline: Deadline, call: Callable[..., Any], **arguments: Any) -> Any:  # noqa: ANN401 - of boto3
        # The calls share a connection, so only the read timeout counts.
        if not deadline.leaves(self._limits.credit_read):
            raise TimeoutError("No time left: earlier calls took too long.")
        return call(**arguments)


def _claiming(record: Mapping[str, Any]) -> dict[str, Any]:
    """Build the write that claims the credit of a record.

    The key is the record's owner, since the same ReferenceId may be texted again after its window.
    The claim outlives the record, which is not read after its expiration.
    """
    return {
        "Item": {
            "id": {"S": f"guard#claim#{record['owner']['S']}"},
            "expiration": {"N": str(int(record["expiration"]["N"]) + HOUR)},
        },
        "ConditionExpression": "attribute_not_exists(id)",
    }
