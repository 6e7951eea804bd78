"""The records of ReferenceIds: Powertools' DynamoDB layer, which holds one when in doubt.

    lock ──────────────────────────────────────────────────────────────▶ window ends
     │ INPROGRESS: running; after the function's timeout, presumed dead
     ├─ sent, or refused for good   → COMPLETED, the answer: replayed
     ├─ outcome unknown             → COMPLETED, OutcomeUnknown: held
     └─ certainly not sent          → deleted: free

A caller that knows a ReferenceId but not its number could try numbers: a 422 says that a guess was
wrong. So the record counts requests that differ; after five of them, one request a minute is
answered, the right one included.
"""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import (
    STATUS_CONSTANTS,
    DataRecord,
)
from botocore.exceptions import ClientError

from ..contract.problems import AskedTooOften, InProgress, OutcomeUnknown
from ..runtime.clients import create_client, rehearse
from ..time_limits import TimeLimits

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

_INPROGRESS = STATUS_CONSTANTS["INPROGRESS"]
_COMPLETED = STATUS_CONSTANTS["COMPLETED"]
_OUTCOME_UNKNOWN = json.dumps({"status": OutcomeUnknown.status, "code": OutcomeUnknown.code})

# A ReferenceId answers so many different requests, and after them one request in so many seconds.
MOST_MISMATCHES = 5
SECONDS_BETWEEN_ANSWERS = 60

#: The detail while the same request runs.
IN_PROGRESS = "This ReferenceId is being processed. Repeat the request to learn its outcome."

# The longest pause before a write is repeated, as in botocore's standard retries for DynamoDB.
_PAUSE_SECONDS = 0.025
LONGEST_PAUSE_SECONDS = 1  # where DynamoDB throttles
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)

_T = TypeVar("_T")


def create_dynamodb_client(limits: TimeLimits) -> "DynamoDBClient":
    """Create a client of the table, which makes every call once."""
    client: DynamoDBClient = create_client(
        "dynamodb",
        connect_seconds=limits.dynamodb_connect,
        read_seconds=limits.dynamodb_read,
    )
    return client


