"""Who may call: the policy for callers, and the grants for other constructs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from constructs import Construct

from docs.examples.another_team import LoginStack
from infra.config import Config, ConfigError
from infra.service import OtpService

from .helpers import (
    ALIAS,
    FUNCTIONS,
    MANAGED_POLICY,
    REGION,
    RenderedTemplate,
    aliases,
    allowed,
    context,
    create_app,
    method_arn,
    rendered,
)

STAGE_NAME = "v1"


def methods(template: RenderedTemplate) -> list[str]:
    """Write the ARNs of the methods of both functions."""
    return [method_arn(template, function, STAGE_NAME) for function in FUNCTIONS]


def test_caller_policy_allows_the_methods_and_the_aliases_and_nothing_else(
    template: RenderedTemplate,
) -> None:
    """Whoever gets the policy may do both in the two ways there are; it is attached to nobody."""
    properties = template.named(MANAGED_POLICY, "Caller").properties
    assert properties.keys() == {"Description", "Path", "PolicyDocument"}
    assert properties["PolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            allowed("execute-api:Invoke", methods(template)),
            allowed("lambda:InvokeFunction", aliases(template)),
        ],
    }


@dataclass(frozen=True)
class Granting:
    """A stack of another team's, with the service in it and a role that calls.

    Attributes:
        template: the stack's.
        statements: of the policies of each role of the team, by the role's construct ID.

    """

    template: RenderedTemplate
    statements: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def granting(tmp_path_factory: pytest.TempPathFactory) -> Granting:
    """Synthesize the service inside another stack, with grants to roles of another construct."""
    stack = cdk.Stack(create_app(tmp_path_factory.mktemp("granting")), "Theirs")
    service = OtpService(stack, "Otp", config=Config.from_context(context()))
    team = Construct(stack, "Team")
    roles = {
        name: iam.Role(team, name, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        for name in ("Invoker", "ApiCaller", "Stranger")
    }
    service.grant_invoke(roles["Invoker"])
    service.grant_invoke_api(roles["ApiCaller"])
    template = rendered(stack)
    policies = [policy.properties for policy in template.all("AWS::IAM::Policy")]
    logical_ids = {
        name: stack.resolve(role.role_arn)["Fn::GetAtt"][0] for name, role in roles.items()
    }
    return Granting(
        template,
        {
            name: [
                statement
                for policy in policies
                if f"${{{logical_id}}}" in policy["Roles"]
                for statement in policy["PolicyDocument"]["Statement"]
            ]
            for name, logical_id in logical_ids.items()
        },
    )


def test_grant_invoke_gives_a_role_the_aliases_only(granting: Granting) -> None:
    """Another construct's role may invoke the aliases: neither the functions nor any version."""
    assert granting.statements["Invoker"] == [
        allowed("lambda:InvokeFunction", aliases(granting.template))
    ]


def test_grant_invoke_api_gives_a_role_the_methods_only(granting: Granting) -> None:
    """Another construct's role may call both methods in the stage."""
    assert granting.statements["ApiCaller"] == [
        allowed("execute-api:Invoke", methods(granting.template))
    ]


def test_role_without_a_grant_gets_nothing(granting: Granting) -> None:
    """A role that was granted nothing has no policy at all."""
    assert granting.statements["Stranger"] == []


def test_caller_policy_is_never_replaced(minimal: RenderedTemplate) -> None:
    """Its description can only be replaced with it, and callers would keep the old one."""
    assert minimal.named(MANAGED_POLICY, "Caller").properties["Description"] == (
        "May send and verify OTPs, through the API or by invoking the functions"
    )


def test_example_of_another_teams_stack_synthesizes(tmp_path: Path) -> None:
    """What the documentation shows works, and grants no more than it says."""
    stack = LoginStack(create_app(tmp_path), "Login", region=REGION)

    template = rendered(stack)

    [login] = [
        policy.properties["PolicyDocument"]["Statement"]
        for policy in template.all("AWS::IAM::Policy")
        if "Login" in policy.logical_id
    ]
    assert login == [allowed("lambda:InvokeFunction", aliases(template))]
    function = template.named("AWS::Lambda::Function", "Login")
    assert function.properties["Environment"]["Variables"] == {
        "SEND_FUNCTION_ARN": template.named(ALIAS, "Send").ref,
        "VERIFY_FUNCTION_ARN": template.named(ALIAS, "Verify").ref,
    }


def test_service_in_a_stack_of_another_region_is_refused(tmp_path: Path) -> None:
    """The key would be created where the table is not."""
    stack = cdk.Stack(create_app(tmp_path), "Theirs", env=cdk.Environment(region="us-east-1"))
    config = Config.from_context(context(profile="production", region=REGION))
    with pytest.raises(ConfigError, match=r"^region=eu-west-1, and the stack has us-east-1"):
        OtpService(stack, "Otp", config=config)


def test_service_has_documented_parts(tmp_path: Path) -> None:
    """The public attributes are these, each said in the docstring, for others to build on."""
    stack = cdk.Stack(create_app(tmp_path), "Theirs")
    service = OtpService(stack, "Otp", config=Config.from_context(context()))
    public = {name for name in vars(service) if not name.startswith("_")}
    assert public == {
        *("alarms", "api", "application_id", "caller_policy", "dashboard", "key"),
        *("pause_policy", "send", "table", "verify"),
    }
    assert OtpService.__doc__
    assert all(re.search(rf"^ +{name}: ", OtpService.__doc__, re.MULTILINE) for name in public)
