"""The API: who may call what how often, what is logged of it, and what stands before it."""

import json
from pathlib import Path
from typing import Any

import pytest

from .helpers import (
    ACCOUNT,
    ALIAS,
    API,
    API_RESOURCE,
    CLIENT_CERTIFICATE,
    DEPLOYMENT,
    DOMAIN,
    FUNCTIONS,
    LOG_GROUP,
    METHOD,
    MODEL,
    PATHS,
    PERMISSION,
    REGION,
    ROLE,
    STAGE,
    VALIDATOR,
    WEB_ACL,
    WEB_ACL_ASSOCIATION,
    WEB_ACL_LOGGING,
    RenderedTemplate,
    Resource,
    context,
    method_arn,
    synthesize,
)

CERTIFICATE = f"arn:aws:acm:{REGION}:123456789012:certificate/12345678-1234-1234-1234-123456789012"


# --- The method ---


def method_of(template: RenderedTemplate, function: str) -> Resource:
    """Give the method of a function, at its path."""
    parent = template.only(API).attribute("RootResourceId")
    for part in PATHS[function].strip("/").split("/"):
        [parent] = [
            path.ref
            for path in template.all(API_RESOURCE)
            if (path.properties["ParentId"], path.properties["PathPart"]) == (parent, part)
        ]
    [method] = [one for one in template.all(METHOD) if one.properties["ResourceId"] == parent]
    return method


def test_two_paths_are_all_there_are(template: RenderedTemplate) -> None:
    """Below the root is `otp`, and below that `verify`: nothing beside them."""
    api = template.only(API)
    otp, verify = template.all(API_RESOURCE)
    for path, parent, part in (
        (otp, api.attribute("RootResourceId"), "otp"),
        (verify, otp.ref, "verify"),
    ):
        assert path.properties == {"RestApiId": api.ref, "ParentId": parent, "PathPart": part}


def test_post_is_the_only_method_of_each_path_and_needs_a_signature(
    template: RenderedTemplate,
) -> None:
    """Each path has one method, for IAM principals, with the same model and validator."""
    methods = [method_of(template, function) for function in FUNCTIONS]
    assert len(template.all(METHOD)) == len(methods)
    for method in methods:
        properties = {**method.properties}
        del properties["Integration"], properties["ResourceId"]
        assert properties == {
            "RestApiId": template.only(API).ref,
            "HttpMethod": "POST",
            "AuthorizationType": "AWS_IAM",
            "RequestModels": {"application/json": template.only(MODEL).ref},
            "RequestValidatorId": template.only(VALIDATOR).ref,
        }


def test_what_is_no_object_with_a_member_is_refused_before_the_function(
    template: RenderedTemplate,
) -> None:
    """The validator checks the body against this, and the function says the rest."""
    assert template.only(VALIDATOR).properties["ValidateRequestBody"] is True
    assert template.only(MODEL).properties["ContentType"] == "application/json"
    assert template.only(MODEL).properties["Schema"] == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "minProperties": 1,
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_method_is_proxied_to_its_functions_alias(
    function: str, template: RenderedTemplate
) -> None:
    """The alias gets the request as it is."""
    functions = template.arn("apigateway", "path/2015-03-31/functions", account="lambda")
    assert method_of(template, function).properties["Integration"] == {
        "Type": "AWS_PROXY",
        "IntegrationHttpMethod": "POST",
        "Uri": f"{functions}/{template.named(ALIAS, function).ref}/invocations",
    }


def test_api_gateway_alone_may_invoke_each_alias_for_its_own_method_alone(
    template: RenderedTemplate,
) -> None:
    """Each alias has one permission, for this API's stage and its own method and path."""
    permissions = {one.properties["FunctionName"]: one for one in template.all(PERMISSION)}
    assert len(template.all(PERMISSION)) == len(permissions) == len(FUNCTIONS)
    for function in FUNCTIONS:
        alias = template.named(ALIAS, function).ref
        assert permissions[alias].properties == {
            "Action": "lambda:InvokeFunction",
            "FunctionName": alias,
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": method_arn(template, function),
        }


