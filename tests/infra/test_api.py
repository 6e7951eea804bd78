"""The API: callers, limits, logs and firewall."""

import json
from typing import Any

import botocore.session
import pytest

from tests.support import cfn
from tests.support.openapi import Contract
from tests.support.templates import FUNCTIONS, PATHS, RenderedTemplate, method_arn

CONTRACT = Contract.read()
TLS = {
    "EndpointConfiguration": {"Types": ["REGIONAL"]},
    "SecurityPolicy": "SecurityPolicy_TLS13_1_2_PQ_2025_09",  # TLS 1.2 and 1.3
    "EndpointAccessMode": "STRICT",
}


def test_api_has_two_paths_with_one_method_each(template: RenderedTemplate) -> None:
    """IAM authorizes each POST, and only that method may invoke its alias."""
    api = template.only(cfn.API)
    otp, verify = template.all(cfn.API_RESOURCE)
    root = {"ParentId": api.attribute("RootResourceId"), "RestApiId": api.ref}
    assert otp.properties == {**root, "PathPart": "otp"}
    assert verify.properties == {**root, "PathPart": "verify", "ParentId": otp.ref}
    functions = template.arn("apigateway", "path/2015-03-31/functions", account="lambda")
    aliases = {name: template.named(cfn.ALIAS, name).ref for name in FUNCTIONS}
    methods = {one.properties["ResourceId"]: one.properties for one in template.all(cfn.METHOD)}
    assert methods == {
        path.ref: {
            "RestApiId": api.ref,
            "ResourceId": path.ref,
            "HttpMethod": "POST",
            "AuthorizationType": "AWS_IAM",
            "RequestModels": {"application/json": template.only(cfn.MODEL).ref},
            "RequestValidatorId": template.only(cfn.VALIDATOR).ref,
            "Integration": {
                "Type": "AWS_PROXY",
                "IntegrationHttpMethod": "POST",
                "Uri": f"{functions}/{alias}/invocations",
            },
        }
        for path, alias in zip((otp, verify), aliases.values(), strict=True)
    }
    permissions = {
        one.properties["FunctionName"]: one.properties for one in template.all(cfn.PERMISSION)
    }
    assert permissions == {
        alias: {
            "Action": "lambda:InvokeFunction",
            "FunctionName": alias,
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": method_arn(template, function, template.only(cfn.STAGE).ref),
        }
        for function, alias in aliases.items()
    }


def test_a_body_that_is_no_object_with_a_member_is_refused_by_the_api(
    template: RenderedTemplate,
) -> None:
    """The function checks everything else."""
    assert template.only(cfn.VALIDATOR).properties["ValidateRequestBody"] is True
    model = template.only(cfn.MODEL).properties
    assert model["ContentType"] == "application/json"
    assert (model["Schema"]["type"], model["Schema"]["minProperties"]) == ("object", 1)
    assert len(model["Schema"]) == 3


def test_stack_matches_the_openapi_document(template: RenderedTemplate) -> None:
    """Paths, methods, authorization, the stage, and every status of API Gateway itself."""
    document = CONTRACT.document
    [scheme] = document["components"]["securitySchemes"].values()
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    assert document["security"] == [{"sigv4": []}]
    methods = {path: list(item) for path, item in document["paths"].items()}
    assert methods == {path: ["post"] for path in PATHS.values()}
    assert all("security" not in item["post"] for item in document["paths"].values())
    stage = template.only(cfn.STAGE).properties["StageName"]
    assert all(server["url"].endswith(f"/{stage}") for server in document["servers"])
    statuses = {one.properties["StatusCode"] for one in template.all(cfn.GATEWAY_RESPONSE)}
    for operation in CONTRACT.operations:
        assert statuses - CONTRACT.responses(operation).keys() == {"401", "404"}


@pytest.mark.parametrize("model", ["SendOtpRequest", "VerifyOtpRequest"])
def test_fields_are_those_of_the_sdk(model: str) -> None:
    """With the same types. Fields that the SDK requires are required or have a default."""
    name = model.replace("Otp", "OTPMessage")
    pinpoint = botocore.session.get_session().get_service_model("pinpoint")
    shape: Any = pinpoint.shape_for(f"{name}Parameters")
    of = CONTRACT.document["components"]["schemas"][model]

    types = {field: member.type_name for field, member in shape.members.items()}
    said = of["properties"]
    assert {field: one["type"] for field, one in said.items()} == types
    left_out = [field for field in said if {"default", "x-when-left-out"} & said[field].keys()]
    assert set(of["required"]) <= set(shape.required_members) <= {*of["required"], *left_out}


