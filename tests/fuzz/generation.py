"""Generates the requests from the document, and steers them to numbers that can be texted."""

import json
import os
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from tests.support.numbers import number_for
from tests.support.openapi import PATH

#: A different seed generates different requests.
SEED = int(os.environ.get("FUZZ_SEED", "0"))

TEXTED = "+12065550100"
#: Reserved numbers that simulate failures, except the slow one, which tests/e2e uses.
FAILING = tuple(f"+1206555{last:04}" for last in (*range(101, 108), 109, 110))

_DOCUMENT = PATH.read_text()

# For each operation, in addition to the examples and the boundaries of every field.
_GENERATED = 500

# Few, so that they repeat.
_REFERENCE_IDS = tuple(f"again-{place}" for place in range(8))

# Statuses of requests that fit the schema: number, record or Pinpoint may still refuse them.
_ACCEPTED = ["200", "403", "409", "422", "429", "503", "504"]
_REFUSED = ["400", "415"]


def schema() -> schemathesis.BaseSchema:
    """Load the document and configure the generation."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "generation": {
                "mode": "all",
                "max-examples": _GENERATED,
                "database": "none",
                "with-security-parameters": False,
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": _ACCEPTED},
                "negative_data_rejection": {"expected-statuses": _REFUSED},
            },
            # API Gateway answers 403 instead of 405.
            "phases": {"coverage": {"unexpected-methods": []}},
        }
    )
    schema = schemathesis.openapi.from_dict(json.loads(_DOCUMENT), config=config)
    schema.hook("flatmap_case")(_steered)
    return schema


def is_valid(case: schemathesis.Case[Any]) -> bool:
    """Tell whether a request was generated as valid."""
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def of_its_own(case: schemathesis.Case[Any], place: int) -> None:
    """Make a valid boundary request's ReferenceId unique: repeats of the example's do not text."""
    meta, body = case.meta, case.body
    of_a_boundary = is_valid(case) and meta and meta.phase.name is TestPhase.COVERAGE
    if of_a_boundary and isinstance(body, dict) and f'"{body["ReferenceId"]}"' in _DOCUMENT:
        case.body = {**body, "ReferenceId": f"{body['ReferenceId']}-{place}"}


def _steered(
    _context: schemathesis.HookContext, case: schemathesis.Case[Any]
) -> strategies.SearchStrategy[schemathesis.Case[Any]]:
    """Steer most valid requests to numbers that can be texted, some as repeats."""
    if not is_valid(case) or not isinstance(case.body, dict):
        return strategies.just(case)

    # A JSON schema counts 2.0 as an integer, but the service refuses it.
    body = {name: int(of) if isinstance(of, float) else of for name, of in case.body.items()}
    # Nor can a schema require a visible character in a name.
    body |= {name: f"B{str(of)[1:]}" for name, of in body.items() if name == "BrandName"}

    def steer(kind: str, number: str, reference_id: str) -> schemathesis.Case[Any]:
        steered: dict[str, Any] = {**body}
        if kind == "again":
            only = {"Otp": body["Otp"]} if "Otp" in body else {}
            steered = {"ReferenceId": reference_id, "DestinationIdentity": TEXTED, **only}
        elif kind == "other again":
            steered["ReferenceId"] = reference_id
        elif kind == "real":
            steered["DestinationIdentity"] = number_for(str(body["ReferenceId"]))
        elif kind == "number":
            steered["DestinationIdentity"] = number
        case.body = steered
        return case

    kinds = ["again", "other again", "real", "real", "number", "number", "number", "as it is"]
    return strategies.builds(
        steer,
        strategies.sampled_from(kinds),
        strategies.sampled_from([*[TEXTED] * 6, *FAILING]),
        strategies.sampled_from(_REFERENCE_IDS),
    )
