"""The contract's limits: accepted just inside, refused just outside, and every bad field named."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, ValidationError

from lambda_src.otp.contract.phone_number import is_possible
from lambda_src.otp.contract.problem import FieldError
from lambda_src.otp.contract.problems import InvalidRequest
from lambda_src.otp.contract.request import SendOtpRequest, VerifyOtpRequest, parse_send_otp
from lambda_src.otp.runtime.masking import mask
from tests.support.service import BRAND, NUMBER, ORIGINATION, Service, request

LANGUAGES = [
    *("de-DE", "en-GB", "en-US", "es-419", "es-ES", "fr-CA", "fr-FR"),
    *("it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN", "zh-TW"),
]
POOL = "arn:aws:sms-voice:us-east-1:123456789012:pool/pool-0a1b"

INSIDE: Mapping[str, Sequence[Any]] = {
    "ReferenceId": ["r", "!~" * 24],
    "DestinationIdentity": ["+4915123456789", "+12065550007"],
    "OriginationIdentity": ["+18555550142", "12345", "MySender", POOL, "x" * 256],
    "BrandName": ["B", "B" * 20, "Ünïcode & Söhne 🙂"],
    "Channel": ["SMS"],
    "CodeLength": [5, 8],
    "ValidityPeriod": [5, 60],
    "AllowedAttempts": [1, 5],
    "Language": LANGUAGES,
    "EntityId": ["e", "!~" * 25],
    "TemplateId": ["t", "!~" * 25],
}
OUTSIDE: Mapping[str, Sequence[Any]] = {
    "ReferenceId": ["", "r" * 49, "two words", "ümlaut", "line\n", 1],
    "DestinationIdentity": [
        *("12065550100", "+02065550100", "+1", "+12", "+1206555010", "+120655501000"),
        *("+999123456789", "+1234567890123456", "+1206555010x", "+1 206 555 0100"),
        *("+12065550100\n", "+1206555010\u0660"),
    ],
    "OriginationIdentity": ["", "My Sender", "x" * 257],
    "BrandName": ["", "B" * 21, "line\nbreak", "wrong encoding \ufffd"],
    "Channel": ["VOICE", "sms"],
    "CodeLength": [4, 9, "6", 6.0, True, None],
    "ValidityPeriod": [4, 61],
    "AllowedAttempts": [0, 6],
    "Language": ["en", "en-us"],
    "EntityId": ["", "e" * 51],
    "TemplateId": ["", "two words"],
    "Nickname": ["x"],
    "referenceId": ["r"],
    "ApplicationId": ["other"],
}


def errors(asked: dict[str, Any]) -> Sequence[FieldError]:
    """Give the errors of a request; one without is taken as it is."""
    try:
        assert parse_send_otp(asked) is asked
    except InvalidRequest as invalid:
        return invalid.errors
    return ()


def pointers(asked: dict[str, Any]) -> set[str]:
    """Point to the bad fields."""
    return {error.pointer for error in errors(asked)}


@pytest.mark.parametrize("field", INSIDE)
def test_a_value_just_inside_its_limit_is_taken_as_it_is(field: str) -> None:
    """Nothing is added and nothing changed."""
    both = {"EntityId": "e", "TemplateId": "t"} if field in ("EntityId", "TemplateId") else {}
    for value in INSIDE[field]:
        assert pointers(request(**{**both, field: value})) == set(), value


@pytest.mark.parametrize("field", OUTSIDE)
def test_a_value_just_outside_its_limit_is_refused_by_name(field: str) -> None:
    """By a pointer to that field alone."""
    both = {"EntityId": "e", "TemplateId": "t"} if field in ("EntityId", "TemplateId") else {}
    for value in OUTSIDE[field]:
        assert pointers(request(**{**both, field: value})) == {f"/{field}"}, value


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"DestinationIdentity": NUMBER}, {"/ReferenceId"}),
        ({"ReferenceId": "r"}, {"/DestinationIdentity"}),
        (request(EntityId="1201159"), {"/TemplateId"}),
        (request(TemplateId="1201159"), {"/EntityId"}),
        (
            request(CodeLength=9, BrandName="", Language="xx"),
            {"/CodeLength", "/BrandName", "/Language"},
        ),
        (request(**{"a/b~c": 1}), {"/a~1b~0c"}),  # RFC 6901
        (request(**{NUMBER: "x"}), {"/+*********00"}),
    ],
)
def test_every_bad_field_is_named_at_once(asked: dict[str, Any], named: set[str]) -> None:
    """What is missing, what comes alone of two, and what a pointer has to escape or hide."""
    assert pointers(asked) == named


def test_an_absurd_number_of_bad_fields_does_not_make_an_absurd_answer(service: Service) -> None:
    """At most 50 are listed, and their number is told; nothing is recorded."""
    answer = service.send(**{f"f{number}": 1 for number in range(500)})
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert len(answer.json()["errors"]) == 50
    assert "500" in answer.json()["detail"]
    assert (service.requests(), service.items()) == ([], [])


def test_every_field_reaches_pinpoint_as_given(service: Service) -> None:
    """All eleven."""
    asked = {
        "ReferenceId": "SampleReferenceId",
        "DestinationIdentity": "+12065550007",
        "OriginationIdentity": "+12065550199",
        "BrandName": "Another Brand",
        "Channel": "SMS",
        "CodeLength": 8,
        "ValidityPeriod": 20,
        "AllowedAttempts": 5,
        "Language": "fr-CA",
        "EntityId": "1201159000000000001",
        "TemplateId": "1107160000000000001",
    }
    assert asked.keys() == INSIDE.keys()
    assert service.send(**asked).status == 200
    assert service.requests() == [asked]


@pytest.mark.parametrize("language", [None, "ja-JP"])
def test_what_is_left_out_is_filled_in_by_the_deployment(
    service: Service, language: str | None
) -> None:
    """Origination and brand are the deployment's, the rest the contract's; no language is AWS's."""
    asked = request()
    service.start(language=language)
    service.invoke(asked)
    assert service.requests() == [
        {
            **asked,
            "OriginationIdentity": ORIGINATION,
            "BrandName": BRAND,
            "Channel": "SMS",
            "CodeLength": 6,
            "ValidityPeriod": 10,
            "AllowedAttempts": 3,
            **({"Language": language} if language else {}),
        }
    ]


