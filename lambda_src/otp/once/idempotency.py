"""One ReferenceId, one message: Powertools idempotency, made strict.

Powertools protects against doing work twice; here the work is a text that cannot be taken back. So
its records are kept by `ReferenceIdRecords`, and every outcome that must not text again is written
as an answer.
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
    """A way to answer a request such that its ReferenceId is texted at most once in the window.

    Args:
        records: where ReferenceIds are remembered.

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
        """Answer the request: by a text, or by what is known of the ReferenceId already.

        Args:
            request: as the caller wrote it.
            request_id: what the caller can quote.
            text: sends the message and answers the 200. It raises a Problem for everything else;
                any other exception must mean that nothing was texted.
            range_digest: of the range that the guard counts the number in.

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
        """Text, and turn whatever must hold the ReferenceId into an answer to be recorded.

        What this raises, Powertools takes as not done, and frees the ReferenceId.
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
            "The message of this ReferenceId may have been sent or not; it is not sent again. "
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
