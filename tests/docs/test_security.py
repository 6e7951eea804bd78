"""docs/security.md: what is said to stay when the stack goes."""

from typing import Any

from docs.generate.security import kept


def resource(type_: str, policy: str) -> dict[str, Any]:
    """Write a resource of a template."""
    return {
        "Type": type_,
        "DeletionPolicy": policy,
        "Metadata": {"aws:cdk:path": f"Stack/{type_}/Resource"},
    }


def test_what_is_retained_stays() -> None:
    """Whatever CloudFormation does not delete is named, and nothing else."""
    page = kept(
        {
            "Queue": resource("AWS::SQS::Queue", "Retain"),
            "Topic": resource("AWS::SNS::Topic", "Delete"),
        }
    )
    assert "AWS::SQS::Queue" in page
    assert "AWS::SNS::Topic" not in page


def test_version_goes_with_its_function() -> None:
    """Lambda deletes all versions of a function that is deleted, retained or not."""
    assert "Version" not in kept({"Version": resource("AWS::Lambda::Version", "Retain")})