# --- Who may call ---


def policy_of(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Give the statements of the API's own policy."""
    statements: list[dict[str, Any]] = template.only(API).properties["Policy"]["Statement"]
    for statement in statements:
        assert statement.pop("Principal") == {"AWS": "*"}
        assert statement.pop("Action") == "execute-api:Invoke"
        assert statement.pop("Resource") == "execute-api:/*"
    return statements


def test_nobody_from_another_account_may_call(tmp_path: Path) -> None:
    """By default, the policy only denies: within this account, a caller's own policy decides."""
    assert policy_of(synthesize(tmp_path)) == [
        {
            "Sid": "DenyUnlessKnown",
            "Effect": "Deny",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ["${AWS::AccountId}"]}},
        }
    ]


def test_callers_can_be_narrowed_to_accounts_and_organizations(tmp_path: Path) -> None:
    """Denied is who is in none of them; allowed, besides, who is and is not of this account.

    An allowance for this account's own principals would let in those whom no policy lets call.
    """
    template = synthesize(tmp_path, allowedPrincipals="210987654321,o-a1b2c3d4e5")
    assert policy_of(template) == [
        {
            "Sid": "DenyUnlessKnown",
            "Effect": "Deny",
            "Condition": {
                "StringNotEquals": {
                    "aws:PrincipalAccount": ["${AWS::AccountId}", "210987654321"],
                    "aws:PrincipalOrgID": ["o-a1b2c3d4e5"],
                }
            },
        },
        {
            "Sid": "AllowAccounts",
            "Effect": "Allow",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": ["210987654321"]}},
        },
        {
            "Sid": "AllowOrganizations",
            "Effect": "Allow",
            "Condition": {
                "StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5"]},
                "StringNotEquals": {"aws:PrincipalAccount": "${AWS::AccountId}"},
            },
        },
    ]


def test_change_of_who_may_call_is_deployed(tmp_path: Path) -> None:
    """API Gateway takes a policy into account with the next deployment, so there is a new one."""
    before, after = (
        synthesize(tmp_path / name, **changes)
        for name, changes in (("a", {}), ("b", {"allowedPrincipals": "210987654321"}))
    )
    assert before.only(DEPLOYMENT).logical_id != after.only(DEPLOYMENT).logical_id


# --- How it is reached ---


