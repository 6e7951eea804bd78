"""The message itself: SendOTPMessage. It was sent, certainly not sent, or nobody knows."""

import json
from typing import TYPE_CHECKING, Any

from ..contract.problem import Problem
from ..contract.problems import (
    DuplicateDestination,
    OptedOut,
    OutcomeUnknown,
    PermanentFailure,
    TemporaryFailure,
    Throttled,
)
from ..runtime.clients import rehearse
from .calls import PinpointCalls

if TYPE_CHECKING:
    from mypy_boto3_pinpoint.type_defs import (
        MessageResultTypeDef,
        SendOTPMessageRequestParametersTypeDef,
    )

_UNKNOWN = (
    "The message may have been sent or not. Do not assume either: the same ReferenceId never "
    "sends it again. To send another one, use a new ReferenceId."
)


class Delivery(PinpointCalls):
    """Sends messages through one Pinpoint application."""

    not_done = "Nothing was sent"
    unknown = _UNKNOWN
    cannot = "send messages"

    def warm_up(self) -> None:
        """Do all that the first call does once, without making one."""
        rehearse(
            self._client,
            "send_otp_message",
            ApplicationId=self._application_id,
            SendOTPMessageRequestParameters={
                "Channel": "SMS",
                "BrandName": "none",
                "DestinationIdentity": "none",
                "OriginationIdentity": "none",
                "ReferenceId": "none",
            },
        )

    def send(self, parameters: "SendOTPMessageRequestParametersTypeDef") -> str:
        """Send one message.

        Returns:
            The body of the 200: `{"MessageResponse": …}` as AWS returned it, as JSON. It is made
            here because nothing that can fail may come after the message has gone out.

        Raises:
            OutcomeUnknown: the message may have been sent.
            Problem: any other one says for certain that it was not.

        """

        def request() -> "tuple[MessageResultTypeDef, str]":
            answer = self._client.send_otp_message(
                ApplicationId=self._application_id, SendOTPMessageRequestParameters=parameters
            )
            [result] = answer["MessageResponse"]["Result"].values()
            _ = result["DeliveryStatus"]  # without which the answer is none
            return result, json.dumps({"MessageResponse": answer["MessageResponse"]})

        result, body = self._call(request)
        status = result["DeliveryStatus"]
        if status != "SUCCESSFUL":
            self._logger.warning(
                "Pinpoint did not send",
                delivery_status=status,
                status_code=result.get("StatusCode"),
                status_message=result.get("StatusMessage"),
            )
            raise _not_successful(status, str(result.get("StatusMessage")))
        return body


def _not_successful(status: Any, message: str) -> Problem:  # noqa: ANN401 - AWS may add values
    """Say what a DeliveryStatus other than SUCCESSFUL means.

    Source: the DeliveryStatus values of MessageResult, Amazon Pinpoint API reference. TIMEOUT is
    in its prose only, and anything it does not list is as unknown as UNKNOWN_FAILURE. That an
    opt-out can also come as a PERMANENT_FAILURE whose message says so, its users report:
    https://github.com/department-of-veterans-affairs/notification-api/issues/1319
    """
    if status == "PERMANENT_FAILURE" and "opted out" in message.lower():
        status = "OPT_OUT"
    match status:
        case "OPT_OUT":
            return OptedOut("The recipient has opted out of messages. Nothing was sent.")
        case "PERMANENT_FAILURE":
            return PermanentFailure(
                "The message cannot be delivered to this destination. Nothing was sent."
            )
        case "DUPLICATE":
            return DuplicateDestination(
                "Amazon Pinpoint calls the destination a duplicate. Nothing was sent."
            )
        case "THROTTLED":
            return Throttled(
                "Amazon Pinpoint throttled the message. Nothing was sent; repeat the request."
            )
        case "TEMPORARY_FAILURE":
            return TemporaryFailure(
                "The message could not be sent this time. Nothing was sent; repeat the request."
            )
        case _:
            return OutcomeUnknown(_UNKNOWN)
