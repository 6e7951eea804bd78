"""docs/openapi.json: it is OpenAPI, its examples are as it says, and it leaves out no problem."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic_core import SchemaValidator

import infra.api.gateway_responses
import lambda_src.otp.contract.problems
from docs.generate.answers import NEVER_BY_THE_GATEWAY, OF_THE_FUNCTIONS, SEND, VERIFY, answers
from docs.generate.requests import EXAMPLES, schema
from infra.api.gateway_responses import problems
from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.contract.problems import InvalidRequest
from lambda_src.otp.contract.request import SendOtpRequest, parse_send_otp
from tests.support.openapi import Contract

CONTRACT = Contract.read()
OPERATIONS = (SEND, VERIFY)

#: Of every kind that a rule tells apart, and what languages see differently: the end of a line, a
#: character beyond 16 bits, half of one.
TEXTS = [
    *("", "a", "+12065550100", "12345", "1234567890", "a b", "ExampleCorp", "x" * 20, "x" * 21),
    *("x" * 48, "x" * 50, "x" * 51, "x" * 256, "x" * 257, "+1", "+0123", "٣٤٥٦٧", "+١٢٠٦٥٥٥٠"),
    *("\n", "a\n", "12345\n", "+12065550100\n", "a\r", "a\u2028", "\na", "a\nb"),
    *("é", "日本", "\N{PILE OF POO}", "\N{PILE OF POO}" * 20, "\N{PILE OF POO}" * 21),
    *("\ufeff", "\ufffd", "\uffff", "\x7f", "\x85", "\xa0"),
]


def test_document_is_openapi() -> None:
    """By the OpenAPI Initiative's own schema for 3.1, and every reference leads somewhere."""
    OpenAPIV31SpecValidator(dict(CONTRACT.document)).validate()


# --- Examples ---


def examples() -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every example, with the schema that it is one of."""
    for operation in OPERATIONS:
        request = CONTRACT.request(operation)
        for name, example in request["examples"].items():
            yield f"{operation} {name}", request["schema"], example["value"]
        for status, response in CONTRACT.responses(operation).items():
            [content] = response["content"].values()
            for name, example in content["examples"].items():
                yield f"{operation} {status} {name}", content["schema"], example["value"]
    components = CONTRACT.document["components"]
    for model in ("SendOtpRequest", "VerifyOtpRequest"):
        for field, of in components["schemas"][model]["properties"].items():
            yield f"{model} {field}", of, of["examples"][0]
    for header, of in components["headers"].items():
        yield header, of["schema"], of["example"]


@pytest.mark.parametrize(
    ("of", "value"), [pytest.param(of, value, id=name) for name, of, value in examples()]
)
def test_every_example_is_as_its_schema_says(of: Mapping[str, Any], value: Any) -> None:
    """And has no member that is not described."""
    assert CONTRACT.errors(of, value) == []


def responses() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The content of every answer but the 200, with its operation and status."""
    for operation in OPERATIONS:
        for status, response in CONTRACT.responses(operation).items():
            if status != "200":
                yield f"{operation} {status}", response["content"]["application/problem+json"]


@pytest.mark.parametrize(
    "content", [pytest.param(content, id=name) for name, content in responses()]
)
def test_every_code_has_an_example_of_its_name(content: Mapping[str, Any]) -> None:
    """And every example is of a code that the answer may have."""
    of = content["schema"]
    codes = {one["$ref"].rpartition("/")[2] for one in of.get("oneOf", [of])}
    named = {name: example["value"]["code"] for name, example in content["examples"].items()}

    assert codes <= named.keys()
    assert {name.partition(".")[0] for name in named} == {*named.values()} == codes


def test_examples_of_a_send_are_taken() -> None:
    """By the function's own check; and every field is shown by one."""
    shown = {name: of["value"] for name, of in CONTRACT.request(SEND)["examples"].items()}

    for value in shown.values():
        assert parse_send_otp(value) == value
    assert shown["EveryField"].keys() == SendOtpRequest.model_fields.keys()


# --- Problems ---


def subclasses(of: type[Problem]) -> Iterator[type[Problem]]:
    """All of them, however far down."""
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_kind_of_problem_has_a_place() -> None:
    """A new class must be said to be somebody's answer: docs/generate/answers.py."""
    placed = {type(problem) for of in OF_THE_FUNCTIONS.values() for problem in of}
    placed |= {type(problem) for _, problem in problems()}
    ours = {lambda_src.otp.contract.problems.__name__, infra.api.gateway_responses.__name__}

    assert placed == {one for one in subclasses(Problem) if one.__module__ in ours}


