"""At most one text per ReferenceId: Powertools idempotency, made strict.

A text cannot be taken back. So `ReferenceIdRecords` keeps the records, and every outcome after
which nothing may be texted again is recorded as an answer.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyInconsistentStateError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.idempotency.serialization.custom_dict import (
    CustomDictSerializer,
)

from ..contract.answer import Answer
from ..contract.problem import Problem
from ..contract.problems import (
    InProgress,
    OutcomeStillUnknown,
    OutcomeUnknown,
    ReferenceIdReused,
    StoreUnavailable,
)
from ..contract.request import Request
from ..time_limits import WINDOW_SECONDS
from .record_key import PREFIX
from .records import IN_PROGRESS, ReferenceIdRecords


class OncePerReferenceId:
    """Answers requests such that a ReferenceId is texted at most once in its window.

    Args:
        records: of the ReferenceIds.

    """

    def __init__(self, records: ReferenceIdRecords) -> None:
        self._attempt: Callable[..., Answer] = idempotent_function(
            self._outcome,
            data_keyword_argument="attempt",
            persistence_store=records,
            key_prefix=PREFIX,
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

    def __call__(
        self,
        request: Request,
        request_id: str,
        text: Callable[[], Answer],
        *,
        range_digest: str | None = None,
    ) -> Answer:
        """Answer a request: send its text, or say what the ReferenceId's record says.

        Args:
            request: as the caller wrote it.
            request_id: identifies the request in its answer.
            text: sends the text and returns the 200. In any other case it raises a Problem; another
                exception must mean that nothing was texted.
            range_digest: of the number's range, if the guard counts it.

        Raises:
            ReferenceIdReused: the ReferenceId belongs to a different request.
            AskedTooOften: different requests used it too often.
            InProgress: the same request is running.
            OutcomeStillUnknown: it ran, and may have texted.
            StoreUnavailable: the ReferenceId could not be locked, or a mismatch not counted;
                nothing was texted.
            Problem: raised by `text`; the ReferenceId is free.

        """
        # A new owner for every attempt: Lambda repeats the request ID when it retries an event.
        attempt = {"request": request, "owner": uuid4().hex, "range": range_digest}
        try:
            return self._attempt(attempt=attempt, request_id=request_id, text=text)
        except IdempotencyValidationError:
            raise ReferenceIdReused(
                "This ReferenceId was used for a different request. Use a new one."
            ) from None
        except (IdempotencyAlreadyInProgressError, IdempotencyInconsistentStateError):
            raise InProgress(IN_PROGRESS) from None
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
        """Send the text; return a problem that must hold the ReferenceId, so that it is recorded.

        If this raises, Powertools takes the work as not done, and frees the ReferenceId.
        """
        try:
            return text()
        except Problem as problem:
            if not problem.keeps_reference_id:
                raise
            return problem.answer(request_id)


def _replay(answer: Answer, record: DataRecord) -> Answer:  # noqa: ARG001 - Powertools' signature
    if answer.code == OutcomeUnknown.code:
        raise OutcomeStillUnknown(
            "The text for this ReferenceId may or may not have been sent, and is not sent again. "
            "To send another one, use a new ReferenceId."
        )
    return answer._replace(replayed=True)


def _to_dict(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "code": answer.code,
        "body": answer.body,
        "earns_credit": answer.earns_credit,
    }


def _from_dict(record: dict[str, Any]) -> Answer:
    return Answer(status=record["status"], code=record["code"], body=record.get("body", ""))
