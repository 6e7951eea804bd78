"""The grants of a deployed role, as IAM lists them, and a way to remove one of them for a while."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# A policy needs a statement, and AWS allows this action to everybody.
_NOTHING = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}


class Role:
    """A role of the account."""

    def __init__(self, iam: Any, name: str) -> None:
        self.iam = iam
        self.name = name
        self.arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]

    def grants(self) -> "list[Grant]":
        """List everything that the attached policies allow; an inline policy is an error."""
        assert self.iam.list_role_policies(RoleName=self.name)["PolicyNames"] == []
        attached = self.iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]
        return [
            Grant(self, found["PolicyArn"], index, action, resource)
            for found in attached
            for index, statement in enumerate(_statements(_document(self.iam, found["PolicyArn"])))
            if statement["Effect"] == "Allow"
            # A KeyError here is a NotAction or NotResource, which these policies must not have.
            for action in _items(statement["Action"])
            for resource in _items(statement["Resource"])
        ]


class Grant(NamedTuple):
    """One action on one resource, allowed by a statement at an index of a policy."""

    role: Role
    policy_arn: str
    statement: int
    action: str
    resource: str

    @contextlib.contextmanager
    def removed(self) -> Iterator[None]:
        """Remove only this grant for a while; MiniStack reads the policies at every call."""
        before = _document(self.role.iam, self.policy_arn)
        statements = _statements(before)
        statement = {**statements[self.statement], "Sid": "Left"}
        actions, resources = _items(statement["Action"]), _items(statement["Resource"])
        other_actions = [other for other in actions if other != self.action]
        other_resources = [other for other in resources if other != self.resource]
        parts = [
            {**statement, "Action": other_actions},
            {**statement, "Sid": "Rest", "Action": [self.action], "Resource": other_resources},
        ]
        statements[self.statement : self.statement + 1] = [
            part for part in parts if part["Action"] and part["Resource"]
        ]
        self._put({**before, "Statement": statements or [_NOTHING]})
        try:
            yield
        finally:
            self._put(before)

    def _put(self, document: Mapping[str, Any]) -> None:
        """Replace the default version; a policy can have only five versions."""
        iam, arn = self.role.iam, self.policy_arn
        old = _default_version(iam, arn)
        iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True
        )
        iam.delete_policy_version(PolicyArn=arn, VersionId=old)


def _document(iam: Any, arn: str) -> Mapping[str, Any]:
    version = iam.get_policy_version(PolicyArn=arn, VersionId=_default_version(iam, arn))
    document: Mapping[str, Any] = version["PolicyVersion"]["Document"]
    return document


def _default_version(iam: Any, arn: str) -> str:
    return str(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"])


def _statements(document: Mapping[str, Any]) -> list[Any]:
    return [*_items(document["Statement"])]


def _items(one_or_more: Any) -> list[Any]:
    """Make a list of what IAM accepts as one item or as a list."""
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
