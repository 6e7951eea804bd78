"""The errors of the OTP operations, as Amazon Pinpoint sends them."""

import json
import uuid

from moto.pinpoint.exceptions import PinpointExceptions


class OtpError(PinpointExceptions):
    """An error answer: ``X-Amzn-ErrorType`` header, body ``{"Message": ..., "RequestID": ...}``.

    moto's own Pinpoint errors have ``{"__type": ..., "message": ...}`` instead. Botocore's model
    has the two members above, so only this shape fills the fields of the exception that boto3
    raises.
    """

    error_name: str

    def __init__(self, message: str) -> None:
        """``message`` goes to the caller; it must never contain a code."""
        super().__init__(self.error_name, message)
        self.description = json.dumps({"Message": message, "RequestID": str(uuid.uuid4())})


class BadRequestError(OtpError):
    """400: the body is not a JSON object, or a field breaks a rule."""

    code = 400
    error_name = "BadRequestException"


class ForbiddenError(OtpError):
    """403: IAM refused the request; the name is IAM's, such as AccessDeniedException."""

    code = 403

    def __init__(self, error_name: str, message: str) -> None:
        """``error_name`` and ``message`` go to the caller."""
        self.error_name = error_name
        super().__init__(message)


class NotFoundError(OtpError):
    """404: no such application in this account and region."""

    code = 404
    error_name = "NotFoundException"


class InternalServerError(OtpError):
    """500: only ever the behaviour of a reserved destination."""

    code = 500
    error_name = "InternalServerErrorException"
