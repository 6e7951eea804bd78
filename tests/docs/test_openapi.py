"""docs/openapi.json is valid, its examples fit its schemas, and no problem is missing."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic_core import SchemaValidator

from docs.generate.answers import NEVER_BY_THE_GATEWAY, OF_THE_FUNCTIONS, SEND, VERIFY
from docs.generate.requests import schema
from infra.api.gateway_responses import problems
from lambda_src.otp.contract.request import SendOtpRequest, parse_send_otp
from tests.support.openapi import Contract

from .problems import CLASSES
from .runbook import ROOT

CONTRACT = Contract.read()
TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text()
MODELS = ("SendOtpRequest", "VerifyOtpRequest")

#: Texts for every rule, and texts that languages treat differently: line ends, and characters that
#: need more than 16 bits.
TEXTS = [
    *("", "+12065550100", "12345", "a b", "+1", "+0123", "٣٤٥٦٧", "+١٢٠٦٥٥٥٠"),
    *("a\n", "12345\n", "+12065550100\n", "a\r", "a\u2028", "\na", "a\nb"),
    *(text * length for text in ("x", "\N{PILE OF POO}") for length in (20, 21, 48, 50, 256, 257)),
]


def test_document_is_openapi() -> None:
    """Checked with the OpenAPI Initiative's own schema for 3.1, and every reference resolves."""
    OpenAPIV31SpecValidator(dict(CONTRACT.document)).validate()


def examples() -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield every example with its schema."""
    for operation in (SEND, VERIFY):
        contents = [CONTRACT.request(operation)]
        for response in CONTRACT.responses(operation).values():
            contents += response["content"].values()
        for content in contents:
            for example in content["examples"].values():
                yield content["schema"], example["value"]
    components = CONTRACT.document["components"]
    for model in MODELS:
        for of in components["schemas"][model]["properties"].values():
            yield of, of["examples"][0]
    for of in components["headers"].values():
        yield of["schema"], of["example"]


def test_every_example_fits_its_schema() -> None:
    """No example has a member that the schema does not describe."""
    assert [error for of, value in examples() for error in CONTRACT.errors(of, value)] == []


def test_examples_of_a_send_are_accepted() -> None:
    """By the function's own check; one example shows every field."""
    shown = [of["value"] for of in CONTRACT.request(SEND)["examples"].values()]

    assert [parse_send_otp(value) for value in shown] == shown
    assert SendOtpRequest.model_fields.keys() in [value.keys() for value in shown]


def test_every_problem_is_documented() -> None:
    """Add a new class to docs/generate/answers.py, and its code to docs/troubleshooting.md."""
    placed = {type(problem) for of in OF_THE_FUNCTIONS.values() for problem in of}
    placed |= {type(problem) for _, problem in problems()}

    assert placed == CLASSES
    assert [kind.code for kind in CLASSES if kind.code not in TROUBLESHOOTING] == []
    assert NEVER_BY_THE_GATEWAY.keys() <= {type_ for type_, _ in problems()}


def test_patterns_mean_the_same_in_javascript_and_pydantic() -> None:
    """For every character of Unicode, and for texts of all kinds."""
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
    fields = [of for model in MODELS for of in schema(model)["properties"].values()]
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
