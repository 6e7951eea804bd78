"""Who may call, and who may pause: the policies, and the grants for other constructs."""

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from docs.examples.another_team import LoginStack
from infra.config import Config, ConfigError
from infra.service import OtpService
from lambda_src.otp.rules.pause import ITEM
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


def statement_about_the_key(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Write what whoever pauses needs to write to a table that a customer's key encrypts."""
    if not template.key:
        return []
    actions = [
        *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
        *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    ]
    through = {"kms:ViaService": [f"dynamodb.{REGION}.amazonaws.com"]}
    return [{**allowed(actions, template.key), "Condition": {"StringEquals": through}}]


def test_policies_to_attach_allow_this_and_nothing_else(template: RenderedTemplate) -> None:
    """A caller may do both in the two ways there are; whoever is on call may touch the switch.

    That is one item of the one table: with another one, a ReferenceId could be freed. They are
    attached to nobody. And they are never replaced, which a change of their description would do:
    whoever has one would keep the old.
    """
    assert ITEM == "paused"
    switch = {
        **allowed(
            ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"],
            template.only(cfn.TABLE).attribute("Arn"),
        ),
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["paused"]}},
    }
    expected = {
        "Caller": (
            "May send and verify OTPs, through the API or by invoking the functions",
            [
                allowed(
                    "execute-api:Invoke",
                    [method_arn(template, function, "v1") for function in FUNCTIONS],
                ),
                allowed("lambda:InvokeFunction", aliases(template)),
            ],
        ),
        "Pause": (
            "May pause sending, and let it go on",
            [switch, *statement_about_the_key(template)],
        ),
    }
    for name, (description, statements) in expected.items():
        policy = template.named(cfn.MANAGED_POLICY, name)
        assert policy.properties == {
            "Description": description,
            "Path": "/",
            "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
        }
        assert template.mentions(policy.logical_id) == {f"{name}PolicyArn"}


def test_grants_give_a_role_the_aliases_or_the_methods_only(others: Others) -> None:
    """Neither the functions nor any version of them, nor another service's; and nobody else any."""
    theirs = others.theirs
    of_login = [theirs.named(cfn.ALIAS, f"Login{function}").ref for function in FUNCTIONS]
    stage = f"{theirs.named(cfn.API, 'Login').ref}/v1/POST"
    assert others.granted == {
        "Invoker": [allowed("lambda:InvokeFunction", of_login)],
        "ApiCaller": [
            allowed(
                "execute-api:Invoke",
                [theirs.arn("execute-api", f"{stage}{path}") for path in PATHS.values()],
            )
        ],
        "Stranger": [],
    }


def test_example_of_another_teams_stack_synthesizes(tmp_path: Path) -> None:
    """What the documentation shows works, and grants no more than it says."""
    template = rendered(LoginStack(create_app(tmp_path), "Login", region=REGION))

    [login] = [
        policy.properties["PolicyDocument"]["Statement"]
        for policy in template.all("AWS::IAM::Policy")
        if "Login" in policy.logical_id
    ]
    assert login == [allowed("lambda:InvokeFunction", aliases(template))]
    assert template.named(cfn.FUNCTION, "Login").properties["Environment"]["Variables"] == {
        "SEND_FUNCTION_ARN": template.named(cfn.ALIAS, "Send").ref,
        "VERIFY_FUNCTION_ARN": template.named(cfn.ALIAS, "Verify").ref,
    }


def test_service_in_a_stack_of_another_region_is_refused(tmp_path: Path) -> None:
    """The key would be created where the table is not."""
    stack = cdk.Stack(create_app(tmp_path), "Theirs", env=cdk.Environment(region="us-east-1"))
    config = Config.from_context(context(**PRODUCTION))
    with pytest.raises(ConfigError, match=r"^region=eu-west-1, and the stack has us-east-1"):
        OtpService(stack, "Otp", config=config)


def test_service_has_documented_parts(others: Others) -> None:
    """The public attributes are these, each said in the docstring, for others to build on.

    Whoever looks for a queue of verify's is told that there is none.
    """
    service = others.login
    public = {name for name in vars(service) if not name.startswith("_")}
    assert public == {
        *("alarms", "api", "application_id", "caller_policy", "dashboard", "key"),
        *("pause_policy", "send", "table", "verify"),
    }
    assert OtpService.__doc__
    assert all(re.search(rf"^ +{name}: ", OtpService.__doc__, re.MULTILINE) for name in public)
    assert service.send.failure_queue is service.send.failures.queue
    assert not hasattr(service.verify, "failure_queue")
