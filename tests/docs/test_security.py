"""What docs/security.md lists: what stays when the stack goes, and what scanners were told."""

from typing import Any

import pytest

from docs.generate.security import acknowledgements, kept
from docs.generate.templates import resources
from infra.config import PYTHON_VERSIONS


def test_every_acknowledgement_has_a_reason() -> None:
    """A reason says why the rule does not apply here, and not that the scanner is wrong."""
    # With the older Python and the log role, other rules have something to say.
    production = resources(
        profile="production",
        region="us-east-1",
        pythonVersion=PYTHON_VERSIONS[-2],
        apiGatewayLogRole="create",
    )
    found = acknowledgements(production)

    assert found
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