def test_what_the_gateway_never_answers_is_one_of_its_types() -> None:
    """A typo would have it answered."""
    assert NEVER_BY_THE_GATEWAY.keys() <= {type_ for type_, _ in problems()}


# --- What an answer is held against ---

RIGHT: Mapping[str, str] = {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    "X-Request-Id": "9ca56be0-a2ef-4074-9622-bc32c52e6e3f",
    "Retry-After": "5",
}
THROTTLED = next(one for one in answers(SEND)[429] if one.problem.code == "Throttled").document()


@pytest.mark.parametrize(
    ("status", "headers", "members"),
    [
        pytest.param(418, {}, {}, id="a status"),
        pytest.param(422, {}, {}, id="a code of another status"),
        pytest.param(429, {"Cache-Control": ""}, {}, id="a header that is dropped"),
        pytest.param(429, {"Retry-After": ""}, {}, id="a header that belongs to the code"),
        pytest.param(429, {"Retry-After": "soon"}, {}, id="a header that is no number"),
        pytest.param(429, {"Idempotent-Replayed": "true"}, {}, id="a header of another answer"),
        pytest.param(429, {"Content-Type": "application/json"}, {}, id="a content type"),
        pytest.param(429, {}, {"more": 1}, id="a member"),
        pytest.param(429, {}, {"title": "Another"}, id="a title"),
        pytest.param(429, {}, {"code": "Another"}, id="a code"),
        pytest.param(429, {}, {"retryable": False}, id="what the code says otherwise"),
    ],
)
def test_answer_that_the_document_does_not_have_is_found(
    status: int, headers: Mapping[str, str], members: Mapping[str, Any]
) -> None:
    """So the tests that hold real answers against it can fail."""
    given = {name: value for name, value in {**RIGHT, **headers}.items() if value}
    body = json.dumps({**THROTTLED, **members})

    assert CONTRACT.breaches(SEND, 429, RIGHT, json.dumps(THROTTLED)) == []
    assert CONTRACT.breaches(SEND, status, given, body) != []


# --- Fields ---


def test_patterns_mean_in_javascript_what_they_mean_to_pydantic() -> None:
    """Of all characters that UTF-8 can write, and of texts of all kinds."""
    script = """
        const [patterns, texts] = JSON.parse(require("fs").readFileSync(0));
        for (let c = 0; c < 0x110000; c++) {
          if (c < 0xd800 || c > 0xdfff) texts.push(String.fromCodePoint(c));
        }
        const matched = patterns.map(pattern => {
          const regexp = new RegExp(pattern, "u");
          return texts.flatMap((text, place) => regexp.test(text) ? [place] : []);
        });
        console.log(JSON.stringify(matched));
    """
    models = (schema("SendOtpRequest"), schema("VerifyOtpRequest"))
    fields = [of for model in models for of in model["properties"].values()]
    patterns = sorted({of["pattern"] for of in fields if "pattern" in of})
    ran = subprocess.run(
        ["node", "-e", script],  # noqa: S607 - the one that the CDK runs on
        input=json.dumps([patterns, TEXTS]),
        capture_output=True,
        text=True,
        check=True,
    )
    texts = [*TEXTS, *map(chr, range(0xD800)), *map(chr, range(0xE000, 0x110000))]

    assert len(patterns) == 6
    for pattern, matched in zip(patterns, json.loads(ran.stdout), strict=True):
        takes = SchemaValidator({"type": "str", "pattern": pattern}).isinstance_python
        assert matched == [place for place, text in enumerate(texts) if takes(text)], pattern


@pytest.mark.parametrize("name", ["CodeLength", "ValidityPeriod", "AllowedAttempts"])
def test_numbers_that_may_be_are_those_that_are_taken(name: str) -> None:
    """And the default is one of them."""
    _, least = EXAMPLES["SendOtpRequest"]["WhatMustBeThere"]
    number = schema("SendOtpRequest")["properties"][name]
    taken = []
    for value in range(-1, 100):
        with suppress(InvalidRequest):
            parse_send_otp({**least, name: value})
            taken.append(value)

    assert taken == list(range(number["minimum"], number["maximum"] + 1))
    assert number["default"] in taken


def test_what_is_left_out_is_said_for_every_field_that_may_be() -> None:
    """A default, or whose choice it is."""
    of = schema("SendOtpRequest")
    said = {
        name: len({"default", "x-when-left-out"} & field.keys())
        for name, field in of["properties"].items()
    }

    assert said == {name: 0 if name in of["required"] else 1 for name in said}
