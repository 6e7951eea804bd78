"""Valid requests, and an application to send them to."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

DESTINATION = "+12065550100"
ORIGINATION = "+12065550142"

#: A valid request with the required fields only, and one to verify it.
_OF_BOTH = {"DestinationIdentity": DESTINATION, "ReferenceId": "reference-1"}
_SENDER = {"BrandName": "ExampleCorp", "Channel": "SMS", "OriginationIdentity": ORIGINATION}
FIELDS: dict[str, Any] = _OF_BOTH | _SENDER
VERIFY_FIELDS: dict[str, Any] = _OF_BOTH | {"Otp": "123456"}


def pinpoint_client(endpoint_url: str | None = None, region: str = "us-east-1") -> Any:
    """Create a client without retries, which would hide a lost answer."""
    config = Config(retries={"total_max_attempts": 1})
    return _session().client("pinpoint", region, endpoint_url=endpoint_url, config=config)


@cache
def _session() -> boto3.session.Session:
    # Shared, because each new session reads the service's model again.
    return boto3.session.Session("testing", "testing")


@dataclass
class Application:
    """A Pinpoint application and its client."""

    client: Any
    id: str = ""

    def __post_init__(self) -> None:
        """Create the application, unless an ID was given."""
        if not self.id:
            created = self.client.create_app(CreateApplicationRequest={"Name": "test"})
            self.id = created["ApplicationResponse"]["Id"]

    def send(self, **fields: Any) -> Any:
        """Send with the required fields and `fields`; returns the MessageResponse."""
        return self.client.send_otp_message(
            ApplicationId=self.id, SendOTPMessageRequestParameters=FIELDS | fields
        )["MessageResponse"]

    def verify(self, otp: str, **fields: Any) -> Any:
        """Verify with the required fields and `fields`; returns whether the code was valid."""
        parameters = VERIFY_FIELDS | {"Otp": otp} | fields
        return self.client.verify_otp_message(
            ApplicationId=self.id, VerifyOTPMessageRequestParameters=parameters
        )["VerificationResponse"]["Valid"]

    def call(self, operation: str, body: bytes) -> None:
        """Call with a body that botocore would not build."""

        def replace(params: dict[str, Any], **_: Any) -> None:
            params["body"] = body

        self.client.meta.events.register(f"before-call.pinpoint.{operation}OTPMessage", replace)
        if operation == "Send":
            self.send()
        else:
            self.verify("123456")
