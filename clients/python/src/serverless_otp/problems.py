"""The exceptions of the client: one class for each `code` of the service's contract.

No exception holds a phone number or a one-time password. All can be copied and pickled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class OtpError(Exception):
    """The base class of all that `OtpClient.send` and `OtpClient.verify` raise.

    Attributes:
        reference_id: the ReferenceId of the request, or None if it is not known.
        maybe_texted: after a `send`, whether the text may have gone out. False means certainly not.

    """

    reference_id: str | None = None
    maybe_texted: bool = True


class NotSent(OtpError):  # noqa: N818 - named after the event, as the others are
    """The request could not be made, so nothing was sent. For example, there was no connection."""

    maybe_texted = False


class UnexpectedAnswer(OtpError):  # noqa: N818 - as above
    """The answer is neither a success nor a problem of the service. The address may be wrong.

    Args:
        status: the HTTP status.
        excerpt: a part of the answer that is safe to show.

    Attributes:
        status: the HTTP status.

    """

    def __init__(self, status: int, excerpt: str = "") -> None:
        super().__init__(status, excerpt)
        self.status = status
        self._excerpt = excerpt

    def __str__(self) -> str:
        return (
            f"The answer with status {self.status} is not from the service. Is the address right? "
            f"{self._excerpt}"
        ).strip()


@dataclass(frozen=True, slots=True)
class FieldError:
    """A bad field: a JSON pointer into the request, such as `/CodeLength`, and its error."""

    pointer: str
    detail: str


class Problem(OtpError):  # noqa: N818 - "problem" is RFC 9457's word for it
    """An answer of the service that explains why it did not carry out the request.

    A problem whose code this version does not know is an instance of this class itself.

    Attributes:
        code: the kind of problem, which is also the name of its class.
        status: the HTTP status, or None if there was no answer.
        title: a summary, the same for every problem with this code.
        detail: an explanation for developers.
        retryable: whether repeating the same request can help. The client has done so until its
            deadline.
        retry_after: the seconds to wait before repeating it, or None if the service names none.
        request_id: finds the request in the function's log.
        reference_id: the ReferenceId of the request.
        errors: the bad fields, for InvalidRequest.

    """

    maybe_texted = False

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        title: str = "",
        retryable: bool = False,
        retry_after: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code or type(self).__name__
        self.status = status
        self.title = title
        self.detail = detail
        self.retryable = retryable
        self.retry_after = retry_after
        self.request_id = request_id
        self.errors: tuple[FieldError, ...] = ()

    def __str__(self) -> str:
        sentences = [f"{self.code}:", self.detail or self.title]
        sentences += [f"{error.pointer}: {error.detail}" for error in self.errors]
        if self.request_id:
            sentences.append(f"(request {self.request_id})")
        return " ".join(filter(None, sentences)).removesuffix(":")


# For the caller to fix.


class InvalidRequest(Problem):
    """The request does not follow the contract. `errors` names the bad fields."""


class UnsupportedMediaType(Problem):
    """The request is not JSON."""


class PayloadTooLarge(Problem):
    """The request is too large to be valid."""


class ReferenceIdReused(Problem):
    """The ReferenceId was already used for a different request."""


class AccessDenied(Problem):
    """The credentials do not allow this request, or the path does not exist."""


class NotFound(Problem):
    """The path does not exist."""


# For the service's operator to fix.


class Misconfigured(Problem):
    """The deployment is set up incorrectly."""


class InternalError(Problem):
    """The service failed with an unhandled exception."""


# Refused by the operator's rules.


class DestinationNotAllowed(Problem):
    """The deployment does not text this country or type of number, or no such number exists."""


class SendingPaused(Problem):
    """The operator has paused sending."""


class TooManyMessages(Problem):
    """A limit on texts is reached. `retry_after` may be hours.

    Attributes:
        limit: the configuration key of the limit, such as `destinationPer10Minutes`.

    """

    limit: str | None = None


# Pinpoint's final answer about this number or text.


class OptedOut(Problem):
    """The recipient has opted out of texts."""


class PermanentFailure(Problem):
    """No text can ever reach this number."""


class DuplicateDestination(Problem):
    """Pinpoint reports the number as a duplicate of another one."""


class RejectedByPinpoint(Problem):
    """Pinpoint refuses the request."""


# Temporary.


class InProgress(Problem):
    """The same request is still running. Repeat it in a moment to learn its outcome."""

    maybe_texted = True


class Throttled(Problem):
    """There are too many requests or texts right now."""


class TemporaryFailure(Problem):
    """Pinpoint could not hand the text over this time."""


class Unavailable(Problem):
    """Pinpoint cannot be reached."""


class StoreUnavailable(Problem):
    """The service cannot record the request."""


# The outcome is unknown.


class OutcomeUnknown(Problem):
    """The request may have been carried out or not. It is never repeated."""

    maybe_texted = True


class NoAnswer(OutcomeUnknown):
    """There was no answer: to a `send`, until the deadline; to a `verify`, at all.

    The contract does not have this code, because it describes answers. Repeat a `send` with the
    same ReferenceId to learn its outcome.
    """


_CLASSES: Mapping[str, type[Problem]] = {
    **{problem.__name__: problem for problem in Problem.__subclasses__()},
}


def from_document(document: object, retry_after: int | None = None) -> Problem | None:
    """Read a problem document. Returns None if the document is not a problem.

    Args:
        document: the decoded answer.
        retry_after: the seconds of the header `Retry-After`, or None.

    """
    of = _Members(document if isinstance(document, dict) else {})
    code, retryable = of.text("code"), of.members.get("retryable")
    if not code or not isinstance(retryable, bool):
        return None
    problem = _CLASSES.get(code, Problem)(
        of.text("detail") or "",
        code=code,
        status=of.number("status"),
        title=of.text("title") or "",
        retryable=retryable,
        retry_after=retry_after if retry_after is not None else of.number("retryAfter"),
        request_id=of.text("requestId"),
    )
    if isinstance(problem, TooManyMessages):
        problem.limit = of.text("limit")
    errors = of.members.get("errors")
    problem.errors = tuple(
        FieldError(pointer, detail)
        for error in (errors if isinstance(errors, list) else ())
        if isinstance(error, dict)
        and isinstance(pointer := error.get("pointer"), str)
        and isinstance(detail := error.get("detail"), str)
    )
    return problem


class _Members:
    """Reads members of a document. A member of the wrong type is None."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members

    def text(self, name: str) -> str | None:
        value = self.members.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        value = self.members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None
