"""docs/openapi.json: it is OpenAPI, its examples are as it says, and it leaves out no problem."""

import ast
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic_core import SchemaValidator

import infra.api.gateway_responses
import lambda_src.otp.contract.problems
from docs.generate.answers import (
    NEVER_BY_THE_GATEWAY,
    OF_THE_FUNCTIONS,
    SEND,
    VERIFY,
    ProblemAnswer,
    answers,
)
from docs.generate.requests import EXAMPLES, schema
from infra.api.gateway_responses import problems
from lambda_src.otp.contract.problem import Problem
from lambda_src.otp.contract.problems import InvalidRequest
from lambda_src.otp.contract.request import SendOtpRequest, parse_send_otp
from tests.support.openapi import Contract

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ROOT / "lambda_src" / "otp"
CONTRACT = Contract.read()
OPERATIONS = (SEND, VERIFY)

#: What a module that verification uses can raise, but not where verification uses it.
NOT_ASKED_BY_VERIFY = {"DestinationNotAllowed"}

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


def test_version_is_the_projects() -> None:
    """Which is in one file."""
    assert CONTRACT.document["info"]["version"] == (ROOT / "VERSION").read_text().strip()


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


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_has_an_example_that_is_named_by_its_code(operation: str) -> None:
    """For each code of each status; and a 200."""
    for status, response in CONTRACT.responses(operation).items():
        [content] = response["content"].values()
        if status == "200":
            assert content["examples"]
            continue
        of = content["schema"]
        named = {one["$ref"].rpartition("/")[2] for one in of.get("oneOf", [of])}
        assert named <= content["examples"].keys()
        for name, example in content["examples"].items():
            assert name.partition(".")[0] == example["value"]["code"]
            assert example["value"]["code"] in named


@pytest.mark.parametrize("name", ["WhatMustBeThere", "EveryField"])
def test_example_of_a_request_is_taken(name: str) -> None:
    """By the function's own check."""
    value = CONTRACT.request(SEND)["examples"][name]["value"]
    assert parse_send_otp(value) == value


def test_example_of_every_field_has_every_field() -> None:
    """Or a field would be shown nowhere."""
    value = CONTRACT.request(SEND)["examples"]["EveryField"]["value"]
    assert value.keys() == SendOtpRequest.model_fields.keys()


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


def used_by(module: str, seen: set[str]) -> set[str]:
    """Name the problems that a function's modules import, from its entry point on."""
    if module in seen:
        return set()
    seen.add(module)
    found: set[str] = set()
    for node in ast.walk(ast.parse((CODE / f"{module}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            if node.module == "problems":
                found |= {alias.name for alias in node.names}
            else:
                found |= used_by(node.module, seen)
    return found


@pytest.mark.parametrize(
    ("operation", "entry_point", "never"),
    [(SEND, "send", set()), (VERIFY, "verify", NOT_ASKED_BY_VERIFY)],
)
def test_each_function_has_the_problems_that_its_modules_raise(
    operation: str, entry_point: str, never: set[str]
) -> None:
    """What is new in a module is new in the answers of those that use it."""
    listed = {type(problem).__name__ for problem in OF_THE_FUNCTIONS[operation]}

    used = used_by(entry_point, set()) - {"Problem", "FieldError"} - never

    assert listed == used


def test_what_the_gateway_never_answers_is_one_of_its_types() -> None:
    """A typo would have it answered."""
    assert NEVER_BY_THE_GATEWAY.keys() <= {type_ for type_, _ in problems()}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_problem_is_in_the_document(operation: str) -> None:
    """With its status, code, title, and Retry-After if it may be repeated."""
    for status, among in answers(operation).items():
        response = CONTRACT.responses(operation)[str(status)]
        for answer in among:
            assert breaches(operation, answer) == []
            assert answer.name in response["content"]["application/problem+json"]["examples"]
    statuses = {"200", *map(str, answers(operation))}
    assert CONTRACT.responses(operation).keys() == statuses


def breaches(operation: str, answer: ProblemAnswer) -> list[str]:
    """Hold a problem against the document, as it would be answered."""
    written = answer.problem.answer("9ca56be0-a2ef-4074-9622-bc32c52e6e3f")
    headers = {
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        "X-Request-Id": "9ca56be0-a2ef-4074-9622-bc32c52e6e3f",
    }
    if written.retry_after is not None:
        headers["Retry-After"] = str(written.retry_after)
    return CONTRACT.breaches(operation, written.status, headers, written.body)


# --- What an answer is held against ---

PROBLEM = next(one for one in answers(SEND)[429] if one.problem.code == "Throttled")


@pytest.mark.parametrize(
    ("status", "headers", "members"),
    [
        pytest.param(418, {}, {}, id="a status"),
        pytest.param(422, {}, {}, id="a code of another status"),
        pytest.param(429, {"Retry-After": None}, {}, id="a header that is dropped"),
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
    status: int, headers: Mapping[str, str | None], members: Mapping[str, Any]
) -> None:
    """So the tests that hold real answers against it can fail."""
    right: dict[str, str | None] = {
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        "X-Request-Id": "9ca56be0-a2ef-4074-9622-bc32c52e6e3f",
        "Retry-After": "5",
    }
    body = PROBLEM.document()

    def breaches_of(status: int, headers: Mapping[str, str | None], body: Any) -> list[str]:
        given = {name: value for name, value in headers.items() if value is not None}
        return CONTRACT.breaches(SEND, status, given, json.dumps(body))

    assert breaches_of(429, right, body) == []
    assert breaches_of(status, {**right, **headers}, {**body, **members}) != []


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
    patterns = sorted(
        {
            of["pattern"]
            for model in ("SendOtpRequest", "VerifyOtpRequest")
            for of in schema(model)["properties"].values()
            if "pattern" in of
        }
    )
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


def test_numbers_that_may_be_are_those_that_are_taken() -> None:
    """And the default is one of them."""
    of, (_, least) = schema("SendOtpRequest"), EXAMPLES["SendOtpRequest"]["WhatMustBeThere"]
    for name in ("CodeLength", "ValidityPeriod", "AllowedAttempts"):
        number = of["properties"][name]
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
    for name, field in of["properties"].items():
        said = {"default", "x-when-left-out"} & field.keys()
        assert len(said) == (0 if name in of["required"] else 1), name
