"""What docs/security.md lists: what stays when the stack goes, and what scanners were told."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from docs.generate.security import acknowledgements, kept
from docs.generate.templates import resources
from infra.config import PYTHON_VERSIONS

#: How many rules of each pack may be acknowledged in production, at most; of checkov's, any.
PACKS = {
    "AwsSolutions-": 4,
    "Serverless-": 3,
    "NIST.800.53.R5-": 3,
    "HIPAA.Security-": 3,
    "PCI.DSS.321-": 3,
}
CHECKOV = "CKV_AWS_"

# The first is the template that the page quotes from; the second has all that adds to it.
PRODUCTION: dict[str, dict[str, str]] = {
    "newest": {"pythonVersion": PYTHON_VERSIONS[-1]},
    "other": {"pythonVersion": PYTHON_VERSIONS[-2], "apiGatewayLogRole": "create"},
}

Acknowledged = Mapping[tuple[str, str], list[str]]


@pytest.fixture(params=[*PRODUCTION.values()], ids=[*PRODUCTION])
def found(request: pytest.FixtureRequest) -> Acknowledged:
    """Give the acknowledgements of a production template, by resource and reason."""
    return acknowledgements(resources(profile="production", region="us-east-1", **request.param))


def test_few_rules_are_acknowledged_all_of_known_packs(found: Acknowledged) -> None:
    """A pack of which many rules do not apply would say nothing."""
    # What follows in brackets is the finding, not the rule.
    rules = {re.sub(r"\[.*", "", rule) for rules in found.values() for rule in rules}
    counted = {pack: sum(rule.startswith(pack) for rule in rules) for pack in PACKS}

    assert rules
    assert [rule for rule in rules if not rule.startswith((*PACKS, CHECKOV))] == []
    assert {pack: count for pack, count in counted.items() if count > PACKS[pack]} == {}


def test_every_acknowledgement_has_a_reason(found: Acknowledged) -> None:
    """A reason says why the rule does not apply here, and not that the scanner is wrong."""
    assert [
        resource
        for resource, reason in found
        if not reason.strip() or "false positive" in reason.lower()
    ] == []


@pytest.mark.parametrize(
    ("type_", "policy", "lines"),
    [
        ("AWS::SQS::Queue", "Retain", 1),
        ("AWS::SNS::Topic", "Delete", 0),
        # Lambda deletes all versions of a function that is deleted, retained or not.
        ("AWS::Lambda::Version", "Retain", 0),
    ],
)
def test_what_is_retained_stays(type_: str, policy: str, lines: int) -> None:
    """Whatever CloudFormation does not delete is listed, and nothing else."""
    metadata: dict[str, Any] = {"aws:cdk:path": "Stack/It/Resource"}
    resource = {"Type": type_, "DeletionPolicy": policy, "Metadata": metadata}

    assert kept({"It": resource}).count(type_) == lines
