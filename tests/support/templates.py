"""The stack's template, rendered for assertions."""

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.config import Config
from infra.stack import OtpStack
from tests.support import cfn

#: The functions by the names in their logical IDs, and their paths.
PATHS = {"Send": "/otp", "Verify": "/otp/verify"}
FUNCTIONS = tuple(PATHS)

ROOT = Path(__file__).resolve().parent.parent.parent
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

#: A stand-in for the functions' code: templates need an asset, and bundling takes seconds.
CODE = Path(__file__).resolve().parent / "code"

APPLICATION_ID = "7353f53e6885409fa32d07cedexample"

#: The profile production names its region; dev takes that of the credentials.
REGION = "eu-west-1"
PRODUCTION: dict[str, Any] = {"profile": "production", "region": REGION}

#: The required settings, as text, as `-c key=value` passes them.
CONTEXT: dict[str, Any] = {
    "applicationId": APPLICATION_ID,
    "originationIdentity": "+18555550142",
    "brandName": "ExampleCorp",
    "allowedCountries": "US,CA",
}


def context(**changes: Any) -> dict[str, Any]:
    """Return the required settings with changes; None removes a key."""
    changed = {**CONTEXT, **changes}
    return {key: value for key, value in changed.items() if value is not None}


def pairs(given: str) -> dict[str, str]:
    """Parse `key=value` pairs separated by spaces."""
    return dict(pair.split("=", 1) for pair in given.split())


def cdk_context() -> dict[str, Any]:
    """Return the CDK's feature flags of cdk.json, which change the template."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags


@dataclass(frozen=True, slots=True)
class Resource:
    """One rendered resource; `whole` includes its metadata and dependencies."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    whole: Mapping[str, Any]

    @property
    def ref(self) -> str:
        """A rendered `Ref` to it."""
        return f"${{{self.logical_id}}}"

    def attribute(self, name: str) -> str:
        """Return a rendered `Fn::GetAtt` of it."""
        return f"${{{self.logical_id}.{name}}}"


class RenderedTemplate:
    """A template with its intrinsic functions rendered as text: `arn:${AWS::Partition}:…`."""

    def __init__(self, template: Mapping[str, Any], *, region: str = "${AWS::Region}") -> None:
        self.region = region
        self.raw = template
        # The CDK writes a literal partition if it knows the region.
        self._partition = "${AWS::Partition}" if "$" in region else "aws"
        self.resources = [
            Resource(name, resource["Type"], resource.get("Properties", {}), resource)
            for name, resource in _render(template["Resources"]).items()
        ]
        self.outputs: Mapping[str, Mapping[str, Any]] = _render(template.get("Outputs", {}))

    def all(self, type_: str) -> list[Resource]:
        """Return the resources of a type."""
        return [resource for resource in self.resources if resource.type == type_]

    def only(self, type_: str) -> Resource:
        """Return the only resource of a type."""
        [resource] = self.all(type_)
        return resource

    def named(self, type_: str, part: str) -> Resource:
        """Return the only resource of a type whose logical ID contains `part`."""
        [resource] = [found for found in self.all(type_) if part in found.logical_id]
        return resource

    @property
    def key(self) -> str | None:
        """The ARN of the customer managed key, if there is one."""
        keys = self.all(cfn.KEY)
        return keys[0].attribute("Arn") if keys else None

    def arn(self, service: str, resource: str, account: str = "${AWS::AccountId}") -> str:
        """Return an ARN in this account and the stack's region."""
        return f"arn:{self._partition}:{service}:{self.region}:{account}:{resource}"

    def mentions(self, logical_id: str) -> set[str]:
        """Return the names of the resources and outputs that refer to a resource."""
        reference = re.compile(re.escape("${" + logical_id) + r"[.}]")
        everything = {resource.logical_id: resource.whole for resource in self.resources}
        return {
            name
            for name, value in {**everything, **self.outputs}.items()
            if reference.search(json.dumps(value))
        }


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A template, its folder, and cdk-nag's findings as pairs of rule and construct."""

    template: RenderedTemplate
    findings: set[tuple[str, str]]
    folder: Path


@dataclass(frozen=True, slots=True)
class Others:
    """Two stacks of one app: ours in America, and another team's that contains two services."""

    america: RenderedTemplate
    america_stack: cdk.Stack
    theirs: RenderedTemplate


def create_app(folder: Path) -> cdk.App:
    """Create an app with the feature flags of cdk.json."""
    return cdk.App(outdir=str(folder), context=cdk_context())


def create_stack(folder: Path, **changes: Any) -> OtpStack:
    """Create the stack from the required settings with changes, with CODE as its code."""
    config = Config.from_context(context(**changes))
    return OtpStack(create_app(folder), "Otp", config=config, code=CODE)


def rendered(stack: cdk.Stack) -> RenderedTemplate:
    """Render a stack's template; synthesizes the app if that has not happened yet."""
    app = cdk.Stage.of(stack)
    assert app
    template = Path(app.outdir, stack.template_file)
    if not template.exists():
        app.synth()
    return RenderedTemplate(
        json.loads(template.read_text()),
        region="${AWS::Region}" if cdk.Token.is_unresolved(stack.region) else stack.region,
    )


def allowed(actions: str | list[str], resource: str | list[str]) -> dict[str, Any]:
    """Return a statement that allows actions on resources unconditionally."""
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def method_arn(template: RenderedTemplate, function: str, stage: str) -> str:
    """Return the ARN of a function's method in a stage of the API."""
    return template.arn(
        "execute-api", f"{template.only(cfn.API).ref}/{stage}/POST{PATHS[function]}"
    )


def aliases(template: RenderedTemplate) -> list[str]:
    """Return rendered references to the functions' aliases."""
    assert len(template.all(cfn.ALIAS)) == len(FUNCTIONS)
    return [template.named(cfn.ALIAS, f"{function}Live").ref for function in FUNCTIONS]


def _render(value: Any) -> Any:
    match value:
        case {"Fn::Select": [int() as index, parts]}:
            rendered = f"{_render(parts)}[{index}]"
        case {"Fn::Split": [separator, text]}:
            rendered = f"{_render(text)}.split({separator})"
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
