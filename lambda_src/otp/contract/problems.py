"""Every way to fail, one class each: status, code, whether repeating can help.

This is the only place that maps a failure to what the caller sees.
"""

from .problem import Problem

# Refused before anything is looked up; the ReferenceId stays free.


class InvalidRequest(Problem):
    """The request breaks the contract."""

    code = "InvalidRequest"
    status = 400
    title = "The request is not valid"


class UnsupportedMediaType(Problem):
    """The Content-Type is not JSON."""

    code = "UnsupportedMediaType"
    status = 415
    title = "The request is not JSON"


class PayloadTooLarge(Problem):
    """The body is larger than any valid request could be."""

    code = "PayloadTooLarge"
    status = 413
    title = "The request is too large"


# From the record of the ReferenceId.


class ReferenceIdReused(Problem):
    """The ReferenceId belongs to a different request."""

    code = "ReferenceIdReused"
    status = 422
    title = "The ReferenceId was used for a different request"


class InProgress(Problem):
    """The same request is running right now."""

    code = "InProgress"
    status = 409
    title = "The same request is being processed"
    retry_after = 1


class OutcomeUnknown(Problem):
    """The request may have been carried out or not, and this cannot be found out."""

    code = "OutcomeUnknown"
    status = 504
    title = "The outcome of the request is unknown"
    keeps_reference_id = True
    maybe_texted = True
    # It has its own metric and alarm: an outage of Pinpoint must not roll back a good release.
    ours = False


class OutcomeStillUnknown(OutcomeUnknown):
    """The same ReferenceId again, after an OutcomeUnknown."""

    status = 409


class StoreUnavailable(Problem):
    """The ReferenceId could not be recorded, or the text not counted; nothing was sent."""

    code = "StoreUnavailable"
    status = 503
    title = "The service cannot record the request"
    retry_after = 5


# Refused by the operator's rules. Not texted, and the ReferenceId is free.


class DestinationNotAllowed(Problem):
    """The operator's rules do not allow texts to this number."""

    code = "DestinationNotAllowed"
    status = 403
    title = "This deployment does not send texts to this number"


class SendingPaused(Problem):
    """The operator has paused sending, to all countries or to this one."""

    code = "SendingPaused"
    status = 503
    title = "Sending is paused"
    # The time within which every function reads the switch again.
    retry_after = 60
    # The operator decided it.
    ours = False


class PauseUnknown(SendingPaused):
    """The switch was never read, so sending counts as paused."""

    # The operator did not decide this: a release that cannot read the switch must be rolled back.
    ours = True


class TooManyMessages(Problem):
    """A limit is reached.

    Args:
        detail: as for every problem.
        limit: the configuration key of the limit, such as `blockPerHour`.
        retry_after: seconds until this limit lets the same request through, if no other text comes
            before it.

    """

    code = "TooManyMessages"
    status = 429
    title = "A limit on texts is reached"
    retry_after = 60  # Marks the class retryable; instances set the wait.

    def __init__(self, detail: str, *, limit: str, retry_after: int) -> None:
        super().__init__(detail)
        self.limit = limit
        self.retry_after = retry_after
        # A direct caller gets no Retry-After header.
        self.extensions = {"limit": limit, "retryAfter": retry_after}


# From Pinpoint. Certainly not texted.


class Throttled(Problem):
    """Pinpoint accepts no more requests for now."""

    code = "Throttled"
    status = 429
    title = "Too many requests"
    retry_after = 5


class AskedTooOften(Throttled):
    """Different requests used this ReferenceId too often: it is answered once a minute.

    The limit is this service's own, and says nothing about the text: the record may hold one that
    was sent. Callers treat it like API Gateway's throttling, so it has the same code.

    Args:
        detail: as for every problem.
        retry_after: seconds until the next request with this ReferenceId is answered.

    """

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.extensions = {"retryAfter": retry_after}


class TemporaryFailure(Problem):
    """Pinpoint could not deliver the text this time."""

    code = "TemporaryFailure"
    status = 503
    title = "The text could not be sent this time"
    retry_after = 10
    # It concerns one text: Pinpoint answered, and the carrier or the phone is the reason. No change
    # of the deployment would help.
    ours = False


class Unavailable(Problem):
    """Pinpoint cannot be reached; the request never got there."""

    code = "Unavailable"
    status = 503
    title = "The messaging service cannot be reached"
    retry_after = 5


class RejectedByPinpoint(Problem):
    """Pinpoint refused the request as invalid."""

    code = "RejectedByPinpoint"
    status = 422
    title = "Amazon Pinpoint refused the request"


class Misconfigured(Problem):
    """The deployment is set up wrongly; only the operator can fix it."""

    code = "Misconfigured"
    status = 500
    title = "The service is not set up correctly"


# Not texted, and final: recorded, and replayed like a success.


class OptedOut(Problem):
    """The recipient has opted out of texts."""

    code = "OptedOut"
    status = 422
    title = "The recipient has opted out"
    keeps_reference_id = True


class PermanentFailure(Problem):
    """Texts can never reach this number."""

    code = "PermanentFailure"
    status = 422
    title = "The text cannot be delivered"
    keeps_reference_id = True


class DuplicateDestination(Problem):
    """Pinpoint reports the number as a duplicate of another one."""

    code = "DuplicateDestination"
    status = 422
    title = "The destination is a duplicate"
    keeps_reference_id = True


class InternalError(Problem):
    """An unexpected exception."""

    code = "InternalError"
    status = 500
    title = "Something went wrong"
