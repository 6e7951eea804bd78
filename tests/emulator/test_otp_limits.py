"""The limits of every field, just inside and just outside."""

import json
from typing import Any

import pytest

from sandbox.pinpoint import inbox
from tests.support.texts import code_in

from .helpers import FIELDS, VERIFY_FIELDS, Application

#: Values that are texted and values that are refused, by field.
LIMITS: dict[str, tuple[list[Any], list[Any]]] = {
    "AllowedAttempts": ([1, 5], [0, 6, "3", 3.0, True, None]),
    "BrandName": (["B", "B" * 20, "Ünïcode & Søn", "two\nlines"], ["", "B" * 21, 7]),
    "Channel": (["SMS"], ["VOICE", "sms"]),
    "CodeLength": ([5, 6, 7, 8], [4, 9, "6"]),
    "DestinationIdentity": (
        ["+12", "+123456789012345"],
        ["+1", "+1234567890123456", "12065550100", "+02065550100", "+12065550100\n"],
    ),
    "EntityId": (["e", "e" * 50], ["", "e" * 51]),
    "Language": (["de-DE", "zh-TW"], ["en", "nl-NL"]),
    "OriginationIdentity": (["ExampleID"], ["", ["+12065550142"]]),
    "ReferenceId": (["!", "~" * 48], ["", "r" * 49, "with space", "ünïcode", "reference-1\n"]),
    "TemplateId": (["t", "t" * 50], ["", "t" * 51]),
    "Unknown": ([], ["field"]),
    "ValidityPeriod": ([5, 60], [4, 61]),
}
OTPS = ["1234", "9876543210", "12345a", "12345\N{ARABIC-INDIC DIGIT SIX}", 123456]
#: Operation, body, and a part of the error message.
BAD = [
    *(("Send", body, "JSON object") for body in (b"", b"{", b"[]", b"null", b"\xff\xfe")),
    *(
        ("Send", json.dumps({**FIELDS, field: value}).encode(), field)
        for field, (_, refused) in LIMITS.items()
        for value in refused
    ),
    *(("Verify", json.dumps({**VERIFY_FIELDS, "Otp": otp}).encode(), "Otp") for otp in OTPS),
    *(
        (operation, json.dumps({k: fields[k] for k in fields if k != name}).encode(), f"{name} is")
        for operation, fields in (("Send", FIELDS), ("Verify", VERIFY_FIELDS))
        for name in fields
    ),
]


@pytest.mark.parametrize("field", LIMITS)
def test_value_inside_limits_is_texted(application: Application, field: str) -> None:
    """Values at the edge of AWS's limits are texted; the code has CodeLength digits."""
    for value in LIMITS[field][0]:
        application.send(**{field: value})
        assert len(code_in(inbox()[-1])) == (value if field == "CodeLength" else 6)


@pytest.mark.parametrize(("operation", "body", "said"), BAD)
def test_bad_request_is_refused(
    application: Application, operation: str, body: bytes, said: str
) -> None:
    """The error names the field, but never quotes its value, which may be a code."""
    with pytest.raises(application.client.exceptions.BadRequestException, match=said) as caught:
        application.call(operation, body)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "9876543210" not in json.dumps(caught.value.response)
    assert inbox() == []
