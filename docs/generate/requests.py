"""The requests, for docs/openapi.json and docs/api.md, from the models that validate them."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from infra.config import keys
from lambda_src.otp.contract.fields import RULES
from lambda_src.otp.contract.request import SendOtpRequest, VerifyOtpRequest, with_defaults

from . import markdown

if TYPE_CHECKING:
    from pydantic import BaseModel

    from lambda_src.otp.settings import SendSettings

_MODELS: Mapping[str, "type[BaseModel]"] = {
    "SendOtpRequest": SendOtpRequest,
    "VerifyOtpRequest": VerifyOtpRequest,
}

#: Requests that the sandbox answers with 200, each with a summary.
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
        KeyError: a string field has no rule in words.
        StopIteration: a field has no example.

    """
    written = _MODELS[model].model_json_schema()
    del written["title"], written["description"]
    written["properties"] = {
        name: {
            **{key: value for key, value in of.items() if key != "title"},
            "description": f"{of['description']} {_in_words(name, of)}".strip(),
            **({} if name in written["required"] else _when_left_out(name, of)),
            "examples": [_example(model, name)],
        }
        for name, of in written["properties"].items()
    }
    return written


def parts() -> dict[str, str]:
    """Write the table of the fields of a request to send."""
    of = schema("SendOtpRequest")
    rows = []
    for name, field in of["properties"].items():
        if "minimum" in field:
            may_be = f"{field['minimum']}\N{EN DASH}{field['maximum']}"
        else:
            choices = field.get("enum", [field["const"]] if "const" in field else [])
            may_be = ", ".join(map(markdown.code, choices)) or RULES[name]
        if "default" in field:
            left_out = markdown.code(str(field["default"]))
        else:
            said = field.get("x-when-left-out", "refused").rstrip(".")
            left_out = f"{said[0].lower()}{said[1:]}"
        rows.append((name, may_be, left_out))
    return {"fields": markdown.table(("field", "what it may be", "when left out"), rows)}


def _in_words(name: str, of: Mapping[str, Any]) -> str:
    if of["type"] == "integer":
        # JSON Schema cannot tell 6.0 from 6.
        return (
            f"A whole number from {of['minimum']} to {of['maximum']}, without a decimal point: "
            f"{of['minimum']}.0 is refused."
        )
    if "pattern" not in of:
        return ""
    return f"{RULES[name][0].upper()}{RULES[name][1:]}."


def _when_left_out(name: str, of: Mapping[str, Any]) -> dict[str, Any]:
    if "default" in of:
        return {}
    settings = {
        attribute: f"The deployment's `{keys()[attribute].name}`"
        for attribute in ("origination_identity", "brand_name", "language")
    }
    value = _defaults(**settings).get(name)
    if value is None:
        return {"x-when-left-out": "Not passed on to Amazon Pinpoint."}
    always = name in _defaults(**{**settings, "language": None})
    return {
        "x-when-left-out": f"{value}." if always else f"{value}, or else Amazon Pinpoint's choice."
    }


def _defaults(**settings: str | None) -> Mapping[str, Any]:
    return with_defaults({}, cast("SendSettings", SimpleNamespace(**settings)))


def _example(model: str, name: str) -> object:
    return next(request[name] for _, request in EXAMPLES[model].values() if name in request)