def test_api_is_regional_with_tls_1_2_or_later(template: RenderedTemplate) -> None:
    """The API is reached in its region, by clients that speak TLS 1.2 or 1.3."""
    properties = template.only(API).properties
    assert properties.keys() == {
        "Name",
        "Description",
        "EndpointConfiguration",
        "EndpointAccessMode",
        "Policy",
        "SecurityPolicy",
    }
    assert properties["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert properties["SecurityPolicy"] == "SecurityPolicy_TLS13_1_2_PQ_2025_09"
    assert properties["EndpointAccessMode"] == "STRICT"


def test_api_has_the_domain_name_that_it_is_given(tmp_path: Path) -> None:
    """With the same TLS, and an output that says where to point the name."""
    template = synthesize(tmp_path, domainName="otp.example.com", certificateArn=CERTIFICATE)
    domain = template.only(DOMAIN)
    assert domain.properties == {
        "DomainName": "otp.example.com",
        "RegionalCertificateArn": CERTIFICATE,
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "SecurityPolicy_TLS13_1_2_PQ_2025_09",
        "EndpointAccessMode": "STRICT",
    }
    mapping = template.only("AWS::ApiGateway::BasePathMapping").properties
    assert mapping == {
        "DomainName": domain.ref,
        "RestApiId": template.only(API).ref,
        "Stage": template.only(STAGE).ref,
    }
    assert template.outputs["ApiUrl"]["Value"] == "https://otp.example.com/"
    assert template.outputs["DomainTarget"]["Value"] == domain.attribute("RegionalDomainName")


# --- How often ---


def settings_of(template: RenderedTemplate) -> dict[tuple[str, str], dict[str, Any]]:
    """Give the settings of each method, by path and method."""
    return {
        (setting.pop("ResourcePath"), setting.pop("HttpMethod")): setting
        for setting in (dict(one) for one in template.only(STAGE).properties["MethodSettings"])
    }


def test_stage_and_methods_are_throttled_by_default(template: RenderedTemplate) -> None:
    """A caller who runs wild gets 429 from API Gateway, and costs nothing more."""
    logged = any("AccessLog" in group.logical_id for group in template.all(LOG_GROUP))
    logs = "ERROR" if logged else "OFF"
    expected = {
        "ThrottlingRateLimit": 100,
        "ThrottlingBurstLimit": 200,
        "LoggingLevel": logs,
        "DataTraceEnabled": False,
    }
    assert settings_of(template) == {
        ("/*", "*"): expected,
        ("/~1otp", "POST"): expected,
        ("/~1otp~1verify", "POST"): expected,
    }


def test_stage_and_methods_are_throttled_as_configured(tmp_path: Path) -> None:
    """Each has keys of its own."""
    template = synthesize(
        tmp_path,
        apiRequestsPerSecond="30",
        apiBurst="40",
        sendRequestsPerSecond="10",
        sendBurst="20",
        verifyRequestsPerSecond="50",
        verifyBurst="60",
    )
    settings = settings_of(template)
    assert {
        path: (setting["ThrottlingRateLimit"], setting["ThrottlingBurstLimit"])
        for path, setting in settings.items()
    } == {
        ("/*", "*"): (30, 40),
        ("/~1otp", "POST"): (10, 20),
        ("/~1otp~1verify", "POST"): (50, 60),
    }


# --- What is logged ---


def test_requests_are_traced(template: RenderedTemplate) -> None:
    """API Gateway begins the trace that Lambda goes on with."""
    assert template.only(STAGE).properties["TracingEnabled"] is True


def test_access_log_is_json_and_names_nobody_who_is_texted(production: RenderedTemplate) -> None:
    """Of a request there is who asked, for what, and how it went: neither body nor header."""
    setting = production.only(STAGE).properties["AccessLogSetting"]
    group = production.named(LOG_GROUP, "AccessLog")
    assert setting["DestinationArn"] == production.arn("logs", f"log-group:{group.ref}")
    fields = json.loads(setting["Format"])
    assert set(fields.values()) == {
        f"$context.{name}"
        for name in (
            *("requestId", "requestTime", "httpMethod", "resourcePath", "status"),
            *("identity.userArn", "identity.sourceIp", "error.responseType", "waf.status"),
            *("responseLatency", "integrationLatency", "integration.requestId"),
            *("responseLength", "xrayTraceId"),
        )
    }


def test_api_gateways_own_log_is_there_before_it_is_written(production: RenderedTemplate) -> None:
    """API Gateway would create the group itself: unencrypted, for ever, left behind."""
    group = production.named(LOG_GROUP, "ExecutionLog")
    stage = production.only(STAGE)
    api = production.only(API).ref
    assert group.properties["LogGroupName"] == f"API-Gateway-Execution-Logs_{api}/v1"
    assert group.logical_id in stage.whole["DependsOn"]


def test_log_role_of_the_account_is_left_alone(
    minimal: RenderedTemplate, production: RenderedTemplate
) -> None:
    """Neither profile overwrites the role that the account's other APIs log with."""
    assert minimal.all(ACCOUNT) == production.all(ACCOUNT) == []


def test_without_a_log_role_there_is_no_log(minimal: RenderedTemplate) -> None:
    """A stage that logs could not be deployed to an account that has not the role."""
    assert "AccessLogSetting" not in minimal.only(STAGE).properties
    assert len(minimal.all(LOG_GROUP)) == len(FUNCTIONS)  # each function's own


def test_log_role_is_created_when_asked_to_and_stays(tmp_path: Path) -> None:
    """Other APIs log with it from then on: it stays when the stack goes."""
    template = synthesize(tmp_path, apiGatewayLogRole="create")
    account, role = template.only(ACCOUNT), template.named(ROLE, "LogRole")
    assert account.properties == {"CloudWatchRoleArn": role.attribute("Arn")}
    assert account.logical_id in template.only(STAGE).whole["DependsOn"]
    for resource in (account, role):
        assert resource.whole["DeletionPolicy"] == "Retain"
        assert resource.whole["UpdateReplacePolicy"] == "Retain"


# --- What stands before it ---


def test_firewall_stands_before_the_stage_and_logs(production: RenderedTemplate) -> None:
    """AWS's rules block, nothing is only counted, and the log leaves the signature out."""
    acl = production.only(WEB_ACL)
    assert [rule["Name"] for rule in acl.properties["Rules"]] == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]
    assert all(rule["OverrideAction"] == {"None": {}} for rule in acl.properties["Rules"])
    only_counted = {
        override["Name"]: override["ActionToUse"]
        for rule in acl.properties["Rules"]
        for override in rule["Statement"]["ManagedRuleGroupStatement"].get(
            "RuleActionOverrides", []
        )
    }
    # Bare HTTP clients send no User-Agent, and a body that is too large is the function's 413.
    assert only_counted == {
        rule: {"Count": {}} for rule in ("NoUserAgent_HEADER", "SizeRestrictions_BODY")
    }
    assert acl.properties["Scope"] == "REGIONAL"
    association = production.only(WEB_ACL_ASSOCIATION)
    stage = f"/restapis/{production.only(API).ref}/stages/v1"
    assert association.properties == {
        "ResourceArn": production.arn("apigateway", stage, account=""),
        "WebACLArn": acl.attribute("Arn"),
    }
    assert production.only(STAGE).logical_id in association.whole["DependsOn"]
    group = production.named(LOG_GROUP, "Firewall")
    assert group.properties["LogGroupName"] == f"aws-waf-logs-{acl.attribute('Id')}"
    assert production.only(WEB_ACL_LOGGING).properties == {
        "ResourceArn": acl.attribute("Arn"),
        "LogDestinationConfigs": [production.arn("logs", f"log-group:{group.ref}")],
        "RedactedFields": [
            {"SingleHeader": {"Name": "authorization"}},
            {"SingleHeader": {"Name": "x-amz-security-token"}},
            {"QueryString": {}},
        ],
    }