# --- Requests that nobody thought of, judged as the contract's rules say in words ---


def _text(pattern: str, also: Callable[[str], bool] = lambda _: True) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, str) and bool(re.fullmatch(pattern, value)) and also(value)
    )


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value <= most


#: Whether a value is good, by its field.
GOOD: Mapping[str, Callable[[Any], bool]] = {
    "ReferenceId": _text(r"[!-~]{1,48}"),
    "DestinationIdentity": _text(r"\+[1-9][0-9]{1,14}", is_possible),
    "OriginationIdentity": _text(r"[A-Za-z0-9_:/+-]{1,256}"),
    "BrandName": _text(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]{1,20}"),
    "Channel": _text("SMS"),
    "CodeLength": _whole(5, 8),
    "ValidityPeriod": _whole(5, 60),
    "AllowedAttempts": _whole(1, 5),
    "Language": lambda value: value in LANGUAGES,
    "EntityId": _text(r"[!-~]{1,50}"),
    "TemplateId": _text(r"[!-~]{1,50}"),
}

_VALUES = st.one_of(
    st.integers(-1, 70),
    st.sampled_from([6.0, 5.5, True, None, "6", [], {}, 10**30, float("nan")]),
    st.text(st.characters(), max_size=22),
    st.from_regex(r"\+[1-9][0-9]{1,14}\n?", fullmatch=True),
    st.from_regex(r"[!-~]{1,51}\n?", fullmatch=True),
    st.sampled_from(["SMS", "SMS\n", "sms", *LANGUAGES, "en", "+12065550100", "+4402079460000"]),
)
_ANY_NAME = st.one_of(
    st.text(st.characters(), max_size=4),
    st.sampled_from(["\ud800", "a\udfff~/b", "+12065550100", "referenceId", "model_config"]),
)
_RIGHT = {"ReferenceId": "r", "DestinationIdentity": "+12065550100"}
_REQUESTS = st.builds(
    lambda right, some, more: right | some | more,
    st.sampled_from([_RIGHT, _RIGHT, {}]),
    st.dictionaries(st.sampled_from(sorted(GOOD)), _VALUES, max_size=3),
    st.one_of(st.just({}), st.dictionaries(_ANY_NAME, _VALUES, max_size=2)),
)


def bad_fields(asked: Mapping[str, Any]) -> set[str]:
    """Judge a request, and point to each field that is bad."""
    bad = {name for name, value in asked.items() if name not in GOOD or not GOOD[name](value)}
    bad |= _RIGHT.keys() - asked.keys()
    for given_one, other in (("EntityId", "TemplateId"), ("TemplateId", "EntityId")):
        bad |= {other} if given_one in asked and other not in asked else set()
    return {"/" + mask(name).replace("~", "~0").replace("/", "~1") for name in bad}


@settings(max_examples=400, deadline=None)
@given(_REQUESTS)
def test_a_request_is_taken_as_it_is_or_every_bad_field_is_named(asked: dict[str, Any]) -> None:
    """And no value of it, which may be a number or a code; nor is its text a request."""
    assert pointers(asked) == bad_fields(asked)
    details = " ".join(error.detail for error in errors(asked))
    long = [value for value in asked.values() if isinstance(value, str) and len(value) > 9]
    assert not any(value in details for value in long)
    with pytest.raises(InvalidRequest, match="must be a JSON object"):
        parse_send_otp(json.dumps(asked))


@pytest.mark.parametrize("model", [SendOtpRequest, VerifyOtpRequest])
def test_an_error_of_the_models_own_holds_no_value(model: type[BaseModel]) -> None:
    """Neither a number nor a code, should one be logged by mistake."""
    with pytest.raises(ValidationError) as error:
        model.model_validate({"DestinationIdentity": "+1206555010x", "Otp": "671695x"})
    assert "206555" not in str(error.value)
    assert "671695" not in str(error.value)
