"""A failure, as an answer to the caller.

The document is an `application/problem+json` object (RFC 9457) with the extensions `code`,
`retryable` and `requestId`, and `errors` for bad input.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple

from .answer import Answer


class FieldError(NamedTuple):
    """One bad field: a JSON pointer (RFC 6901) into the request, and what is wrong with it."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - "problem" is RFC 9457's word for it
    """A failure that is answered to the caller.

    Args:
        detail: a sentence for a developer; never holds a code, a phone number or a stack trace.
        errors: the bad fields, for bad input.

    Attributes:
        extensions: more members of the document (RFC 9457, section 3.2).

    Class attributes:
        code: what the caller branches on; also the `errorType` of a direct invoke.
        status: the HTTP status.
        title: the same for every occurrence of this problem (RFC 9457).
        retry_after: seconds to wait before repeating the same request; None if repeating cannot
            help. A problem with it is `retryable`.
        keeps_reference_id: True if the problem is recorded, and the ReferenceId is not texted
            again. False if certainly nothing was texted: the ReferenceId is free.
        maybe_texted: True if a text may have gone out.
        ours: for a 5xx, whether it counts as a server error, on which there is an alarm. True by
            default, so that a new problem is counted; a class that sets False says why.

    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    retry_after: int | None = None
    keeps_reference_id: ClassVar[bool] = False
    maybe_texted: ClassVar[bool] = False
    ours: ClassVar[bool] = True

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.extensions: Mapping[str, Any] = {}

    def answer(self, request_id: str) -> Answer:
        """Make the answer to the request `request_id`."""
        document: dict[str, Any] = {
            "type": f"urn:problem-type:serverless-otp:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "retryable": self.retry_after is not None,
            "requestId": request_id,
            **self.extensions,
        }
        if self.errors:
            document["errors"] = [
                {"pointer": error.pointer, "detail": error.detail} for error in self.errors
            ]
        return Answer(
            status=self.status,
            body=json.dumps(document),
            code=self.code,
            retry_after=self.retry_after,
            server_error=self.status >= HTTPStatus.INTERNAL_SERVER_ERROR and self.ours,
        )