def test_address_that_asks_too_often_is_blocked_when_asked_to(tmp_path: Path) -> None:
    """Callers may share an address, so the rule is off until it gets a number."""
    template = synthesize(tmp_path, waf="true", wafRateLimit="1000")
    rule = template.only(WEB_ACL).properties["Rules"][-1]
    assert rule["Action"] == {"Block": {}}
    assert rule["Statement"] == {
        "RateBasedStatement": {"AggregateKeyType": "IP", "Limit": 1000, "EvaluationWindowSec": 300}
    }


def test_stage_has_a_client_certificate_in_production(production: RenderedTemplate) -> None:
    """Compliance packs ask for one."""
    certificate = production.only(CLIENT_CERTIFICATE).ref
    assert production.only(STAGE).properties["ClientCertificateId"] == certificate


@pytest.mark.parametrize(
    ("key", "type_"), [("waf", WEB_ACL), ("clientCertificate", CLIENT_CERTIFICATE)]
)
def test_profile_can_be_overridden(key: str, type_: str, tmp_path: Path) -> None:
    """A key that is set wins over the profile, both ways."""
    given = context(profile="production", region=REGION)
    without = synthesize(tmp_path / "without", **{**given, key: "false"})
    having = synthesize(tmp_path / "with", **{key: "true"})
    assert (without.all(type_), len(having.all(type_))) == ([], 1)
