"""Every way to fail, one class each: status, code, whether repeating can help.

This is the only place that maps a failure to what the caller sees.
"""

from .problem import Problem

# Refused before anything is looked up; the ReferenceId stays free.


class InvalidRequest(Problem):
    """The request is not what the contract asks for."""

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


# What the record of the ReferenceId says.


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
    """What was asked for may have been done or not; nobody can know."""

    code = "OutcomeUnknown"
    status = 504
    title = "Nobody can know what became of the request"
    keeps_reference_id = True
    maybe_texted = True
    # It has a metric and an alarm of its own: an outage of Pinpoint's must not make a good release
    # go back.
    ours = False


class OutcomeStillUnknown(OutcomeUnknown):
    """The same ReferenceId again, after an OutcomeUnknown."""

    status = 409


class StoreUnavailable(Problem):
    """The ReferenceId cannot be recorded, or the message counted, so nothing is sent."""

    code = "StoreUnavailable"
    status = 503
    title = "The service cannot record the request"
    retry_after = 5


# What the operator allows. Not texted, and the ReferenceId is free:


class DestinationNotAllowed(Problem):
    """The number's country or type is not one that this deployment texts."""

    code = "DestinationNotAllowed"
    status = 403
    title = "This deployment does not send messages to this destination"


class SendingPaused(Problem):
    """The operator has paused sending, altogether or to this country."""

    code = "SendingPaused"
    status = 503
    title = "Sending is paused"
    # As long as it may take until a switch is heeded by all.
    retry_after = 60
    # It is the operator's own decision.
    ours = False


class PauseUnknown(SendingPaused):
    """It was never found out whether sending is paused, and so it is."""

    # Nobody has decided this: a release that cannot read the switch must go back.
    ours = True


class TooManyMessages(Problem):
    """A limit is reached.

    Args:
        detail: as for every problem.
        limit: the configuration key of the limit, such as `blockPerHour`.
        retry_after: seconds until this limit lets the same request through, if no other message
            comes before it.

    """

    code = "TooManyMessages"
    status = 429
    title = "A limit on messages is reached"
    retry_after = 60  # of the class: it can be repeated; of every one: when

    def __init__(self, detail: str, *, limit: str, retry_after: int) -> None:
        super().__init__(detail)
        self.limit = limit
        self.retry_after = retry_after
        # A direct caller sees no header.
        self.extensions = {"limit": limit, "retryAfter": retry_after}


# What Pinpoint says. Not texted, and certain of it:


class Throttled(Problem):
    """Pinpoint takes no more messages right now."""

    code = "Throttled"
    status = 429
    title = "Too many messages are being sent"
    retry_after = 5


class AskedTooOften(Throttled):
    """A ReferenceId was used for different requests, and is answered once a minute only.

    It is of this service's own, and says nothing of the message: the record may hold one that was
    sent. It has the code of what API Gateway answers to too many requests, and is treated alike.

    Args:
        detail: as for every problem.
        retry_after: seconds until the next request with this ReferenceId is answered.

    """

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.extensions = {"retryAfter": retry_after}


class TemporaryFailure(Problem):
    """Pinpoint could not hand over the message this time."""

    code = "TemporaryFailure"
    status = 503
    title = "The message could not be sent for now"
    retry_after = 10
    # It is about one message: Pinpoint was asked, and answered. The carrier or the phone is the
    # reason, and nothing in the deployment would mend it.
    ours = False


class Unavailable(Problem):
    """Pinpoint cannot be reached; the request never got there."""

    code = "Unavailable"
    status = 503
    title = "The messaging service cannot be reached"
    retry_after = 5


class RejectedByPinpoint(Problem):
    """Pinpoint refuses the request as it is."""

    code = "RejectedByPinpoint"
    status = 422
    title = "Amazon Pinpoint refused the request"


class Misconfigured(Problem):
    """The deployment's own setup is wrong; the caller cannot mend it."""

    code = "Misconfigured"
    status = 500
    title = "The service is not set up correctly"


# Not texted, and final: recorded, and replayed like a success.


class OptedOut(Problem):
    """The recipient has opted out of messages."""

    code = "OptedOut"
    status = 422
    title = "The recipient has opted out"
    keeps_reference_id = True


class PermanentFailure(Problem):
    """The message can never reach this destination."""

    code = "PermanentFailure"
    status = 422
    title = "The message cannot be delivered"
    keeps_reference_id = True


class DuplicateDestination(Problem):
    """Pinpoint calls the destination a duplicate of another one."""

    code = "DuplicateDestination"
    status = 422
    title = "The destination is a duplicate"
    keeps_reference_id = True


class InternalError(Problem):
    """Something nobody foresaw."""

    code = "InternalError"
    status = 500
    title = "Something went wrong"
