"""What a deployed role may do, read from IAM, and how to take one piece of it away for a while."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

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
        return str(self._iam.get_policy(PolicyArn=self._arn)["Policy"]["DefaultVersionId"])


class Role:
    """A role of the account, with its name and its ARN."""

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


class Grant(NamedTuple):
    """One action on one resource, allowed by one statement, which has a place in its policy."""

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
        document = self.policy.document()
        statements = _items(document["Statement"])
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
        return self.policy.replaced({**document, "Statement": statements or [_NOTHING]})


def _items(one_or_more: Any) -> list[Any]:
    """Read what IAM lets a policy write alone or as a list."""
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
