"""The requests as JSON Schemas, for docs/openapi.json: from the types that they are checked by.

What a field is for, and an example, is written here; what it may hold is its `Rule`'s to say, and
what it is when left out `with_defaults` does.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from infra.config import keys
from lambda_src.otp.fields import Fields, OneOf, Rule, Text, Whole
from lambda_src.otp.request import SendOtpRequest, VerifyOtpRequest, with_defaults
from lambda_src.otp.settings import WINDOW_SECONDS, SendSettings

_MODELS: Mapping[str, Fields[Any]] = {
    "SendOtpRequest": Fields(SendOtpRequest),
    "VerifyOtpRequest": Fields(VerifyOtpRequest),
}
_SENT = _MODELS["SendOtpRequest"]

# India's rules (DLT) ask for both; `request._dlt_errors` checks it.
_TOGETHER = {"EntityId": ["TemplateId"], "TemplateId": ["EntityId"]}

_NOTES = {
    "ReferenceId": "Names the message. For the same one, at most one text goes out in "
    f"{WINDOW_SECONDS // 60} minutes, so every new message needs a new and random one.",
    "DestinationIdentity": "The phone. Which countries and types of numbers are texted, and how "
    "often, is the operator's to decide.",
    "OriginationIdentity": "Who sends the text. The operator may allow some only.",
    "BrandName": "The name in the text. The operator may allow some only.",
    "Channel": "How the code is sent.",
    "CodeLength": "How many digits the code has.",
    "ValidityPeriod": "For how many minutes the code is valid.",
    "AllowedAttempts": "How many times a code may be tried.",
    "Language": "The language of the text.",
    "EntityId": "For numbers in India: the sender's identifier with the regulator (DLT). Together "
    "with TemplateId or not at all.",
    "TemplateId": "For numbers in India: the text's identifier with the regulator (DLT). Together "
    "with EntityId or not at all.",
    "Otp": "What the person typed in, as a text: a code may begin with a zero.",
}

#: Requests that are answered 200 in the sandbox, with what each shows.
EXAMPLES: Mapping[str, Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "SendOtpRequest": {
        "WhatMustBeThere": (
            "Everything else is left to the deployment",
            {
                "ReferenceId": "5c0b2f0e-0d4e-4f4b-9a0e-3f0c6f0e7a11",
                "DestinationIdentity": "+12065550100",
            },
        ),
        "EveryField": (
            "Nothing is left to the deployment",
            {
                "ReferenceId": "f2d8a0c7-53f1-4b8e-9c55-1a2d8f7e6b90",
                "DestinationIdentity": "+12065550100",
                "OriginationIdentity": "+18555550142",
                "BrandName": "ExampleCorp",
                "Channel": "SMS",
                "CodeLength": 8,
                "ValidityPeriod": 5,
                "AllowedAttempts": 2,
                "Language": "es-419",
                "EntityId": "1101456324585432",
                "TemplateId": "1107160412653314461",
            },
        ),
    },
    "VerifyOtpRequest": {
        "Code": (
            "ReferenceId and DestinationIdentity as they were sent",
            {
                "ReferenceId": "5c0b2f0e-0d4e-4f4b-9a0e-3f0c6f0e7a11",
                "DestinationIdentity": "+12065550100",
                "Otp": "671695",
            },
        ),
    },
}


def schema(model: str) -> dict[str, Any]:
    """Write a request's schema.

    Args:
        model: `SendOtpRequest` or `VerifyOtpRequest`.

    Raises:
        KeyError: a field has no note, or no example.
        ValueError: a field's rule cannot be written as a schema.

    """
    fields = _MODELS[model]
    together = {one: others for one, others in _TOGETHER.items() if one in fields.rules}
    return {
        "type": "object",
        "properties": {
            name: _property(name, rule, _example(model, name))
            for name, rule in fields.rules.items()
        },
        "required": [name for name in fields.rules if name in fields.required],
        **({"dependentRequired": together} if together else {}),
        "additionalProperties": False,
    }


def _property(name: str, rule: Rule, example: object) -> dict[str, Any]:
    written: dict[str, Any]
    match rule:
        case Text():
            # `also` is what no schema can say, and so in `wanted`.
            words = f"{rule.wanted[0].upper()}{rule.wanted[1:]}."
            written = {"type": "string", "pattern": _whole(rule.pattern)}
        case Whole():
            words = f"A whole number from {rule.least} to {rule.most}, without a decimal point."
            written = {"type": "integer", "minimum": rule.least, "maximum": rule.most}
        case OneOf():
            words = ""
            written = {"type": "string", "enum": [*rule.choices]}
        case _:
            raise ValueError(f"docs/generate/requests.py cannot write a {type(rule).__name__}.")
    return {
        "description": f"{_NOTES[name]} {words}".strip(),
        **written,
        **({} if name in _SENT.required else _when_left_out(name)),
        "examples": [example],
    }


# No text in UTF-8 can hold one, and the regular expressions of some languages refuse to name them.
_HALVES_OF_PAIRS = r"\ud800-\udfff"


def _whole(pattern: str) -> str:
    """Write a pattern that any part of a text may match such that all of it must."""
    if "|" in pattern:
        raise ValueError(f"^ and $ would be of one alternative only: {pattern}")
    return f"^{pattern.replace(_HALVES_OF_PAIRS, '')}$"


def _when_left_out(name: str) -> dict[str, Any]:
    if name not in _SENT.rules:
        return {}
    settings = {
        attribute: f"The deployment's `{keys()[attribute].name}`"
        for attribute in ("origination_identity", "brand_name", "language")
    }
    value = _defaults(**settings).get(name)
    if value is None:
        return {"x-when-left-out": "Not passed on to Amazon Pinpoint."}
    if value not in settings.values():
        return {"default": value}
    always = name in _defaults(**{**settings, "language": None})
    return {
        "x-when-left-out": f"{value}." if always else f"{value}, or else Amazon Pinpoint's choice."
    }


def _defaults(**settings: str | None) -> Mapping[str, Any]:
    request = cast("SendOtpRequest", {})
    return with_defaults(request, cast("SendSettings", SimpleNamespace(**settings)))


def _example(model: str, name: str) -> object:
    return next(request[name] for _, request in EXAMPLES[model].values() if name in request)
