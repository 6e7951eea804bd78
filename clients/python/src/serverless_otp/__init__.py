"""A client of Serverless OTP: sends one-time passwords and verifies them.

`OtpClient` calls a deployment, over signed HTTP or by `lambda:Invoke`. Every failure is an
`OtpError`. A failure that the service reports is a `Problem`, with a class for each `code`.
`read_phone_number` and `read_code` read what people type. `say_of_send` and `say_of_verify` choose
a sentence for the person.
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
from .typed import read_code, read_phone_number
from .words import Say, say_of_send, say_of_verify

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
    "Say",
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
    "read_code",
    "read_phone_number",
    "say_of_send",
    "say_of_verify",
]