def test_other_accounts_may_call_only_if_the_operator_allows_them(
    dev: RenderedTemplate, everything: RenderedTemplate
) -> None:
    """An Allow for our own account would admit principals whose policies do not allow it."""
    account, theirs, organization = "${AWS::AccountId}", "210987654321", ["o-a1b2c3d4e5"]
    of_accounts, of_organizations = "aws:PrincipalAccount", "aws:PrincipalOrgID"

    def said(template: RenderedTemplate) -> list[tuple[str, Any]]:
        statements = template.only(cfn.API).properties["Policy"]["Statement"]
        for one in statements:
            assert one["Principal"] == {"AWS": "*"}
            assert (one["Action"], one["Resource"]) == ("execute-api:Invoke", "execute-api:/*")
        return [(one["Effect"], one["Condition"]) for one in statements]

    assert said(dev) == [("Deny", {"StringNotEquals": {of_accounts: [account]}})]
    known = {of_accounts: [account, theirs], of_organizations: organization}
    another = {"StringNotEquals": {of_accounts: account}}
    assert said(everything) == [
        ("Deny", {"StringNotEquals": known}),
        ("Allow", {"StringEquals": {of_accounts: [theirs]}}),
        ("Allow", {"StringEquals": {of_organizations: organization}, **another}),
    ]


def test_a_changed_policy_is_deployed(dev: RenderedTemplate, creating: RenderedTemplate) -> None:
    """API Gateway applies a policy with the next deployment, so there must be a new one."""
    before, after = (template.only(cfn.API).properties for template in (dev, creating))
    assert {**before, "Policy": None} == {**after, "Policy": None}
    assert dev.only(cfn.DEPLOYMENT).logical_id != creating.only(cfn.DEPLOYMENT).logical_id


def test_api_is_regional_with_tls_1_2_or_later_and_the_given_domain_name(
    template: RenderedTemplate, everything: RenderedTemplate
) -> None:
    """An output says where the DNS record of the domain name must point."""
    properties = template.only(cfn.API).properties
    assert properties.keys() == {*TLS, "Name", "Description", "Policy"}
    assert {**TLS, "Name": "Otp-Otp"}.items() <= properties.items()
    domain = everything.only(cfn.DOMAIN)
    assert domain.properties["RegionalCertificateArn"].endswith(":certificate/1234-5678")
    assert {**TLS, "DomainName": "otp.example.com"}.items() <= domain.properties.items()
    assert everything.only("AWS::ApiGateway::BasePathMapping").properties == {
        "DomainName": domain.ref,
        "RestApiId": everything.only(cfn.API).ref,
        "Stage": everything.only(cfn.STAGE).ref,
    }
    assert everything.outputs["ApiUrl"]["Value"] == "https://otp.example.com"
    assert everything.outputs["DomainTarget"]["Value"] == domain.attribute("RegionalDomainName")


@pytest.mark.parametrize(
    ("name", "limits", "level"),
    [
        ("dev", [(100, 200)] * 3, "OFF"),
        ("production", [(100, 200)] * 3, "ERROR"),
        ("everything", [(30, 40), (10, 20), (50, 60)], "ERROR"),
    ],
)
def test_stage_and_methods_are_throttled(
    name: str, limits: list[tuple[int, int]], level: str, request: pytest.FixtureRequest
) -> None:
    """A caller above the rate gets 429. Requests are traced, and no body is logged."""
    stage = request.getfixturevalue(name).only(cfn.STAGE).properties
    assert stage["TracingEnabled"] is True
    paths = [("/*", "*"), ("/~1otp", "POST"), ("/~1otp~1verify", "POST")]
    assert stage["MethodSettings"] == [
        {
            "ResourcePath": path,
            "HttpMethod": method,
            "ThrottlingRateLimit": rate,
            "ThrottlingBurstLimit": burst,
            "LoggingLevel": level,
            "DataTraceEnabled": False,
        }
        for (path, method), (rate, burst) in zip(paths, limits, strict=True)
    ]


# --- Logs ---


def test_access_log_holds_no_number(production: RenderedTemplate, dev: RenderedTemplate) -> None:
    """Neither body nor header. Dev has none: it would need the account's log role."""
    setting = production.only(cfn.STAGE).properties["AccessLogSetting"]
    group = production.named(cfn.LOG_GROUP, "AccessLog")
    assert setting["DestinationArn"] == production.arn("logs", f"log-group:{group.ref}")
    logged = json.loads(setting["Format"])
    assert {value.removeprefix("$context.") for value in logged.values()} == {
        *("requestId", "extendedRequestId", "requestTime", "httpMethod", "resourcePath", "status"),
        *("identity.userArn", "identity.sourceIp", "error.responseType", "xrayTraceId"),
        "waf.status",
        *("responseLatency", "responseLength", "integrationLatency", "integration.requestId"),
    }
    assert "AccessLogSetting" not in dev.only(cfn.STAGE).properties


