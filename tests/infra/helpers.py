"""What the tests of the stack share."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

APPLICATION_ID = "7353f53e6885409fa32d07cedexample"

#: The least that an operator sets, as text, the way `-c key=value` gives it.
CONTEXT: dict[str, Any] = {
    "applicationId": APPLICATION_ID,
    "originationIdentity": "+18555550142",
    "brandName": "ExampleCorp",
    "allowedCountries": "US,CA",
}


def context(**changes: Any) -> dict[str, Any]:
    """Give the least context with changes; None takes a key away."""
    changed = {**CONTEXT, **changes}
    return {key: value for key, value in changed.items() if value is not None}


def cdk_context() -> dict[str, Any]:
    """Give the CDK's feature flags, which decide on the template as much as the code does."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a template, rendered.

    Attributes:
        logical_id: its name in the template.
        type: such as `AWS::Lambda::Function`.
        properties: what CloudFormation is told about it.
        whole: everything in the template about it.

    """

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    whole: Mapping[str, Any]

    @property
    def ref(self) -> str:
        """What a reference to it looks like, rendered."""
        return f"${{{self.logical_id}}}"

    def attribute(self, name: str) -> str:
        """Give what a reference to one of its attributes looks like, rendered."""
        return f"${{{self.logical_id}.{name}}}"


class RenderedTemplate:
    """A template whose intrinsic functions are written as text: `arn:${AWS::Partition}:…`.

    Args:
        template: as CloudFormation gets it.

    Attributes:
        resources: all of them.
        outputs: by name.

    """

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.resources = [
            Resource(name, resource["Type"], resource.get("Properties", {}), resource)
            for name, resource in _render(template["Resources"]).items()
        ]
        self.outputs: Mapping[str, Mapping[str, Any]] = _render(template.get("Outputs", {}))

    def all(self, type_: str) -> list[Resource]:
        """Give the resources of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def only(self, type_: str) -> Resource:
        """Give the one resource of a type."""
        [resource] = self.all(type_)
        return resource

    def statements(self) -> list[Mapping[str, Any]]:
        """Give every statement of every policy of whatever resource."""
        return _statements([resource.whole for resource in self.resources])

    def mentions(self, logical_id: str) -> set[str]:
        """Give the names of the resources and outputs that refer to a resource."""
        reference = re.compile(re.escape("${" + logical_id) + r"[.}]")
        everything = {resource.logical_id: resource.whole for resource in self.resources}
        return {
            name
            for name, value in {**everything, **self.outputs}.items()
            if reference.search(json.dumps(value))
        }


def _render(value: Any) -> Any:
    match value:
        case {"Ref": name}:
            rendered = f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            rendered = f"${{{name}.{attribute}}}"
        case {"Fn::Join": [separator, parts]}:
            rendered = separator.join(_render(part) for part in parts)
        case {"Fn::Sub": str(text)}:
            rendered = text
        case dict():
            unknown = [key for key in value if key.startswith("Fn::")]
            assert not unknown, f"teach the tests to render {unknown}"
            return {key: _render(member) for key, member in value.items()}
        case list():
            return [_render(member) for member in value]
        case _:
            return value
    assert len(value) == 1, f"more than an intrinsic function: {value}"
    return rendered


def _statements(value: Any) -> list[Mapping[str, Any]]:
    """Find what is under a key `Statement`, however deep."""
    if isinstance(value, list):
        return [statement for member in value for statement in _statements(member)]
    if not isinstance(value, dict):
        return []
    return [*value.get("Statement", []), *_statements(list(value.values()))]
