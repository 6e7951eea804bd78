"""What security scanners are told not to mind: little, and with a reason."""

import re
from collections.abc import Mapping

import pytest

from docs.generate.security import acknowledgements
from docs.generate.templates import resources
from infra.config import PYTHON_VERSIONS

#: How many rules of each pack may be acknowledged in production, at most.
PACKS = {
    "AwsSolutions-": 4,
    "Serverless-": 3,
    "NIST.800.53.R5-": 3,
    "HIPAA.Security-": 3,
    "PCI.DSS.321-": 3,
}
CHECKOV = "CKV_AWS_"

PRODUCTION = {
    "as it is by default": {"pythonVersion": PYTHON_VERSIONS[-1]},
    "with all that adds to it": {
        "pythonVersion": PYTHON_VERSIONS[0],
        "apiGatewayLogRole": "create",
    },
}


@pytest.fixture(params=list(PRODUCTION.values()), ids=list(PRODUCTION))
def found(request: pytest.FixtureRequest) -> Mapping[tuple[str, str], list[str]]:
    """Give the acknowledgements of a production template, by resource and reason."""
    return acknowledgements(resources(profile="production", region="us-east-1", **request.param))


@pytest.mark.parametrize("pack", PACKS)
def test_few_rules_of_a_pack_are_acknowledged(
    pack: str, found: Mapping[tuple[str, str], list[str]]
) -> None:
    """A pack of which many rules do not apply would say nothing."""
    # What follows in brackets is the finding, not the rule.
    rules = {re.sub(r"\[.*", "", rule) for rules in found.values() for rule in rules}
    assert len({rule for rule in rules if rule.startswith(pack)}) <= PACKS[pack]


def test_every_rule_is_one_of_a_pack_that_is_known(
    found: Mapping[tuple[str, str], list[str]],
) -> None:
    """No other pack can slip in uncounted."""
    rules = [rule for rules in found.values() for rule in rules]
    assert rules
    assert [rule for rule in rules if not rule.startswith((*PACKS, CHECKOV))] == []


def test_every_acknowledgement_has_a_reason(found: Mapping[tuple[str, str], list[str]]) -> None:
    """A reason says why the rule does not apply here, and not that the scanner is wrong."""
    for resource, reason in found:
        assert reason.strip(), resource
        assert "false positive" not in reason.lower(), resource
