"""A client of Serverless OTP: sends one-time passwords and verifies them.

`OtpClient` calls a deployment, over signed HTTP or by `lambda:Invoke`. What goes wrong is an
`OtpError`; what the service answers is a `Problem`, with a class of its own for every code.
"""

from .client import OtpClient
from .problems import (
    AccessDenied,
    DestinationNotAllowed,
    DuplicateDestination,
    FieldError,
    InProgress,
    InternalError,
    InvalidRequest,
    Misconfigured,
    NoAnswer,
    NotFound,
    NotSent,
    OptedOut,
    OtpError,
    OutcomeUnknown,
    PayloadTooLarge,
    PermanentFailure,
    Problem,
    ReferenceIdReused,
    RejectedByPinpoint,
    SendingPaused,
    StoreUnavailable,
    TemporaryFailure,
    Throttled,
    TooManyMessages,
    Unavailable,
    UnexpectedAnswer,
    UnsupportedMediaType,
)
from .results import Sent, Verification

__version__ = "1.0.0"

__all__ = [
    "AccessDenied",
    "DestinationNotAllowed",
    "DuplicateDestination",
    "FieldError",
    "InProgress",
    "InternalError",
    "InvalidRequest",
    "Misconfigured",
    "NoAnswer",
    "NotFound",
    "NotSent",
    "OptedOut",
    "OtpClient",
    "OtpError",
    "OutcomeUnknown",
    "PayloadTooLarge",
    "PermanentFailure",
    "Problem",
    "ReferenceIdReused",
    "RejectedByPinpoint",
    "SendingPaused",
    "Sent",
    "StoreUnavailable",
    "TemporaryFailure",
    "Throttled",
    "TooManyMessages",
    "Unavailable",
    "UnexpectedAnswer",
    "UnsupportedMediaType",
    "Verification",
    "__version__",
]