def test_api_gateways_own_log_group_is_created_first(production: RenderedTemplate) -> None:
    """API Gateway would create it without encryption and retention, and leave it behind."""
    group = production.named(cfn.LOG_GROUP, "ExecutionLog")
    api = production.only(cfn.API).ref
    assert group.properties["LogGroupName"] == f"API-Gateway-Execution-Logs_{api}/v1"
    assert group.logical_id in production.only(cfn.STAGE).whole["DependsOn"]


def test_log_role_is_created_on_request_and_stays(everything: RenderedTemplate) -> None:
    """Other APIs of the account log with it, so it outlives the stack."""
    account, role = everything.only(cfn.ACCOUNT), everything.named(cfn.ROLE, "LogRole")
    assert account.properties == {"CloudWatchRoleArn": role.attribute("Arn")}
    [policy] = role.properties["ManagedPolicyArns"]
    assert policy.endswith("policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
    assert account.logical_id in everything.only(cfn.STAGE).whole["DependsOn"]
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        assert [one.whole[policy] for one in (account, role)] == ["Retain"] * 2


# --- The firewall ---

GROUPS = {
    "AWSManagedRulesAmazonIpReputationList": [],
    # Plain HTTP clients send no User-Agent, and the function answers 413 to large bodies.
    "AWSManagedRulesCommonRuleSet": ["NoUserAgent_HEADER", "SizeRestrictions_BODY"],
    "AWSManagedRulesKnownBadInputsRuleSet": [],
}


def test_firewall_rules(production: RenderedTemplate, everything: RenderedTemplate) -> None:
    """AWS's groups; a limit per address only on request, because callers may share one."""
    [acl, of_everything] = (
        template.only(cfn.WEB_ACL).properties for template in (production, everything)
    )
    assert (acl["Scope"], acl["DefaultAction"]) == ("REGIONAL", {"Allow": {}})
    for rule, (name, counted) in zip(acl["Rules"], GROUPS.items(), strict=True):
        assert (rule["Name"], rule["OverrideAction"]) == (name, {"None": {}})
        overrides = [{"Name": one, "ActionToUse": {"Count": {}}} for one in counted]
        group = rule["Statement"]["ManagedRuleGroupStatement"]
        assert group.get("RuleActionOverrides", []) == overrides
        assert group.keys() - {"RuleActionOverrides"} == {"VendorName", "Name"}
        assert (group["VendorName"], group["Name"]) == ("AWS", name)
    *rules, of_addresses = of_everything["Rules"]
    assert rules == acl["Rules"]
    assert of_addresses["Action"] == {"Block": {}}
    limit = {"AggregateKeyType": "IP", "Limit": 1000, "EvaluationWindowSec": 300}
    assert of_addresses["Statement"] == {"RateBasedStatement": limit}
    assert [rule["Priority"] for rule in of_everything["Rules"]] == [0, 1, 2, 3]
    seen = {"CloudWatchMetricsEnabled": True, "SampledRequestsEnabled": False}
    for one in (acl, *of_everything["Rules"]):
        assert one["VisibilityConfig"] == {**seen, "MetricName": one.get("Name", "Otp-Otp")}


def test_firewall_protects_the_stage_and_logs(production: RenderedTemplate) -> None:
    """The log omits the signature and the session token."""
    acl, association = production.only(cfn.WEB_ACL), production.only(cfn.WEB_ACL_ASSOCIATION)
    stage = f"/restapis/{production.only(cfn.API).ref}/stages/v1"
    assert association.properties == {
        "ResourceArn": production.arn("apigateway", stage, account=""),
        "WebACLArn": acl.attribute("Arn"),
    }
    assert production.only(cfn.STAGE).logical_id in association.whole["DependsOn"]
    group = production.named(cfn.LOG_GROUP, "Firewall")
    assert group.properties["LogGroupName"] == f"aws-waf-logs-{acl.attribute('Id')}"
    headers = [{"Name": name} for name in ("authorization", "x-amz-security-token")]
    assert production.only(cfn.WEB_ACL_LOGGING).properties == {
        "ResourceArn": acl.attribute("Arn"),
        "LogDestinationConfigs": [production.arn("logs", f"log-group:{group.ref}")],
        "RedactedFields": [*({"SingleHeader": one} for one in headers), {"QueryString": {}}],
    }
