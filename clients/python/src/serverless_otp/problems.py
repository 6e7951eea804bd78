"""What can go wrong, as exceptions: a class for every `code` of the service's contract.

None of them holds a phone number or a one-time password. They can be copied and pickled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class OtpError(Exception):
    """Whatever `OtpClient.send` and `OtpClient.verify` raise.

    Attributes:
        reference_id: of the request, or None where it is not known.
        maybe_texted: of a `send`, whether the text may have gone out; if not, it certainly did not.

    """

    reference_id: str | None = None
    maybe_texted: bool = True


class NotSent(OtpError):  # noqa: N818 - named for what it says, as the others
    """The request could not be made, so certainly nothing was sent: no connection, for one."""

    maybe_texted = False


class UnexpectedAnswer(OtpError):  # noqa: N818 - as above
    """An answer that is neither a success nor a problem of the service: the address may be wrong.

    Args:
        status: the HTTP status.
        excerpt: something of the answer that is safe to show.

    Attributes:
        status: the HTTP status.

    """

    def __init__(self, status: int, excerpt: str = "") -> None:
        super().__init__(status, excerpt)
        self.status = status
        self._excerpt = excerpt

    def __str__(self) -> str:
        return (
            f"The answer with status {self.status} is not the service's; is the address right? "
            f"{self._excerpt}"
        ).strip()


@dataclass(frozen=True, slots=True)
class FieldError:
    """A bad field: a JSON pointer into the request, such as `/CodeLength`, and what is wrong."""

    pointer: str
    detail: str


class Problem(OtpError):  # noqa: N818 - "problem" is RFC 9457's word for it
    """An answer of the service that says why it did not do what it was asked.

    A problem of a code that this version does not know is of this class itself.

    Attributes:
        code: what happened; the name of the class, where there is one.
        status: the HTTP status, or None where there was no answer.
        title: the same for every problem of this code.
        detail: a sentence for a developer.
        retryable: whether repeating the same request can help. The client did so, until its
            deadline.
        retry_after: seconds after which to repeat it, or None where the service said nothing.
        request_id: leads to the function's log.
        reference_id: the request's.
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


# The caller has to change something.


class InvalidRequest(Problem):
    """The request is not what the contract asks for; `errors` names the fields."""


class UnsupportedMediaType(Problem):
    """The request is not JSON."""


class PayloadTooLarge(Problem):
    """The request is larger than any valid one could be."""


class ReferenceIdReused(Problem):
    """The ReferenceId was used for a different request."""


class AccessDenied(Problem):
    """The credentials may not make this request, or there is no such path."""


class NotFound(Problem):
    """There is no such path."""


# The operator of the service has to.


class Misconfigured(Problem):
    """The deployment's own setup is wrong."""


class InternalError(Problem):
    """Something that nobody foresaw."""


# What the operator allows.


class DestinationNotAllowed(Problem):
    """The number's country or type is not one that this deployment texts, or there is none such."""


class SendingPaused(Problem):
    """The operator has paused sending."""


class TooManyMessages(Problem):
    """A limit on messages is reached; `retry_after` may be hours.

    Attributes:
        limit: the configuration key of the limit, such as `destinationPer10Minutes`.

    """

    limit: str | None = None


# What Pinpoint says of this number or message: final.


class OptedOut(Problem):
    """The recipient has opted out of messages."""


class PermanentFailure(Problem):
    """The message can never reach this number."""


class DuplicateDestination(Problem):
    """Pinpoint calls the number a duplicate of another one."""


class RejectedByPinpoint(Problem):
    """Pinpoint refuses the request as it is."""


# Not for now.


class InProgress(Problem):
    """The same request is running; the same ReferenceId tells its outcome in a moment."""

    maybe_texted = True


class Throttled(Problem):
    """Too many requests or messages are being made."""


class TemporaryFailure(Problem):
    """The message could not be handed over this time."""


class Unavailable(Problem):
    """Pinpoint cannot be reached."""


class StoreUnavailable(Problem):
    """The service cannot record the request."""


# Nobody can know.


class OutcomeUnknown(Problem):
    """The request may have been carried out or not, and nobody can know. It is never repeated."""

    maybe_texted = True


class NoAnswer(OutcomeUnknown):
    """There was no answer: to a `send` until the deadline, to a `verify` at all.

    Not of the contract, which says what is answered. The same ReferenceId again tells what became
    of a `send`.
    """


_CLASSES: Mapping[str, type[Problem]] = {
    **{problem.__name__: problem for problem in Problem.__subclasses__()},
}


def from_document(document: object, retry_after: int | None = None) -> Problem | None:
    """Read a problem document; returns None where it is none.

    Args:
        document: the decoded answer.
        retry_after: seconds, where a header says so.

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
    """The members of a document, each of the type that it should have or None."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.members = members

    def text(self, name: str) -> str | None:
        value = self.members.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int | None:
        value = self.members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None
