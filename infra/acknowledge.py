"""Acknowledges findings of security scanners that do not apply, on one resource, with a reason.

The reason is in the template's metadata, where an auditor reads it, and in docs/security.md.
"""

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct

# Begins the names of checkov's rules; all others are cdk-nag's.
_CHECKOV = "CKV"


def acknowledge(construct: IConstruct, reason: str, *rules: str) -> None:
    """Acknowledge findings about a resource.

    Args:
        construct: the resource, or the construct whose main resource it is.
        reason: why the rule cannot apply to it, for a reviewer.
        rules: such as `AwsSolutions-COG4`, or `CKV_AWS_117`.

    """
    resource = construct if isinstance(construct, CfnResource) else construct.node.default_child
    assert isinstance(resource, CfnResource)  # noqa: S101 - every construct given here has one
    for rule in rules:
        if rule.startswith(_CHECKOV):
            _add(resource, "checkov", "skip", {"id": rule, "comment": reason})
        else:
            Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))
            _add(resource, "cdk_nag", "rules_to_suppress", {"id": rule, "reason": reason})


def _add(resource: CfnResource, tool: str, name: str, entry: dict[str, str]) -> None:
    entries = (resource.get_metadata(tool) or {}).get(name, [])
    resource.add_metadata(tool, {name: [*entries, entry]})