class ReferenceIdRecords(DynamoDBPersistenceLayer):
    """The records of ReferenceIds, each written by the one attempt that owns it.

    An item holds `id`, `status`, `validation` (a hash of the request), `owner` (of the attempt),
    `locked_at` (milliseconds), `expiration` (seconds; the table's TTL), `range` (a hash of the
    number's, where the guard counts) and, when known, `data` (the answer). Requests that differed
    leave `mismatches` (their number) and `answered_at` (seconds; of the last answer that counts).
    `validation` covers the ReferenceId, which is not stored in clear: a reader of the table who
    does not know it cannot find the number by trying numbers.

    Args:
        table_name: a table with the key `id` and the TTL attribute `expiration`.
        client: a DynamoDB client.
        limits: after the function's timeout, an attempt without an outcome is dead.
        logger: for outcomes that could not be written.
        store_failed: called for every write that failed.
        pause: waits some seconds before a write is repeated.

    Every write that fails is repeated once, which is safe because it is conditional on its owner. A
    mismatch may be counted twice, which only answers fewer requests.

    """

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        limits: TimeLimits,
        logger: "Logger",
        store_failed: Callable[[], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(table_name=table_name, boto3_client=client)
        self._function_timeout_ms = limits.function * 1000
        self._logger = logger
        self._store_failed = store_failed
        self._pause = pause

    def warm_up(self) -> None:
        """Do all that the first call does once, without making one."""
        rehearse(self.client, "get_item", TableName=self.table_name, Key={"id": {"S": "none"}})

    def save_inprogress(
        self,
        data: dict[str, Any],
        remaining_time_in_millis: int | None = None,  # noqa: ARG002 - see the docstring
    ) -> None:
        """Lock the ReferenceId for the whole window, or raise what its record says.

        Powertools releases a lock when the function's remaining time has passed. This lock ignores
        that time: the function may have texted before it died.

        Raises:
            IdempotencyValidationError: it belongs to a different request.
            IdempotencyItemAlreadyExistsError: it belongs to the same request; carries the record.
            AskedTooOften: different requests used it too often.
            InProgress: the record has just been freed.
            ClientError, BotoCoreError: the write failed; nothing is sent then.

        """
        now = time.time()
        key = self._get_hashed_idempotency_key(data)
        payload_hash = self._get_hashed_payload(data)
        try:
            self._twice(
                self.client.put_item,
                TableName=self.table_name,
                Item={
                    "id": {"S": str(key)},
                    "status": {"S": _INPROGRESS},
                    "validation": {"S": payload_hash},
                    "owner": {"S": data["owner"]},
                    "locked_at": {"N": str(int(now * 1000))},
                    "expiration": {"N": str(int(now) + self.expires_after_seconds)},
                    **({"range": {"S": data["range"]}} if data["range"] else {}),
                },
                # TTL deletes an expired item late, up to days: it counts as absent.
                ConditionExpression="attribute_not_exists(id) OR expiration < :now",
                ExpressionAttributeValues={":now": {"N": str(int(now))}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as taken:
            item: dict[str, Any] = taken.response["Item"]  # type: ignore[typeddict-item]  # ALL_OLD puts it there
            if item["owner"]["S"] == data["owner"]:
                return  # Our own lock: DynamoDB's answer to the first write was lost.
            differs = item["validation"]["S"] != payload_hash
            if differs or "mismatches" in item:
                self._admit(item, mismatches=int(differs))
            if differs:
                raise IdempotencyValidationError from None
            raise IdempotencyItemAlreadyExistsError(
                old_data_record=self._item_to_data_record(item)
            ) from None
        except Exception as failure:
            self._store_failed()
            # DynamoDB may have written the lock all the same. Nothing is sent, so undo it.
            self.delete_record(data, failure)
            raise

    def _admit(self, item: dict[str, Any], *, mismatches: int) -> None:
        """Decide, in one write, whether a request is told what the record says.

        The write is conditional, so simultaneous requests cannot exceed the limit. The owner, the
        outcome and the window's end stay as they are.
        """
        now = int(time.time())
        try:
            self._twice(
                self.client.update_item,
                TableName=self.table_name,
                Key={"id": item["id"]},
                UpdateExpression="SET answered_at = :now ADD mismatches :mismatches",
                ConditionExpression="#owner = :owner AND (attribute_not_exists(mismatches) "
                "OR mismatches < :most OR answered_at <= :earlier)",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={
                    ":owner": item["owner"],
                    ":mismatches": {"N": str(mismatches)},
                    ":most": {"N": str(MOST_MISMATCHES)},
                    ":now": {"N": str(now)},
                    ":earlier": {"N": str(now - SECONDS_BETWEEN_ANSWERS)},
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as refused:
            found: Mapping[str, Any] = refused.response.get("Item", {})  # type: ignore[assignment]  # ALL_OLD
            if found.get("owner") != item["owner"]:
                raise InProgress(IN_PROGRESS) from None
            # Clocks differ, by less than a second or so.
            wait = int(found["answered_at"]["N"]) + SECONDS_BETWEEN_ANSWERS - now
            wait = min(max(wait, 1), SECONDS_BETWEEN_ANSWERS)
            raise AskedTooOften(
                "This ReferenceId was used for different requests too often, and is answered once "
                f"a minute now. Nothing was sent for this request; repeat it after {wait} s.",
                retry_after=wait,
            ) from None
        except Exception:
            self._store_failed()
            raise

    def save_success(self, data: dict[str, Any], result: dict[str, Any]) -> None:
        """Record the answer.

        Never raises: the text has gone out, and an error would say otherwise. Without the answer,
        the record still holds the ReferenceId.
        """
        names = {"#status": "status", "#data": "data", "#owner": "owner"}
        forgotten = {} if result.pop("earns_credit", True) else {"#range": "range"}
        try:
            self._twice(
                self.client.update_item,
                TableName=self.table_name,
                Key={"id": {"S": str(self._get_hashed_idempotency_key(data))}},
                UpdateExpression="SET #status = :completed, #data = :data"
                + (" REMOVE #range" if forgotten else ""),
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames=names | forgotten,
                ExpressionAttributeValues={
                    ":completed": {"S": _COMPLETED},
                    ":data": {"S": json.dumps(result)},
                    ":owner": {"S": data["owner"]},
                },
            )
        except Exception:
            self._store_failed()
            self._logger.exception("Could not record the answer: the ReferenceId stays held")

    def delete_record(self, data: dict[str, Any], exception: Exception) -> None:  # noqa: ARG002 - Powertools' signature
        """Free the ReferenceId: nothing was texted.

        Never raises, so that the caller learns why nothing was texted. A record that cannot be
        deleted holds the ReferenceId, which is safe.
        """
        try:
            self._twice(
                self.client.delete_item,
                TableName=self.table_name,
                Key={"id": {"S": str(self._get_hashed_idempotency_key(data))}},
                ConditionExpression="#owner = :owner AND #status = :inprogress",
                ExpressionAttributeNames={"#owner": "owner", "#status": "status"},
                ExpressionAttributeValues={
                    ":owner": {"S": data["owner"]},
                    ":inprogress": {"S": _INPROGRESS},
                },
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            pass  # No lock of ours: it was never written, or the first delete's answer was lost.
        except Exception:
            self._store_failed()
            self._logger.exception("Could not free the ReferenceId: it stays held")

    def _twice(self, write: Callable[..., _T], **parameters: Any) -> _T:  # noqa: ANN401 - of boto3
        """Make a write, and repeat it once if the failure may be transient."""
        try:
            return write(**parameters)
        except Exception as failure:
            pause = _pause_after(failure)
            if pause is None:
                raise
            self._pause(SystemRandom().uniform(0, pause))
            return write(**parameters)

    def _item_to_data_record(self, item: dict[str, Any]) -> DataRecord:
        """Read an item; an attempt that outlived the function's timeout has an unknown outcome."""
        status, answer = item["status"]["S"], item.get("data", {"S": ""})["S"]
        dead_at = int(item["locked_at"]["N"]) + self._function_timeout_ms
        if status == _INPROGRESS and dead_at < time.time() * 1000:
            status, answer = _COMPLETED, _OUTCOME_UNKNOWN
        return DataRecord(
            idempotency_key=item["id"]["S"],
            status=status,
            expiry_timestamp=int(item["expiration"]["N"]),
            response_data=answer,
            payload_hash=item["validation"]["S"],
        )


def _pause_after(failure: Exception) -> float | None:
    """Return the longest pause before a write is repeated; None: do not repeat it."""
    if not isinstance(failure, ClientError):
        return _PAUSE_SECONDS  # There was no answer.
    if failure.response["Error"]["Code"] in _THROTTLED:
        return LONGEST_PAUSE_SECONDS
    status = failure.response["ResponseMetadata"]["HTTPStatusCode"]
    return _PAUSE_SECONDS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
