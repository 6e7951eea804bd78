"""What the emulator's tests share."""

# boto3's clients and decoded JSON have no narrower type than Any.

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import boto3
from botocore.config import Config

_T = TypeVar("_T")

DESTINATION = "+12065550100"
ORIGINATION = "+12065550142"

#: A valid request with the required fields only.
FIELDS: dict[str, Any] = {
    "BrandName": "ExampleCorp",
    "Channel": "SMS",
    "DestinationIdentity": DESTINATION,
    "OriginationIdentity": ORIGINATION,
    "ReferenceId": "reference-1",
}


def pinpoint_client(
    *,
    endpoint_url: str | None = None,
    region: str = "us-east-1",
    attempts: int = 1,
    read_timeout: float = 60,
) -> Any:
    """Return a client that tries once, so that no lost answer is asked for again unseen."""
    return _session().client(
        "pinpoint",
        endpoint_url=endpoint_url,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - accepted by anything, valid nowhere
        config=Config(retries={"total_max_attempts": attempts}, read_timeout=read_timeout),
    )


@cache
def _session() -> boto3.session.Session:
    """Return one session for all tests: reading the service's model anew would cost each most."""
    return boto3.session.Session()


def code_in(text: Mapping[str, Any]) -> str:
    """Return the code in an inbox entry's body."""
    match = re.search(r"\b[0-9]{5,8}\b", text["body"])
    assert match is not None
    return match[0]


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
        self.id = (
            self.id
            or self.client.create_app(CreateApplicationRequest={"Name": f"test-{uuid.uuid4()}"})[
                "ApplicationResponse"
            ]["Id"]
        )

    def send(self, **fields: Any) -> dict[str, Any]:
        """Send with the required fields and these; return the MessageResponse."""
        answer = self.client.send_otp_message(
            ApplicationId=self.id, SendOTPMessageRequestParameters=FIELDS | fields
        )
        message_response: dict[str, Any] = answer["MessageResponse"]
        return message_response

    def verify(self, otp: str, **fields: Any) -> bool:
        """Verify for the required fields and these; return whether the code was valid."""
        known = {name: FIELDS[name] for name in ("ReferenceId", "DestinationIdentity")}
        answer = self.client.verify_otp_message(
            ApplicationId=self.id,
            VerifyOTPMessageRequestParameters={**known, "Otp": otp, **fields},
        )
        valid: bool = answer["VerificationResponse"]["Valid"]
        return valid

    def send_raw(self, body: bytes) -> dict[str, Any]:
        """Send any body, past botocore's own validation."""
        return self._with_body("SendOTPMessage", body, self.send)

    def send_fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Send exactly these fields, past botocore's own validation."""
        return self.send_raw(json.dumps(fields).encode())

    def verify_fields(self, fields: dict[str, Any]) -> bool:
        """Verify exactly these fields, past botocore's own validation."""
        body = json.dumps(fields).encode()
        return self._with_body("VerifyOTPMessage", body, lambda: self.verify("123456"))

    def _with_body(self, operation: str, body: bytes, call: Callable[[], _T]) -> _T:
        """Make a call whose body is replaced after botocore has checked and built its own."""
        event = f"before-call.pinpoint.{operation}"

        def replace(params: dict[str, Any], **_: Any) -> None:
            params["body"] = body

        self.client.meta.events.register(event, replace)
        try:
            return call()
        finally:
            self.client.meta.events.unregister(event, replace)
