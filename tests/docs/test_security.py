"""What docs/security.md lists: what stays when the stack goes."""

from typing import Any

import pytest

from docs.generate.security import kept


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
