"""The code that a person typed in: VerifyOTPMessage, which counts every attempt."""

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
        "The code may have been checked or not, and an attempt may have been used. Repeating the "
        "request may use another one."
    )
    cannot = "verify codes"

    def warm_up(self) -> None:
        """Do all that the first call does once, without making one."""
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
        """Verify a code, once: asking again would use another of the allowed attempts.

        Returns:
            Whether it is right, and the body of the 200: `{"VerificationResponse": {"Valid": …}}`
            as AWS returned it, JSON.

        Raises:
            OutcomeUnknown: an attempt may have been used.
            Problem: any other one says for certain that none was.

        """

        def call() -> tuple[bool, str]:
            answer = self._client.verify_otp_message(
                ApplicationId=self._application_id, VerifyOTPMessageRequestParameters=request
            )["VerificationResponse"]
            # Without Valid, the answer is none.
            return answer["Valid"], json.dumps({"VerificationResponse": answer})

        return self._call(call)
