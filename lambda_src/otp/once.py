"""One ReferenceId, one message: Powertools idempotency over DynamoDB, made strict.

Powertools protects against doing work twice; here the work is a text that cannot be taken back.
So its DynamoDB layer is narrowed where it would rather repeat than hold (`ReferenceIdRecords`),
and what the caller is told is written as the outcome (`OncePerReferenceId`).

    lock ──────────────────────────────────────────────────────────────▶ window ends
     │ INPROGRESS: running, or dead since the lock + the function's timeout
     ├─ sent, or refused for good   → COMPLETED, the answer: replayed
     ├─ nobody can know             → COMPLETED, OutcomeUnknown: held
     └─ certainly not sent          → deleted: free

Whoever knows a ReferenceId but not its request could guess the number, and learn from a 422 that
the guess was wrong. So the record counts requests that differ; after five of them, one request a
minute is answered, the right one included.
"""

import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyItemAlreadyExistsError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import (
    STATUS_CONSTANTS,
    DataRecord,
)
from aws_lambda_powertools.utilities.idempotency.serialization.custom_dict import (
    CustomDictSerializer,
)
from botocore.exceptions import ClientError

from .answer import Answer
from .problems import (
    AskedTooOften,
    InProgress,
    OutcomeStillUnknown,
    OutcomeUnknown,
    Problem,
    ReferenceIdReused,
    StoreUnavailable,
)
from .request import Request
from .sdk import create_client, prepare
from .settings import WINDOW_SECONDS, TimeLimits

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from .metrics import RequestMetrics

_INPROGRESS = STATUS_CONSTANTS["INPROGRESS"]
_COMPLETED = STATUS_CONSTANTS["COMPLETED"]
_OUTCOME_UNKNOWN = json.dumps({"status": OutcomeUnknown.status, "code": OutcomeUnknown.code})


# Of different requests with one ReferenceId, before it is told about once in so many seconds only.
MOST_MISMATCHES = 5
SECONDS_BETWEEN_ANSWERS = 60

_IN_PROGRESS = "This ReferenceId is being processed. Repeat the request to learn its outcome."

