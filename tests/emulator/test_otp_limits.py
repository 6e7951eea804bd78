"""The limits of every field of both operations, just inside and just outside."""

import json
from typing import Any

import pytest

from sandbox.pinpoint import inbox

from .helpers import DESTINATION, FIELDS, Application, code_in

# fmt: off
LANGUAGES = [
    "de-DE", "en-GB", "en-US", "es-419", "es-ES", "fr-CA", "fr-FR",
    "it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN", "zh-TW",
]
# fmt: on

ACCEPTED: list[tuple[str, Any]] = [
    ("AllowedAttempts", 1),
    ("AllowedAttempts", 5),
    ("BrandName", "B"),
    ("BrandName", "B" * 20),
    ("BrandName", "Ünïcode & Søn"),
    ("CodeLength", 5),
    ("CodeLength", 8),
    ("DestinationIdentity", "+12"),
    ("DestinationIdentity", "+123456789012345"),
    ("EntityId", "e"),
    ("EntityId", "e" * 50),
    *(("Language", language) for language in LANGUAGES),
    ("OriginationIdentity", "ExampleID"),
    ("ReferenceId", "!"),
    ("ReferenceId", "~" * 48),
    ("TemplateId", "t"),
    ("TemplateId", "t" * 50),
    ("ValidityPeriod", 5),
    ("ValidityPeriod", 60),
]

REFUSED: list[tuple[str, Any]] = [
    ("AllowedAttempts", 0),
    ("AllowedAttempts", 6),
    ("AllowedAttempts", "3"),
    ("AllowedAttempts", 3.0),
    ("AllowedAttempts", True),
    ("AllowedAttempts", None),
    ("BrandName", ""),
    ("BrandName", "B" * 21),
    ("BrandName", 7),
    ("Channel", "VOICE"),
    ("Channel", "sms"),
    ("CodeLength", 4),
    ("CodeLength", 9),
    ("CodeLength", "6"),
    ("DestinationIdentity", "+1"),
    ("DestinationIdentity", "+1234567890123456"),
    ("DestinationIdentity", "12065550100"),
    ("DestinationIdentity", "+02065550100"),
    ("DestinationIdentity", "+1206555010\N{ARABIC-INDIC DIGIT ZERO}"),
    ("DestinationIdentity", "+12065550100\n"),
    ("DestinationIdentity", 12065550100),
    ("EntityId", ""),
    ("EntityId", "e" * 51),
    ("Language", "en"),
    ("Language", "nl-NL"),
    ("OriginationIdentity", ""),
    ("OriginationIdentity", ["+12065550142"]),
    ("ReferenceId", ""),
    ("ReferenceId", "r" * 49),
    ("ReferenceId", "with space"),
    ("ReferenceId", "ünïcode"),
    ("ReferenceId", "reference-1\n"),
    ("TemplateId", ""),
    ("TemplateId", "t" * 51),
    ("Unknown", "field"),
    ("ValidityPeriod", 4),
    ("ValidityPeriod", 61),
]

VERIFY_FIELDS = {
    "DestinationIdentity": DESTINATION,
    "Otp": "123456",
    "ReferenceId": "reference-1",
}

VERIFY_REFUSED: list[tuple[str, Any]] = [
    ("DestinationIdentity", "12065550100"),
    ("Otp", "1234"),
    ("Otp", "123456789"),
    ("Otp", "12345a"),
    ("Otp", "12345\N{ARABIC-INDIC DIGIT SIX}"),
    ("Otp", 123456),
    ("ReferenceId", "with space"),
    ("ReferenceId", "r" * 49),
    ("Unknown", "field"),
]

NO_OBJECTS = [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000]


@pytest.mark.parametrize(("field", "value"), ACCEPTED)
def test_send_accepts_value_inside_the_limits(
    application: Application, field: str, value: object
) -> None:
    """A value at the edge of what AWS allows is texted."""
    application.send(**{field: value})
    assert len(inbox()) == 1


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_send_refuses_value_outside_the_limits(
    application: Application, field: str, value: object
) -> None:
    """A value just past the edge, or of a wrong type, is a BadRequestException."""
    with pytest.raises(application.client.exceptions.BadRequestException, match=field) as caught:
        application.send_fields(FIELDS | {field: value})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert inbox() == []


@pytest.mark.parametrize("body", NO_OBJECTS, ids=lambda body: repr(body[:8]))
def test_send_refuses_a_body_that_is_no_json_object(application: Application, body: bytes) -> None:
    """Whatever is not a JSON object is a BadRequestException."""
    with pytest.raises(application.client.exceptions.BadRequestException, match="JSON object"):
        application.send_raw(body)


@pytest.mark.parametrize("length", [5, 6, 7, 8])
def test_code_has_the_length_asked_for(application: Application, length: int) -> None:
    """The code has CodeLength digits, and can be verified."""
    application.send(CodeLength=length)
    code = code_in(inbox()[0])
    assert len(code) == length
    assert application.verify(code) is True


@pytest.mark.parametrize(("field", "value"), VERIFY_REFUSED)
def test_verify_refuses_value_outside_the_limits(
    application: Application, field: str, value: object
) -> None:
    """VerifyOTPMessage holds its fields to the same rules, and the code to 5 to 8 digits."""
    with pytest.raises(application.client.exceptions.BadRequestException, match=field):
        application.verify_fields(VERIFY_FIELDS | {field: value})


@pytest.mark.parametrize("operation", ["send", "verify"])
def test_every_required_field_is_missed(application: Application, operation: str) -> None:
    """Five to send, and three to verify."""
    refused = application.client.exceptions.BadRequestException
    required, ask = {
        "send": (FIELDS, application.send_fields),
        "verify": (VERIFY_FIELDS, application.verify_fields),
    }[operation]
    for field in required:
        fields = {name: value for name, value in required.items() if name != field}
        with pytest.raises(refused, match=f"{field} is required"):
            ask(fields)


def test_error_never_repeats_the_code(application: Application) -> None:
    """A refusal names the field, not its value, which may be a code."""
    with pytest.raises(application.client.exceptions.BadRequestException) as caught:
        application.verify_fields(VERIFY_FIELDS | {"Otp": "9876543210"})
    assert "9876543210" not in json.dumps(caught.value.response)
