"""Where the requests come from: the document, and numbers that may be texted."""

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

#: Another one makes other requests.
SEED = int(os.environ.get("FUZZ_SEED", "0"))

TEXTED = "+12065550100"
#: Numbers that play failures, but for the one whose answer takes seconds: tests/e2e has that.
FAILING = tuple(f"+1206555{last:04}" for last in (*range(101, 108), 109, 110))

_DOCUMENT = PATH.read_text()

# For each operation, beside the examples and the boundaries of every field.
_GENERATED = 500

# Few, so that they come again.
_REFERENCE_IDS = tuple(f"again-{place}" for place in range(8))

# What is accepted, as far as a schema knows: the rest is about numbers, the record, and Pinpoint.
_ACCEPTED = ["200", "403", "409", "422", "429", "503", "504"]
_REFUSED = ["400", "415"]


def schema(operation: str) -> schemathesis.BaseSchema:
    """Read the document, to make requests of one operation."""
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
            # API Gateway answers 403 where other servers say 405.
            "phases": {"coverage": {"unexpected-methods": []}},
        }
    )
    schema = schemathesis.openapi.from_dict(json.loads(_DOCUMENT), config=config)
    schema.hook("flatmap_case")(_steered)
    return schema.include(operation_id=operation)


def is_valid(case: schemathesis.Case[Any]) -> bool:
    """Say whether a request is one that the document allows."""
    return case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE


def of_its_own(case: schemathesis.Case[Any], place: int) -> None:
    """Give a valid request that tries a field's boundaries a ReferenceId of its own.

    They all come with the same one, that of the example, and one alone would be texted.
    """
    meta, body = case.meta, case.body
    of_a_boundary = is_valid(case) and meta and meta.phase.name is TestPhase.COVERAGE
    if of_a_boundary and isinstance(body, dict) and f'"{body["ReferenceId"]}"' in _DOCUMENT:
        case.body = {**body, "ReferenceId": f"{body['ReferenceId']}-{place}"}


def _steered(
    _context: schemathesis.HookContext, case: schemathesis.Case[Any]
) -> strategies.SearchStrategy[schemathesis.Case[Any]]:
    """Lead most of what is valid to where it is texted, and some of it there again."""
    if not is_valid(case) or not isinstance(case.body, dict):
        return strategies.just(case)

    # To a schema 2.0 is a whole number, and the document can only say in words that it is refused.
    body = {name: int(of) if isinstance(of, float) else of for name, of in case.body.items()}
    # Nor can it say that something of a name must be seen.
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