# Before a write is repeated, at most: as in botocore's standard retries for DynamoDB.
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
    `locked_at` (milliseconds), `expiration` (seconds; the table's TTL) and, when known, `data`
    (the answer). Requests that differed leave `mismatches` (their number) and `answered_at`
    (seconds; of the last answer that counts). `validation` covers the ReferenceId, which is not
    stored in clear: whoever reads the table cannot guess the number from the hash, unless they
    know the ReferenceId, too.

    Args:
        table_name: a table with the key `id` and the TTL attribute `expiration`.
        client: a DynamoDB client.
        limits: after the function's own, an attempt without an outcome is surely dead.
        logger: told of outcomes that could not be written.
        metrics: told of every write that failed.
        pause: waits some seconds before a write is repeated.

    Every write here may be repeated, and is, once: it is conditional on its owner. A mismatch may
    be counted twice by that, which errs on the side of telling less.

    """

    def __init__(
        self,
        table_name: str,
        client: "DynamoDBClient",
        limits: TimeLimits,
        logger: "Logger",
        metrics: "RequestMetrics",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(table_name=table_name, boto3_client=client)
        self._function_timeout_ms = limits.function * 1000
        self._logger = logger
        self._metrics = metrics
        self._pause = pause

    def prepare(self) -> None:
        """Do all that the first call does once, without making one."""
        prepare(self.client, "get_item", TableName=self.table_name, Key={"id": {"S": "none"}})

    def save_inprogress(
        self,
        data: dict[str, Any],
        remaining_time_in_millis: int | None = None,  # noqa: ARG002 - see the docstring
    ) -> None:
        """Take the ReferenceId for the whole window, or find out who has it.

        Powertools lets go of a lock when the Lambda's remaining time has passed; a function that
        died may have texted before, so this lock does not depend on it.

        Raises:
            IdempotencyValidationError: it belongs to a different request.
            IdempotencyItemAlreadyExistsError: with its record.
            AskedTooOften: the record says nothing for now.
            InProgress: the record has just been freed.
            ClientError, BotoCoreError: DynamoDB did not answer; nothing is sent then.

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
                },
                # TTL deletes an expired item late, up to days: it counts as absent.
                ConditionExpression="attribute_not_exists(id) OR expiration < :now",
                ExpressionAttributeValues={":now": {"N": str(int(now))}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.client.exceptions.ConditionalCheckFailedException as taken:
            item: dict[str, Any] = taken.response["Item"]  # type: ignore[typeddict-item]  # ALL_OLD puts it there
            if item["owner"]["S"] == data["owner"]:
                return  # Our own lock: DynamoDB took it, and the answer to that write was lost.
            differs = item["validation"]["S"] != payload_hash
            if differs or "mismatches" in item:
                self._admit(item, mismatches=int(differs))
            if differs:
                raise IdempotencyValidationError from None
            raise IdempotencyItemAlreadyExistsError(
                old_data_record=self._item_to_data_record(item)
            ) from None
        except Exception as failure:
            self._metrics.count_store_failure()
            # DynamoDB may have taken the lock all the same. Nothing is sent, so it is undone.
            self.delete_record(data, failure)
            raise

    def _admit(self, item: dict[str, Any], *, mismatches: int) -> None:
        """Decide, in one write, whether a request may be told about the record that it has met.

        Of requests that come at once, DynamoDB lets no more through than are allowed. The owner,
        the outcome and the window's end stay as they are.
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
                raise InProgress(_IN_PROGRESS) from None
            # Clocks differ, by less than a second or so.
            wait = int(found["answered_at"]["N"]) + SECONDS_BETWEEN_ANSWERS - now
            wait = min(max(wait, 1), SECONDS_BETWEEN_ANSWERS)
            raise AskedTooOften(
                "This ReferenceId was used for different requests too often, and is answered once "
                f"a minute now. Nothing was sent for this request; repeat it after {wait} s.",
                retry_after=wait,
            ) from None
        except Exception:
            self._metrics.count_store_failure()
            raise

    def save_success(self, data: dict[str, Any], result: dict[str, Any]) -> None:
        """Write the answer down.

        Never raises: the text has gone out, and an error would tell the caller otherwise. Without
        the outcome, the record holds the ReferenceId all the same.
        """
        try:
            self._twice(
                self.client.update_item,
                TableName=self.table_name,
                Key={"id": {"S": str(self._get_hashed_idempotency_key(data))}},
                UpdateExpression="SET #status = :completed, #data = :data",
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={
                    "#status": "status",
                    "#data": "data",
                    "#owner": "owner",
                },
                ExpressionAttributeValues={
                    ":completed": {"S": _COMPLETED},
                    ":data": {"S": json.dumps(result)},
                    ":owner": {"S": data["owner"]},
                },
            )
        except Exception:
            self._metrics.count_store_failure()
            self._logger.exception("The outcome could not be recorded; the ReferenceId is held")

    def delete_record(self, data: dict[str, Any], exception: Exception) -> None:  # noqa: ARG002 - Powertools' signature
        """Free the ReferenceId: nothing was texted.

        Never raises, so that the caller is told why nothing was texted. A record that cannot be
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
            pass  # Nothing of ours is there: an answer got lost, or there never was a record.
        except Exception:
            self._metrics.count_store_failure()
            self._logger.exception("The ReferenceId could not be freed; it is held")

    def _twice(self, write: Callable[..., _T], **parameters: Any) -> _T:  # noqa: ANN401 - of boto3
        """Make a write, and once more if it failed and that may pass."""
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


class OncePerReferenceId:
    """A way to answer a request such that its ReferenceId is texted at most once in the window.

    Args:
        records: where ReferenceIds are remembered.

    """

    def __init__(self, records: ReferenceIdRecords) -> None:
        self._attempt: Callable[..., Answer] = idempotent_function(
            self._outcome,
            data_keyword_argument="attempt",
            persistence_store=records,
            # Fixed: the default is made of the function's names, and a rename would text again.
            key_prefix="send",
            config=IdempotencyConfig(
                event_key_jmespath="request.ReferenceId",
                payload_validation_jmespath="request",
                raise_on_no_idempotency_key=True,
                expires_after_seconds=WINDOW_SECONDS,
                hash_function="sha256",
                response_hook=_replay,  # type: ignore[arg-type]  # a protocol by parameter names
            ),
            output_serializer=CustomDictSerializer(to_dict=_to_dict, from_dict=_from_dict),
        )

    def __call__(self, request: Request, request_id: str, text: Callable[[], Answer]) -> Answer:
        """Answer the request: by a text, or by what is known of the ReferenceId already.

        Args:
            request: as the caller wrote it.
            request_id: what the caller can quote.
            text: sends the message and answers the 200. It raises a Problem for everything else;
                any other exception must mean that nothing was texted.

        Raises:
            ReferenceIdReused: the ReferenceId belongs to a different request.
            AskedTooOften: it was used for different requests, and nothing is told for now.
            InProgress: the same request is running.
            OutcomeStillUnknown: it ran, and nobody knows whether it texted.
            StoreUnavailable: the ReferenceId could not be taken, or a mismatch not be counted;
                nothing was texted.
            Problem: whatever `text` raised; the ReferenceId is free.

        """
        # A new owner for every attempt: Lambda repeats the request ID when it retries an event.
        attempt = {"request": request, "owner": uuid4().hex}
        try:
            return self._attempt(attempt=attempt, request_id=request_id, text=text)
        except IdempotencyValidationError:
            raise ReferenceIdReused(
                "This ReferenceId was used for a different request. Use a new one."
            ) from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            raise InProgress(_IN_PROGRESS) from None
        except IdempotencyPersistenceLayerError as failure:
            if isinstance(failure.__cause__, Problem):
                raise failure.__cause__ from None
            raise StoreUnavailable(
                "The ReferenceId could not be recorded, so nothing was sent. Repeat the request."
            ) from failure

    def _outcome(
        self,
        *,
        attempt: dict[str, Any],  # noqa: ARG002 - what Powertools takes the ReferenceId from
        request_id: str,
        text: Callable[[], Answer],
    ) -> Answer:
        """Text, and turn whatever must hold the ReferenceId into an answer to be recorded.

        What this raises, Powertools takes as not done, and frees the ReferenceId.
        """
        try:
            return text()
        except Problem as problem:
            if not problem.keeps_reference_id:
                raise
            return problem.answer(request_id)


def _pause_after(failure: Exception) -> float | None:
    """Say for how long to pause at most before a write is repeated; None: not at all."""
    if not isinstance(failure, ClientError):
        return _PAUSE_SECONDS  # There was no answer.
    if failure.response["Error"]["Code"] in _THROTTLED:
        return LONGEST_PAUSE_SECONDS
    status = failure.response["ResponseMetadata"]["HTTPStatusCode"]
    return _PAUSE_SECONDS if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None


def _replay(answer: Answer, record: DataRecord) -> Answer:  # noqa: ARG001 - Powertools' signature
    if answer.code == OutcomeUnknown.code:
        raise OutcomeStillUnknown(
            "The message of this ReferenceId may have been sent or not; it is not sent again. "
            "To send another one, use a new ReferenceId."
        )
    return answer._replace(replayed=True)


def _to_dict(answer: Answer) -> dict[str, Any]:
    return {"status": answer.status, "code": answer.code, "body": answer.body}


def _from_dict(record: dict[str, Any]) -> Answer:
    return Answer(status=record["status"], code=record["code"], body=record.get("body", ""))
