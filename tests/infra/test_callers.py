"""The managed policies for callers and for pausing, and the grants for other constructs."""

from pathlib import Path

import aws_cdk as cdk
import pytest

from docs.examples.another_team import LoginStack
from infra.config import Config, ConfigError
from infra.service import OtpService
from tests.support import cfn
from tests.support.templates import (
    FUNCTIONS,
    PATHS,
    PRODUCTION,
    REGION,
    Others,
    RenderedTemplate,
    aliases,
    allowed,
    context,
    create_app,
    method_arn,
    rendered,
)


def test_policies_to_attach_are_exactly_these(template: RenderedTemplate) -> None:
    """Pausing is restricted to two items: any other key could free a ReferenceId.

    The stack attaches the policies to nobody. A changed description would replace a policy, and its
    users would keep the old one.
    """
    items = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"]
    leading = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["paused", "guard"]}}
    of_the_key = [
        *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
        *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    ]
    through = {"StringEquals": {"kms:ViaService": [f"dynamodb.{REGION}.amazonaws.com"]}}
    switch = allowed(items, template.only(cfn.TABLE).attribute("Arn"))
    key = {**allowed(of_the_key, template.key or ""), "Condition": through}
    methods = [method_arn(template, function, "v1") for function in FUNCTIONS]
    caller = [
        allowed("execute-api:Invoke", methods),
        allowed("lambda:InvokeFunction", aliases(template)),
    ]
    pause = [{**switch, "Condition": leading}, *([key] if template.key else [])]
    expected = {
        "Caller": (
            "May send and verify OTPs, through the API or by invoking the functions",
            caller,
        ),
        "Pause": ("May pause sending, and let it go on", pause),
    }
    for name, (description, statements) in expected.items():
        policy = template.named(cfn.MANAGED_POLICY, name)
        assert policy.properties["PolicyDocument"]["Statement"] == statements
        assert policy.properties["Description"] == description
        assert policy.properties.keys() == {"Description", "Path", "PolicyDocument"}
        assert template.mentions(policy.logical_id) == {f"{name}PolicyArn"}


def test_grants_give_a_role_the_aliases_or_the_methods_only(others: Others) -> None:
    """Neither functions nor versions, nor anything of another service."""
    theirs = others.theirs
    stage = f"{theirs.named(cfn.API, 'Login').ref}/v1/POST"
    methods = [theirs.arn("execute-api", f"{stage}{path}") for path in PATHS.values()]
    of_login = [theirs.named(cfn.ALIAS, f"Login{function}").ref for function in FUNCTIONS]
    assert len(theirs.all("AWS::IAM::Policy")) == 2
    for name, granted in (
        ("Invoker", allowed("lambda:InvokeFunction", of_login)),
        ("ApiCaller", allowed("execute-api:Invoke", methods)),
    ):
        policy = theirs.named("AWS::IAM::Policy", name).properties
        assert policy["PolicyDocument"]["Statement"] == [granted]


def test_the_example_of_another_teams_stack_synthesizes(tmp_path: Path) -> None:
    """Its login function may invoke the two aliases and nothing else."""
    template = rendered(LoginStack(create_app(tmp_path), "Login", region=REGION))

    login = template.named("AWS::IAM::Policy", "Login").properties["PolicyDocument"]["Statement"]
    assert login == [allowed("lambda:InvokeFunction", aliases(template))]
    assert template.named(cfn.FUNCTION, "Login").properties["Environment"]["Variables"] == {
        "SEND_FUNCTION_ARN": template.named(cfn.ALIAS, "Send").ref,
        "VERIFY_FUNCTION_ARN": template.named(cfn.ALIAS, "Verify").ref,
    }


def test_a_service_in_a_stack_of_another_region_is_refused(tmp_path: Path) -> None:
    """The key would be in another region than the table."""
    stack = cdk.Stack(create_app(tmp_path), "Theirs", env=cdk.Environment(region="us-east-1"))
    config = Config.from_context(context(**PRODUCTION))
    with pytest.raises(ConfigError, match=r"^region=eu-west-1, and the stack has us-east-1"):
        OtpService(stack, "Otp", config=config)
