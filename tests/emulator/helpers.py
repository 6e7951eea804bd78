"""What the emulator's tests share."""

import re
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
    """Return a client that tries once, so that no lost answer is asked for again unseen."""
    config = Config(retries={"total_max_attempts": 1})
    return _session().client(
        "pinpoint", endpoint_url=endpoint_url, region_name=region, config=config
    )


@cache
def _session() -> boto3.session.Session:
    """Return one session for all tests: reading the service's model anew would cost each most."""
    return boto3.session.Session("testing", "testing")


def code_in(text: Any) -> str:
    """Return the code in an inbox entry's body."""
    [code] = re.findall(r"\b[0-9]{5,8}\b", text["body"])
    return str(code)


def wrong_code(code: str) -> str:
    """Return a code of the same length that differs in its last digit."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


@dataclass
class Application:
    """One Pinpoint application and a client to use it with."""

    client: Any
    id: str = ""

    def __post_init__(self) -> None:
        """Create the application, unless an ID was given."""
        if not self.id:
            created = self.client.create_app(CreateApplicationRequest={"Name": "test"})
            self.id = created["ApplicationResponse"]["Id"]

    def send(self, **fields: Any) -> Any:
        """Send with the required fields and these; return the MessageResponse."""
        return self.client.send_otp_message(
            ApplicationId=self.id, SendOTPMessageRequestParameters=FIELDS | fields
        )["MessageResponse"]

    def verify(self, otp: str, **fields: Any) -> Any:
        """Verify for the required fields and these; return whether the code was valid."""
        parameters = VERIFY_FIELDS | {"Otp": otp} | fields
        return self.client.verify_otp_message(
            ApplicationId=self.id, VerifyOTPMessageRequestParameters=parameters
        )["VerificationResponse"]["Valid"]

    def call(self, operation: str, body: bytes) -> None:
        """Make a call whose body is replaced after botocore has checked and built its own."""

        def replace(params: dict[str, Any], **_: Any) -> None:
            params["body"] = body

        self.client.meta.events.register(f"before-call.pinpoint.{operation}OTPMessage", replace)
        if operation == "Send":
            self.send()
        else:
            self.verify("123456")
