"""The limits of every field of both operations, just inside and just outside."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.pinpoint import inbox

from .helpers import FIELDS, VERIFY_FIELDS, Application, code_in

LANGUAGES = "de-DE en-GB en-US es-419 es-ES fr-CA fr-FR it-IT ja-JP ko-KR pt-BR zh-CN zh-TW"

ACCEPTED: dict[str, list[Any]] = {
    "AllowedAttempts": [1, 5],
    "BrandName": ["B", "B" * 20, "Ünïcode & Søn", "two\nlines"],
    "CodeLength": [5, 6, 7, 8],
    "DestinationIdentity": ["+12", "+123456789012345"],
    "EntityId": ["e", "e" * 50],
    "Language": LANGUAGES.split(),
    "OriginationIdentity": ["ExampleID"],
    "ReferenceId": ["!", "~" * 48],
    "TemplateId": ["t", "t" * 50],
    "ValidityPeriod": [5, 60],
}

REFUSED: dict[str, list[Any]] = {
    "AllowedAttempts": [0, 6, "3", 3.0, True, None],
    "BrandName": ["", "B" * 21, 7],
    "Channel": ["VOICE", "sms"],
    "CodeLength": [4, 9, "6"],
    "DestinationIdentity": [
        *("+1", "+1234567890123456", "12065550100", "+02065550100", "+12065550100\n"),
        *("+1206555010\N{ARABIC-INDIC DIGIT ZERO}", 12065550100),
    ],
    "EntityId": ["", "e" * 51],
    "Language": ["en", "nl-NL"],
    "OriginationIdentity": ["", ["+12065550142"]],
    "ReferenceId": ["", "r" * 49, "with space", "ünïcode", "reference-1\n"],
    "TemplateId": ["", "t" * 51],
    "Unknown": ["field"],
    "ValidityPeriod": [4, 61],
}

VERIFY_REFUSED: dict[str, list[Any]] = {
    "DestinationIdentity": ["12065550100"],
    "Otp": ["1234", "9876543210", "12345a", "12345\N{ARABIC-INDIC DIGIT SIX}", 123456],
    "ReferenceId": ["with space"],
    "Unknown": ["field"],
}


def each(values: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    """Give each value with the name of its field."""
    return [(field, value) for field, some in values.items() for value in some]


@pytest.mark.parametrize(("field", "value"), each(ACCEPTED))
def test_value_inside_limits_is_texted(application: Application, field: str, value: object) -> None:
    """At the edge of what AWS allows; the code has CodeLength digits."""
    application.send(**{field: value})
    [text] = inbox()
    assert len(code_in(text)) == (value if field == "CodeLength" else 6)


def bad_requests() -> Iterator[Any]:
    """Give operations, what is sent to them, and what they say of it."""
    for body in (b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"[" * 100_000):
        yield pytest.param("Send", body, "JSON object", id=repr(body[:8]))
    both = (("Send", FIELDS, REFUSED), ("Verify", VERIFY_FIELDS, VERIFY_REFUSED))
    for operation, fields, refused in both:
        for field, value in each(refused):
            body = json.dumps(fields | {field: value}).encode()
            yield pytest.param(operation, body, field, id=f"{operation} {field} {value!r}")
        for field in fields:
            body = json.dumps({name: fields[name] for name in fields if name != field}).encode()
            yield pytest.param(operation, body, f"{field} is required", id=f"{operation} {field}")


@pytest.mark.parametrize(("operation", "body", "said"), [*bad_requests()])
def test_bad_request_is_refused(
    application: Application, operation: str, body: bytes, said: str
) -> None:
    """With the name of the field, and never its value, which may be a code."""
    with pytest.raises(application.client.exceptions.BadRequestException, match=said) as caught:
        application.call(operation, body)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "9876543210" not in json.dumps(caught.value.response)
    assert inbox() == []
