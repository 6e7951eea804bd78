"""The contract's bounds: values just inside are accepted, and just outside refused by field."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from lambda_src.otp.contract.problem import FieldError
from lambda_src.otp.contract.problems import InvalidRequest
from lambda_src.otp.contract.request import SendOtpRequest, VerifyOtpRequest, parse_send_otp
from tests.support.service import NUMBER, SETTINGS, Service, request

LANGUAGES = [
    *("de-DE", "en-GB", "en-US", "es-419", "es-ES", "fr-CA", "fr-FR"),
    *("it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN", "zh-TW"),
]
POOL = "arn:aws:sms-voice:us-east-1:123456789012:pool/pool-0a1b"
NO_NUMBERS: list[Any] = [5.5, 6.0, "6", True, None, [], {}, 10**30, float("nan")]
NO_TEXTS: list[Any] = [1, True, None, [], {}]

INSIDE: Mapping[str, Sequence[Any]] = {
    "ReferenceId": ["r", "!~" * 24],
    "DestinationIdentity": ["+4915123456789", "+12065550007"],
    "OriginationIdentity": ["+18555550142", "12345", "MySender", POOL, "x" * 256],
    "BrandName": ["B", "B" * 20, "Ünïcode & Söhne 🙂", "A B", '{"a": 1}'],
    "Channel": ["SMS"],
    "CodeLength": [5, 8],
    "ValidityPeriod": [5, 60],
    "AllowedAttempts": [1, 5],
    "Language": LANGUAGES,
    "EntityId": ["e", "!~" * 25],
    "TemplateId": ["t", "!~" * 25],
}
OUTSIDE: Mapping[str, Sequence[Any]] = {
    "ReferenceId": ["", "r" * 49, "two words", "ümlaut", "line\n", *NO_TEXTS],
    "DestinationIdentity": [
        *("12065550100", "+02065550100", "+1", "+12", "+1206555010", "+120655501000"),
        *("+999123456789", "+1234567890123456", "+1206555010x", "+1 206 555 0100"),
        *("+12065550100\n", "+1206555010\u0660", "+4402079460000", *NO_TEXTS),
    ],
    "OriginationIdentity": ["", "My Sender", "x" * 257, "12345\n", *NO_TEXTS],
    "BrandName": [
        *("", "B" * 21, "a\n", "\x00", "\x1f", "\x7f", "\x9f", "\ufffd", "\ud83d", *NO_TEXTS),
    ],
    "Channel": ["VOICE", "sms", "SMS\n", *NO_TEXTS],
    "CodeLength": [4, 9, *NO_NUMBERS],
    "ValidityPeriod": [4, 61, *NO_NUMBERS],
    "AllowedAttempts": [0, 6, *NO_NUMBERS],
    "Language": ["en", "en-us", "en-US\n", *NO_TEXTS],
    "EntityId": ["", "e" * 51, "line\n", *NO_TEXTS],
    "TemplateId": ["", "t" * 51, "two words", *NO_TEXTS],
    **{name: ["x"] for name in ("Nickname", "referenceId", "ApplicationId", "model_config", "")},
}


def errors(asked: dict[str, Any]) -> list[FieldError]:
    """Return the errors of a request by pointer; a valid request must come back unchanged."""
    try:
        assert parse_send_otp(asked) is asked
    except InvalidRequest as invalid:
        return sorted(invalid.errors, key=lambda error: error.pointer)
    return []


def asking(field: str, value: Any) -> dict[str, Any]:
    """Return a request with one more field; EntityId and TemplateId need each other."""
    both = {"EntityId": "e", "TemplateId": "t"} if field in ("EntityId", "TemplateId") else {}
    return request(**{**both, field: value})


@pytest.mark.parametrize("field", INSIDE)
def test_a_value_just_inside_its_bounds_is_accepted(field: str) -> None:
    """Nothing is added to the request, and nothing changed."""
    for value in INSIDE[field]:
        assert errors(asking(field, value)) == [], value


@pytest.mark.parametrize("field", OUTSIDE)
def test_a_value_just_outside_its_bounds_is_refused_by_name(field: str) -> None:
    """Only that field is named. Its value, which may be a number or a code, is not repeated."""
    for value in OUTSIDE[field]:
        [error] = errors(asking(field, value))
        assert error.pointer == f"/{field}", value
        assert len(repr(value)) < 10 or repr(value).strip("'") not in error.detail


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"DestinationIdentity": NUMBER}, "/ReferenceId"),
        ({"ReferenceId": "r"}, "/DestinationIdentity"),
        (request(EntityId="1201159"), "/TemplateId"),
        (request(TemplateId="1201159"), "/EntityId"),
        (
            {"ReferenceId": "r", "CodeLength": 9, "BrandName": "", "EntityId": "e", "\ud83d": "x"},
            "/BrandName /CodeLength /DestinationIdentity /TemplateId /\ud83d",
        ),
        (request(**{"a/b~c": 1}), "/a~1b~0c"),  # RFC 6901
        (request(**{NUMBER: "x"}), "/+*********00"),
    ],
)
def test_every_bad_field_is_named_at_once(asked: dict[str, Any], named: str) -> None:
    """Missing fields too, and one of two that need each other. Pointers are escaped and masked."""
    assert [error.pointer for error in errors(asked)] == named.split()


def test_many_bad_fields_do_not_make_a_long_answer(service: Service) -> None:
    """At most 50 are listed, with their total; nothing is recorded."""
    # Half of a surrogate pair, which JSON can escape and UTF-8 cannot encode.
    answer = service.send(**{"\ud83d": 1}, **{f"f{number}": 1 for number in range(499)})
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert answer.body.isascii()
    assert len(answer.json()["errors"]) == 50
    assert "500" in answer.json()["detail"]
    assert (service.requests(), service.items()) == ([], [])


def test_every_field_reaches_pinpoint_as_given(service: Service) -> None:
    """All eleven, each with its first valid value."""
    asked = {field: values[0] for field, values in INSIDE.items()}
    assert service.send(**asked).status == 200
    assert service.requests() == [asked]


@pytest.mark.parametrize("language", [{}, {"Language": "ja-JP"}])
def test_fields_that_are_left_out_get_defaults(service: Service, language: dict[str, str]) -> None:
    """Sender and brand are the deployment's, the rest the contract's. AWS picks the language."""
    asked = request()
    service.start(language=language.get("Language"))
    service.invoke(asked)
    sender = {
        "OriginationIdentity": SETTINGS.origination_identity,
        "BrandName": SETTINGS.brand_name,
    }
    rest = {"Channel": "SMS", "CodeLength": 6, "ValidityPeriod": 10, "AllowedAttempts": 3}
    assert service.requests() == [asked | sender | rest | language]


@pytest.mark.parametrize("model", [SendOtpRequest, VerifyOtpRequest])
def test_a_validation_error_holds_no_value(model: type[BaseModel]) -> None:
    """Neither a number nor a code may show if such an error is logged by mistake."""
    with pytest.raises(ValidationError) as error:
        model.model_validate({"DestinationIdentity": "+1206555010x", "Otp": "671695x"})
    assert "206555" not in str(error.value)
    assert "671695" not in str(error.value)
