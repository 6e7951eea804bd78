"""Renders docs/openapi.json as the API reference, one HTML page.

The page needs no JavaScript. It loads only /static/theme.css and /static/reference.css, so
`Content-Security-Policy: default-src 'none'; style-src 'self'` allows all of it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).resolve().parent / "templates"

# The markup in the document's prose: `code` and **strong**.
_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a request, in words."""

    name: str
    required: bool
    description: str
    constraint: str
    when_left_out: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer with one code, in words."""

    status: str
    code: str
    title: str
    retryable: bool
    carried_out: str
    when_to_repeat: str


def render(document: Mapping[str, Any]) -> str:
    """Render the page.

    Args:
        document: the decoded docs/openapi.json, or one of the same shape. HTML in it is escaped.

    Raises:
        KeyError: the document is of another shape.

    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": _prose, "paragraphs": _paragraphs, "pretty": _pretty}
    return environment.get_template("reference.html").render(
        info=document["info"],
        servers=document["servers"],
        signing=next(iter(document["components"]["securitySchemes"].values())),
        operations=[
            {
                **operation,
                "path": path,
                "method": method.upper(),
                "fields": list(_fields(document, operation)),
                "requests": _examples(operation["requestBody"]),
                "answers": list(_answers(document, operation)),
                "responses": [
                    {
                        "status": status,
                        "description": response["description"],
                        "headers": list(_headers(document, response)),
                        "examples": _examples(response),
                    }
                    for status, response in operation["responses"].items()
                ],
            }
            for path, item in document["paths"].items()
            for method, operation in item.items()
        ],
    )


def _fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[_Field]:
    [content] = operation["requestBody"]["content"].values()
    schema = _resolved(document, content["schema"])
    for name, field in schema["properties"].items():
        required = name in schema["required"]
        default = f"`{_plain(field['default'])}`" if "default" in field else ""
        yield _Field(
            name=name,
            required=required,
            description=field.get("description", ""),
            constraint=_constraint(field),
            when_left_out="Refused." if required else field.get("x-when-left-out", default),
        )


def _constraint(field: Mapping[str, Any]) -> str:
    choices = field.get("enum", [field["const"]] if "const" in field else [])
    if choices:
        return " ".join(f"`{_plain(value)}`" for value in choices)
    return f"`{_visible(field['pattern'])}`" if "pattern" in field else ""


def _visible(pattern: str) -> str:
    """Escape control and non-ASCII characters as JSON does."""
    return "".join(
        character if " " <= character <= "~" else json.dumps(character)[1:-1]
        for character in pattern
    )


def _answers(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[_Answer]:
    for status, response in operation["responses"].items():
        [content] = response["content"].values()
        of = content["schema"]
        for reference in of.get("oneOf", [of]):
            schema = _resolved(document, reference)
            code = schema["properties"].get("code", {}).get("const")
            if code is None:
                yield _Answer(
                    status=status,
                    code="",
                    title=response["description"],
                    retryable=False,
                    carried_out=response["x-carried-out"],
                    when_to_repeat="",
                )
                continue
            seconds = schema.get("x-retry-after-seconds", "")
            yield _Answer(
                status=status,
                code=code,
                title=schema["properties"]["title"]["const"],
                retryable=schema["properties"]["retryable"]["const"],
                carried_out=schema["x-carried-out"],
                when_to_repeat=f"after {seconds} s" if isinstance(seconds, int) else seconds,
            )


def _headers(
    document: Mapping[str, Any], response: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    for name, reference in response["headers"].items():
        yield {"name": name, "description": _resolved(document, reference)["description"]}


def _examples(of: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    [content] = of["content"].values()
    return [
        {"name": name, "summary": "", "description": "", **example}
        for name, example in content["examples"].items()
    ]


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema, or the one in the document that it refers to."""
    found: Mapping[str, Any] = schema
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
    return found


def _prose(text: str) -> Markup:
    """Return text as HTML, with its `code` and **strong** parts."""
    written = str(escape(text))
    written = _CODE.sub(r"<code>\1</code>", written)
    written = _STRONG.sub(r"<strong>\1</strong>", written)
    return Markup(written)  # noqa: S704 - escaped above


def _paragraphs(text: str) -> list[Markup]:
    return [_prose(paragraph) for paragraph in text.strip().split("\n\n")]


def _pretty(value: Any) -> str:  # noqa: ANN401 - any JSON
    return json.dumps(value, indent=2)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
