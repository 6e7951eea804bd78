"""Verifies codes: VerifyOTPMessage, which counts every attempt."""

import json
from typing import TYPE_CHECKING

from ..runtime.clients import rehearse
from .calls import PinpointCalls

if TYPE_CHECKING:
    from mypy_boto3_pinpoint.type_defs import VerifyOTPMessageRequestParametersTypeDef


class Verification(PinpointCalls):
    """Verifies codes with one Pinpoint application."""

    not_done = "No attempt was used"
    unknown = (
        "The code may or may not have been checked, and an attempt may have been used. Repeating "
        "the request may use another one."
    )
    cannot = "verify codes"

    def warm_up(self) -> None:
        """Do the one-time work of the first call, without making it."""
        rehearse(
            self._client,
            "verify_otp_message",
            ApplicationId=self._application_id,
            VerifyOTPMessageRequestParameters={
                "DestinationIdentity": "none",
                "Otp": "none",
                "ReferenceId": "none",
            },
        )

    def verify(self, request: "VerifyOTPMessageRequestParametersTypeDef") -> tuple[bool, str]:
        """Verify a code, once: a second call would use another attempt.

        Returns:
            Whether it is right, and the body of the 200: `{"VerificationResponse": {"Valid": …}}`
            as AWS returned it, JSON.

        Raises:
            OutcomeUnknown: an attempt may have been used.
            Problem: any other one means that certainly none was.

        """

        def call() -> tuple[bool, str]:
            answer = self._client.verify_otp_message(
                ApplicationId=self._application_id, VerifyOTPMessageRequestParameters=request
            )["VerificationResponse"]
            # KeyError here: the answer is unreadable.
            return answer["Valid"], json.dumps({"VerificationResponse": answer})

        return self._call(call)
