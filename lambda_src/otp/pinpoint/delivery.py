"""Sends texts: SendOTPMessage. A text was sent, certainly not sent, or the outcome is unknown."""

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
    "The text may or may not have been sent, and this ReferenceId never sends it again. To send "
    "another one, use a new ReferenceId."
)


class Delivery(PinpointCalls):
    """Sends texts through one Pinpoint application."""

    not_done = "Nothing was sent"
    unknown = _UNKNOWN
    cannot = "send texts"

    def warm_up(self) -> None:
        """Do the one-time work of the first call, without making it."""
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
        """Send one text.

        Returns:
            The body of the 200: `{"MessageResponse": …}` as AWS returned it, as JSON. It is made
                here because nothing that can fail may come after the text has gone out.

        Raises:
            OutcomeUnknown: the text may have been sent.
            Problem: any other one means that it certainly was not.

        """

        def request() -> "tuple[MessageResultTypeDef, str]":
            answer = self._client.send_otp_message(
                ApplicationId=self._application_id, SendOTPMessageRequestParameters=parameters
            )
            [result] = answer["MessageResponse"]["Result"].values()
            _ = result["DeliveryStatus"]  # KeyError here: the answer is unreadable
            return result, json.dumps({"MessageResponse": answer["MessageResponse"]})

        result, body = self._call(request)
        status = result["DeliveryStatus"]
        if status != "SUCCESSFUL":
            self._logger.warning(
                "Pinpoint's DeliveryStatus is not SUCCESSFUL",
                delivery_status=status,
                status_code=result.get("StatusCode"),
                status_message=result.get("StatusMessage"),
            )
            raise _not_successful(status, str(result.get("StatusMessage")))
        return body


def _not_successful(status: Any, message: str) -> Problem:  # noqa: ANN401 - AWS may add values
    """Return the problem for a DeliveryStatus other than SUCCESSFUL.

    Source: the DeliveryStatus values of MessageResult, Amazon Pinpoint API reference. TIMEOUT is in
    its prose only; a value that it does not list is treated like UNKNOWN_FAILURE. Users report
    opt-outs that come as a PERMANENT_FAILURE with such a message:
    https://github.com/department-of-veterans-affairs/notification-api/issues/1319
    """
    if status == "PERMANENT_FAILURE" and "opted out" in message.lower():
        status = "OPT_OUT"
    match status:
        case "OPT_OUT":
            return OptedOut("The recipient has opted out of texts. Nothing was sent.")
        case "PERMANENT_FAILURE":
            return PermanentFailure(
                "Amazon Pinpoint cannot deliver texts to this number. Nothing was sent."
            )
        case "DUPLICATE":
            return DuplicateDestination(
                "Amazon Pinpoint reports the number as a duplicate. Nothing was sent."
            )
        case "THROTTLED":
            return Throttled(
                "Amazon Pinpoint throttled the text. Nothing was sent; repeat the request."
            )
        case "TEMPORARY_FAILURE":
            return TemporaryFailure(
                "Amazon Pinpoint could not deliver the text. Nothing was sent; repeat the request."
            )
        case _:
            return OutcomeUnknown(_UNKNOWN)
