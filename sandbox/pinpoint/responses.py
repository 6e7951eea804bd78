"""The HTTP handlers of the two OTP operations."""

import json
import secrets
import string
import uuid
from typing import Any
from urllib.parse import unquote

from moto.core.common_types import TYPE_RESPONSE
from moto.pinpoint.responses import PinpointResponse

from .exceptions import BadRequestError, InternalServerError, NotFoundError
from .models import otp_state
from .otp_rules import parse_check, parse_message
from .reserved import Answer, Behaviour, behaviour_for
from .transport import drop_connection, wait_until_too_late

_MESSAGE_ID_ALPHABET = string.ascii_lowercase + string.digits
# As long as the example in AWS's documentation.
_MESSAGE_ID_LENGTH = 38


class OtpResponse(PinpointResponse):
    """Handles SendOTPMessage and VerifyOTPMessage; moto calls the operation's method."""

    # Otherwise moto parses the JSON body as a form, and "&Action=..." in a brand name selects the
    # operation. With this, it also leaves the decoding, and its errors, to this class.
    use_raw_body = True

    def send_otp_message(self) -> TYPE_RESPONSE:
        """POST /v1/apps/{application-id}/otp: MessageResponse, or an ``OtpError``."""
        parameters = self._parameters()
        # Recorded before any check: a test must also see invalid requests.
        otp_state(self.pinpoint_backend).record_request(parameters)
        application_id = self._application_id()
        message = parse_message(parameters)
        behaviour = behaviour_for(message.destination)
        if behaviour.texted:
            otp_state(self.pinpoint_backend).send(application_id, message)
        self._prepare_answer(behaviour.answer)
        return _json_answer(
            {
                "ApplicationId": application_id,
                "RequestId": str(uuid.uuid4()),
                "Result": {message.destination: _message_result(behaviour)},
            }
        )

    def verify_otp_message(self) -> TYPE_RESPONSE:
        """POST /v1/apps/{application-id}/verify-otp: VerificationResponse, or an ``OtpError``."""
        parameters = self._parameters()
        application_id = self._application_id()
        check = parse_check(parameters)
        valid = otp_state(self.pinpoint_backend).verify(application_id, check)
        return _json_answer({"Valid": valid})

    def _application_id(self) -> str:
        """Return the ID in the path; ``NotFoundError`` if this account and region lacks it."""
        application_id = unquote(self.path.split("/")[-2])
        if application_id not in self.pinpoint_backend.apps:
            message = "Resource not found"
            raise NotFoundError(message)
        return application_id

    def _parameters(self) -> dict[str, Any]:
        """Return the decoded body; ``BadRequestError`` unless it is a JSON object in UTF-8."""
        try:
            # Both UnicodeDecodeError and JSONDecodeError are ValueErrors.
            parameters = json.loads(self.raw_body.decode("utf-8"))
        except (ValueError, RecursionError):
            parameters = None
        if not isinstance(parameters, dict):
            message = "The request body must be a JSON object"
            raise BadRequestError(message)
        return parameters

    def _prepare_answer(self, answer: Answer) -> None:
        """Delay, fail or drop a reserved destination's answer; may raise, see ``transport``."""
        if answer is Answer.TOO_LATE:
            wait_until_too_late(self.normalized_request)
        elif answer is Answer.SERVER_ERROR:
            message = "Internal server error"
            raise InternalServerError(message)
        elif answer is Answer.CONNECTION_DROPPED:
            drop_connection(self.normalized_request)


def _message_result(behaviour: Behaviour) -> dict[str, Any]:
    """Return the MessageResult of one destination.

    A message that was not sent has no ``MessageId``: the model makes it optional, so clients must
    not rely on it.
    """
    result: dict[str, Any] = {
        "DeliveryStatus": behaviour.delivery_status,
        "StatusCode": behaviour.status_code,
        "StatusMessage": behaviour.status_message,
    }
    if behaviour.texted:
        message_id = "".join(
            secrets.choice(_MESSAGE_ID_ALPHABET) for _ in range(_MESSAGE_ID_LENGTH)
        )
        result["MessageId"] = message_id
        result["StatusMessage"] = f"MessageId: {message_id}"
    return result


def _json_answer(content: dict[str, Any]) -> TYPE_RESPONSE:
    """Return the answer 200 with a JSON body, in moto's form."""
    return 200, {"Content-Type": "application/json"}, json.dumps(content)
