"""The field rules of both operations, and the body of the text.

The limits come from the AWS developer guide, "Generate one-time passwords (OTPs) in Amazon
Pinpoint". "Undocumented" marks a choice of this emulator where AWS documents nothing.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from .exceptions import BadRequestError

# Defaults of the optional numbers. Only the code length's is documented.
DEFAULT_CODE_LENGTH = 6
DEFAULT_VALIDITY_MINUTES = 15
DEFAULT_ALLOWED_ATTEMPTS = 3

LANGUAGES = (
    "de-DE", "en-GB", "en-US", "es-419", "es-ES", "fr-CA", "fr-FR",
    "it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN", "zh-TW",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OtpMessage:
    """The fields of a valid SendOTPMessage request that affect the emulator."""

    reference_id: str
    destination: str
    origination: str
    brand_name: str
    code_length: int
    validity: timedelta
    allowed_attempts: int

    def text(self, code: str) -> str:
        """Return the body of the text.

        AWS documents only this English template, so every ``Language`` gets it.
        """
        return f"This is your One Time Password: {code} from {self.brand_name}"


@dataclass(frozen=True, slots=True)
class OtpCheck:
    """A valid VerifyOTPMessage request."""

    reference_id: str
    destination: str
    otp: str


class _Rule(NamedTuple):
    """A rule for one field; ``expectation`` completes the sentence "<field> must be ..."."""

    accepts: Callable[[Any], bool]
    expectation: str
    required: bool = False


def _string(pattern: str, expectation: str, *, required: bool = False) -> _Rule:
    """Make the rule for a string that ``pattern`` matches as a whole, line breaks included."""
    compiled = re.compile(pattern, re.DOTALL)

    def accepts(value: object) -> bool:
        return isinstance(value, str) and compiled.fullmatch(value) is not None

    return _Rule(accepts, expectation, required)


def _integer(low: int, high: int) -> _Rule:
    """Make the rule for an optional whole number, both bounds included."""

    # The exact type: in Python, unlike JSON, True is the integer 1.
    def accepts(value: object) -> bool:
        return type(value) is int and low <= value <= high

    return _Rule(accepts, f"an integer from {low} to {high}")


_REFERENCE_ID = _string(
    r"[!-~]{1,48}", "a string of 1 to 48 printable ASCII characters, no space", required=True
)
_DESTINATION = _string(r"\+[1-9][0-9]{1,14}", "a phone number in E.164 format", required=True)

_SEND_RULES: Mapping[str, _Rule] = {
    "AllowedAttempts": _integer(1, 5),
    "BrandName": _string(r".{1,20}", "a string of 1 to 20 characters", required=True),
    "Channel": _string(r"SMS", "SMS", required=True),
    "CodeLength": _integer(5, 8),
    "DestinationIdentity": _DESTINATION,
    "EntityId": _string(r".{1,50}", "a string of 1 to 50 characters"),
    "Language": _string("|".join(LANGUAGES), f"one of {', '.join(LANGUAGES)}"),
    # A number, a short code or a sender ID; AWS documents no format.
    "OriginationIdentity": _string(r".+", "a string that is not empty", required=True),
    "ReferenceId": _REFERENCE_ID,
    "TemplateId": _string(r".{1,50}", "a string of 1 to 50 characters"),
    "ValidityPeriod": _integer(5, 60),
}

_VERIFY_RULES: Mapping[str, _Rule] = {
    "DestinationIdentity": _DESTINATION,
    "Otp": _string(r"[0-9]{5,8}", "a string of 5 to 8 digits", required=True),
    "ReferenceId": _REFERENCE_ID,
}


def parse_message(parameters: Mapping[str, Any]) -> OtpMessage:
    """Check SendOTPMessageRequestParameters; ``BadRequestError`` for the first invalid field."""
    _check(parameters, _SEND_RULES)
    return OtpMessage(
        reference_id=parameters["ReferenceId"],
        destination=parameters["DestinationIdentity"],
        origination=parameters["OriginationIdentity"],
        brand_name=parameters["BrandName"],
        code_length=parameters.get("CodeLength", DEFAULT_CODE_LENGTH),
        validity=timedelta(minutes=parameters.get("ValidityPeriod", DEFAULT_VALIDITY_MINUTES)),
        allowed_attempts=parameters.get("AllowedAttempts", DEFAULT_ALLOWED_ATTEMPTS),
    )


def parse_check(parameters: Mapping[str, Any]) -> OtpCheck:
    """Check VerifyOTPMessageRequestParameters; ``BadRequestError`` for the first invalid field."""
    _check(parameters, _VERIFY_RULES)
    return OtpCheck(
        reference_id=parameters["ReferenceId"],
        destination=parameters["DestinationIdentity"],
        otp=parameters["Otp"],
    )


def _check(parameters: Mapping[str, Any], rules: Mapping[str, _Rule]) -> None:
    """Check every field. The messages name fields, never values: a value may be a code."""
    for name in parameters:
        if name not in rules:
            message = f"{name} is not a field of this operation"
            raise BadRequestError(message)
    for name, rule in rules.items():
        if name not in parameters:
            if rule.required:
                message = f"{name} is required"
                raise BadRequestError(message)
        elif not rule.accepts(parameters[name]):
            message = f"{name} must be {rule.expectation}"
            raise BadRequestError(message)
