"""Requests that nobody thought of, judged as the contract's rules say in words."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, ValidationError

from lambda_src.otp.contract.phone_number import is_possible
from lambda_src.otp.contract.problems import InvalidRequest
from lambda_src.otp.contract.request import SendOtpRequest, VerifyOtpRequest, parse_send_otp
from lambda_src.otp.runtime.masking import mask

LANGUAGES = [
    *("de-DE", "en-GB", "en-US", "es-419", "es-ES", "fr-CA", "fr-FR"),
    *("it-IT", "ja-JP", "ko-KR", "pt-BR", "zh-CN", "zh-TW"),
]


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


def bad_fields(request: Mapping[str, Any]) -> set[str]:
    """Judge a request, and point to each field that is bad."""
    bad = {name for name, value in request.items() if name not in GOOD or not GOOD[name](value)}
    bad |= _RIGHT.keys() - request.keys()
    for given_one, other in (("EntityId", "TemplateId"), ("TemplateId", "EntityId")):
        bad |= {other} if given_one in request and other not in request else set()
    return {"/" + mask(name).replace("~", "~0").replace("/", "~1") for name in bad}


@settings(max_examples=500, deadline=None)
@given(_REQUESTS)
def test_a_request_is_taken_as_it_is_or_every_bad_field_is_named(request: dict[str, Any]) -> None:
    """And no value of it, which may be a number or a code."""
    try:
        assert parse_send_otp(request) is request
        named: set[str] = set()
    except InvalidRequest as invalid:
        named = {error.pointer for error in invalid.errors}
        details = " ".join(error.detail for error in invalid.errors)
        assert not any(
            isinstance(value, str) and len(value) > 9 and value in details
            for value in request.values()
        )

    assert named == bad_fields(request)


@pytest.mark.parametrize("model", [SendOtpRequest, VerifyOtpRequest])
def test_an_error_of_the_models_own_holds_no_value(model: type[BaseModel]) -> None:
    """Neither a number nor a code, should one be logged by mistake."""
    with pytest.raises(ValidationError) as error:
        model.model_validate({"DestinationIdentity": "+1206555010x", "Otp": "671695x"})

    assert "206555" not in str(error.value)
    assert "671695" not in str(error.value)


@given(_REQUESTS)
def test_a_request_that_is_written_as_a_text_is_none(request: dict[str, Any]) -> None:
    """Whatever is in the text: the Parser would decode it."""
    with pytest.raises(InvalidRequest, match="must be a JSON object"):
        parse_send_otp(json.dumps(request))
