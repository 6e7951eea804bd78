"""The API's resource policy: this account and the configured principals may call."""

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.config import Config


def resource_policy(scope: Construct, config: Config) -> iam.PolicyDocument:
    """Deny all but this account's principals and those that the configuration names.

    Callers in this account are allowed by their own IAM policies alone. Callers in other accounts
    need their own policies and a statement here:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    """
    this_account = Stack.of(scope).account
    organizations = [name for name in config.allowed_principals if name.startswith("o-")]
    accounts = [name for name in config.allowed_principals if not name.startswith("o-")]
    known: dict[str, list[str]] = {"aws:PrincipalAccount": [this_account, *accounts]}
    if organizations:
        known["aws:PrincipalOrgID"] = organizations
    document = iam.PolicyDocument(
        statements=[_statement("DenyUnlessKnown", iam.Effect.DENY, {"StringNotEquals": known})]
    )
    if accounts:
        document.add_statements(
            _statement(
                "AllowAccounts",
                iam.Effect.ALLOW,
                {"StringEquals": {"aws:PrincipalAccount": accounts}},
            )
        )
    if organizations:
        document.add_statements(
            _statement(
                "AllowOrganizations",
                iam.Effect.ALLOW,
                {
                    "StringEquals": {"aws:PrincipalOrgID": organizations},
                    "StringNotEquals": {"aws:PrincipalAccount": this_account},
                },
            )
        )
    return document


def _statement(
    sid: str, effect: iam.Effect, conditions: Mapping[str, object]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=effect,
        principals=[iam.AnyPrincipal()],
        actions=["execute-api:Invoke"],
        resources=["execute-api:/*"],
        conditions=conditions,
    )
