"""What a deployed role may do, read from IAM, and how to take one piece of it away for a while."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]

# A policy needs a statement; this one allows what AWS allows everybody anyway.
_NOTHING = {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}


class Policy:
    """A policy of the account that is attached to a role."""

    def __init__(self, iam: Any, arn: str) -> None:
        self._iam = iam
        self._arn = arn

    def document(self) -> Document:
        """What its default version says now."""
        version = self._iam.get_policy_version(PolicyArn=self._arn, VersionId=self._default())
        document: Document = version["PolicyVersion"]["Document"]
        return document

    @contextlib.contextmanager
    def replaced(self, document: Document) -> Iterator[None]:
        """Have it say something else, within a context."""
        before = self.document()
        self._put(document)
        try:
            yield
        finally:
            self._put(before)

    def _put(self, document: Document) -> None:
        """Make a new default version; the old one goes, because five are the most."""
        old = self._default()
        self._iam.create_policy_version(
            PolicyArn=self._arn, PolicyDocument=json.dumps(document), SetAsDefault=True
        )
        self._iam.delete_policy_version(PolicyArn=self._arn, VersionId=old)

    def _default(self) -> str:
        version: str = self._iam.get_policy(PolicyArn=self._arn)["Policy"]["DefaultVersionId"]
        return version


class Role:
    """A role of the account.

    Args:
        iam: as the account's root.
        name: the role's.

    Attributes:
        name: the role's.
        arn: the role's.

    """

    def __init__(self, iam: Any, name: str) -> None:
        self._iam = iam
        self.name = name
        self.arn: str = iam.get_role(RoleName=name)["Role"]["Arn"]

    def grants(self) -> "list[Grant]":
        """List all that its policies allow, of which none is inside the role."""
        assert self._iam.list_role_policies(RoleName=self.name)["PolicyNames"] == []
        attached = self._iam.list_attached_role_policies(RoleName=self.name)["AttachedPolicies"]
        return [
            Grant(self, policy, index, action, resource)
            for policy in (Policy(self._iam, found["PolicyArn"]) for found in attached)
            for index, statement in enumerate(_items(policy.document()["Statement"]))
            if statement["Effect"] == "Allow"
            # NotAction and NotResource have no place in these policies: a KeyError says so.
            for action in _items(statement["Action"])
            for resource in _items(statement["Resource"])
        ]


@dataclass(frozen=True)
class Grant:
    """One action on one resource, allowed by one statement.

    Attributes:
        role: whose.
        policy: which says so.
        statement: the place of the statement in the policy.
        action: such as `sqs:SendMessage`.
        resource: an ARN or a pattern.

    """

    role: Role
    policy: Policy
    statement: int
    action: str
    resource: str

    def removed(self) -> contextlib.AbstractContextManager[None]:
        """Take it, and nothing else, away within a context.

        MiniStack reads the policies anew at every call, whatever the age of the credentials: there
        is nothing to wait for, here or afterwards.
        """
        document = without(self.policy.document(), self.statement, self.action, self.resource)
        return self.policy.replaced(document)


def without(document: Document, index: int, action: str, resource: str) -> Document:
    """Leave one action on one resource out of a statement."""
    statements = _items(document["Statement"])
    statement = {name: value for name, value in statements[index].items() if name != "Sid"}
    actions, resources = _items(statement["Action"]), _items(statement["Resource"])
    rest = [
        statement | {"Action": [other for other in actions if other != action]},
        statement
        | {"Action": [action], "Resource": [other for other in resources if other != resource]},
    ]
    left = [
        *statements[:index],
        *(part for part in rest if part["Action"] and part["Resource"]),
        *statements[index + 1 :],
    ]
    return {**document, "Statement": left or [_NOTHING]}


def _items(one_or_more: Any) -> list[Any]:
    """Read what IAM lets a policy write alone or as a list."""
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
