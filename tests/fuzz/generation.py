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
from tests.support.openapi import PATH, Contract

SEED_OPTION = "--seed"
#: Set by the option: the requests are chosen when the tests are collected.
SEED_VARIABLE = "OTP_FUZZ_SEED"

TEXTED = "+12065550100"
#: Numbers that play failures, but for the one whose answer takes seconds: tests/e2e has that.
FAILING = tuple(f"+1206555{last:04}" for last in (*range(101, 108), 109, 110))

# For each operation, beside the examples and the boundaries of every field.
_GENERATED = 500

#: The ReferenceIds of the document's examples.
EXAMPLES = frozenset(
    example["value"]["ReferenceId"]
    for operation in Contract.read().operations
    for example in Contract.read().request(operation)["examples"].values()
)

# Few, so that they come again.
_REFERENCE_IDS = tuple(f"again-{place}" for place in range(8))

# What is accepted, as far as a schema knows: the rest is about numbers, the record, and Pinpoint.
_ACCEPTED = ["200", "403", "409", "422", "429", "503", "504"]
_REFUSED = ["400", "415"]


def schema() -> schemathesis.BaseSchema:
    """Read the document, to make requests of it."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed(),
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
    document = json.loads(PATH.read_text())
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.hook("flatmap_case")(_steered)
    return schema


def seed() -> int:
    """Give the seed that was asked for."""
    return int(os.environ[SEED_VARIABLE])


def of_its_own(case: schemathesis.Case[Any], place: int) -> None:
    """Give a valid request that tries a field's boundaries a ReferenceId of its own.

    They all come with the same one, that of the example, and one alone would be texted.
    """
    meta, body = case.meta, case.body
    if meta is None or meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if meta.phase.name is TestPhase.COVERAGE and isinstance(body, dict):
        reference_id = body["ReferenceId"]
        if reference_id in EXAMPLES:
            case.body = {**body, "ReferenceId": f"{reference_id}-{place}"}


def _steered(
    _context: schemathesis.HookContext, case: schemathesis.Case[Any]
) -> strategies.SearchStrategy[schemathesis.Case[Any]]:
    """Lead most of what is valid to where it is texted, and some of it there again."""
    body = case.body
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return strategies.just(case)
    if not isinstance(body, dict):
        return strategies.just(case)

    # To a schema 2.0 is a whole number, and the document can only say in words that it is refused.
    body = {name: int(value) if isinstance(value, float) else value for name, value in body.items()}

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

    return strategies.builds(
        steer,
        strategies.sampled_from(
            ["again", "other again", "real", "real", "number", "number", "number", "as it is"]
        ),
        strategies.sampled_from([*[TEXTED] * 6, *FAILING]),
        strategies.sampled_from(_REFERENCE_IDS),
    )
