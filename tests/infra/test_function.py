"""The functions: permissions, runtime settings, aliases, releases and asynchronous events."""

import json
import platform
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.config import PYTHON_VERSIONS, Config
from infra.config.send_settings import send_settings
from infra.deployment import Deployment
from infra.function.failures import FailureQueue
from infra.function.otp_function import TIMEOUT_SECONDS, OtpFunction
from lambda_src.otp.contract.request import SendOtpRequest
from lambda_src.otp.once import records as once
from lambda_src.otp.settings import SendSettings, Settings
from lambda_src.otp.time_limits import WINDOW_SECONDS, TimeLimits
from tests.support import cfn
from tests.support.templates import (
    APPLICATION_ID,
    CODE,
    FUNCTIONS,
    REGION,
    THIS_PYTHON,
    RenderedTemplate,
    allowed,
    context,
    create_app,
    rendered,
)

API_GATEWAY_WAITS_SECONDS = 29

each_function = pytest.mark.parametrize("function", FUNCTIONS)


def application_of(template: RenderedTemplate) -> str:
    """Return the ID of the application that sends."""
    created = template.all(cfn.APPLICATION)
    return created[0].ref if created else APPLICATION_ID


def failures_of(template: RenderedTemplate, function: str) -> str:
    """Return the ARN that gets events that finally failed: send's queue, or verify's topic."""
    if function == "Send":
        return template.only(cfn.QUEUE).attribute("Arn")
    return template.named(cfn.TOPIC, "VerifyFailures").ref


def environment_of(template: RenderedTemplate, function: str) -> dict[str, str]:
    """Return a function's environment variables."""
    properties = template.named(cfn.FUNCTION, function).properties
    told: dict[str, str] = properties["Environment"]["Variables"]
    return told


def assert_role_of(template: RenderedTemplate, name: str, service: str, whose: str) -> None:
    """Fail unless one service alone may assume the role, which has one policy and one user."""
    role = template.named(cfn.ROLE, f"{name}Role")
    assert role.properties.keys() - {"Description"} == {
        "AssumeRolePolicyDocument",
        "ManagedPolicyArns",
    }
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    assert role.properties["AssumeRolePolicyDocument"]["Statement"] == [trust]
    policy = template.named(cfn.MANAGED_POLICY, f"{name}Policy")
    assert role.properties["ManagedPolicyArns"] == [policy.ref]
    assert template.mentions(role.logical_id) == {whose}


@each_function
def test_function_has_these_permissions_only(function: str, template: RenderedTemplate) -> None:
    """One action more, or a wider ARN, fails here."""
    application = f"apps/{application_of(template)}"
    otp, verify_otp = (
        template.arn("mobiletargeting", f"{application}/{of}") for of in ("otp", "verify-otp")
    )
    items = [f"dynamodb:{name}Item" for name in ("Delete", "Get", "Put", "Update")]
    table, key = template.only(cfn.TABLE).attribute("Arn"), template.key or ""
    to_write = ["DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"]
    with_the_key: str | list[str]
    if function == "Send":
        what_it_is_for = [allowed("mobiletargeting:SendOTPMessage", otp), allowed(items, table)]
        failed, through = "sqs:SendMessage", ["dynamodb", "sqs"]
        with_the_key = [f"kms:{name}" for name in to_write]
    else:
        what_it_is_for = [allowed("mobiletargeting:VerifyOTPMessage", verify_otp)]
        failed, through, with_the_key = "sns:Publish", ["sns"], "kms:GenerateDataKey"
        if "OTP_GUARD_ALLOWANCE" in environment_of(template, "Send"):
            # It reads records, and writes only the guard's own items.
            for action, keys in (
                ("BatchGetItem", ["guard#range#*", "send#*"]),
                ("PutItem", ["guard#claim#*"]),
                ("UpdateItem", ["guard#range#*"]),
            ):
                of = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}
                grant = allowed(f"dynamodb:{action}", table)
                what_it_is_for.append({**grant, "Condition": of})
            through, with_the_key = ["dynamodb", "sns"], [f"kms:{name}" for name in to_write]
    services = [f"{service}.{REGION}.amazonaws.com" for service in through]
    condition = {"StringEquals": {"kms:ViaService": services}}
    log = template.named(cfn.LOG_GROUP, f"{function}Log").attribute("Arn")
    policy = template.named(cfn.MANAGED_POLICY, f"{function}Policy").properties
    assert policy["PolicyDocument"]["Statement"] == [
        *what_it_is_for,
        allowed(["logs:CreateLogStream", "logs:PutLogEvents"], log),
        allowed(failed, failures_of(template, function)),
        allowed(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        *([{**allowed(with_the_key, key), "Condition": condition}] if key else []),
        *([allowed("kms:Decrypt", key)] if key else []),
    ]
    itself = template.named(cfn.FUNCTION, function).logical_id
    assert_role_of(template, function, "lambda.amazonaws.com", itself)


def test_without_the_guard_verify_cannot_reach_the_table(
    lean: RenderedTemplate, production: RenderedTemplate
) -> None:
    """It has no settings of the guard either, and there is no alarm about it."""
    for template, there in ((production, True), (lean, False)):
        policy = template.named(cfn.MANAGED_POLICY, "VerifyPolicy").properties
        assert ("dynamodb" in json.dumps(policy)) == there
        assert ("OTP_GUARD_ALLOWANCE" in environment_of(template, "Verify")) == there
        alarms = [one for one in template.all(cfn.ALARM) if "AlarmsGuard" in one.logical_id]
        assert len(alarms) == (3 if there else 0)


# --- The functions ---


@each_function
def test_function_is_exactly_this(function: str, template: RenderedTemplate) -> None:
    """No layer, network or secret. Lambda traces, logs JSON, and keeps or drops failed events."""
    name = function.lower()
    of = {"application_id": application_of(template), "deployment": "Otp/Otp"}
    language = "es-ES" if template.all(cfn.APPLICATION) else None
    config = Config.from_context(context(language=language))
    told = send_settings(config, **of, table_name=template.only(cfn.TABLE).ref)
    write = SendSettings.to_environment if function == "Send" else Settings.to_environment
    environment = write(told)
    assert environment["OTP_FUNCTION_SECONDS"] == str(TIMEOUT_SECONDS) == "28"
    properties = dict(template.named(cfn.FUNCTION, function).properties)
    assert properties.pop("Code").keys() == {"S3Bucket", "S3Key"}
    assert properties.pop("Description").startswith(f"Serverless OTP: {name} (")
    assert properties == {
        "Architectures": ["arm64"],
        "DeadLetterConfig": {"TargetArn": failures_of(template, function)},
        "Environment": {"Variables": environment},
        "Handler": f"otp.{name}.handler",
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",  # a metric is INFO
            "LogGroup": template.named(cfn.LOG_GROUP, f"{function}Log").ref,
        },
        "MemorySize": 512,
        "Role": template.named(cfn.ROLE, f"{function}Role").attribute("Arn"),
        "Runtime": f"python{THIS_PYTHON}",
        "Timeout": 28,
        "TracingConfig": {"Mode": "Active"},
        **({"KmsKeyArn": template.key} if template.key else {}),
    }


def test_functions_run_on_the_configured_runtime(tmp_path: Path) -> None:
    """`host` is for the sandbox; the template names the processor of this machine."""
    here = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
    stack = cdk.Stack(create_app(tmp_path), "Runtimes")
    for version in PYTHON_VERSIONS:
        given = context(pythonVersion=version, architecture="host", sandboxNumbers="true")
        deployment = Deployment(name="", config=Config.from_context(given), key=None, code=CODE)
        of: dict[str, Any] = {"environment": {}, "statements": [], "failures": FailureQueue}
        OtpFunction(stack, f"On{version}", deployment=deployment, name="send", **of)

    found = [function.properties for function in rendered(stack).all(cfn.FUNCTION)]
    runtimes = [(one["Runtime"], one["Architectures"]) for one in found]
    assert runtimes == [(f"python{version}", [here]) for version in PYTHON_VERSIONS]


def test_timeout_covers_the_slowest_steps_and_ends_before_the_gateways() -> None:
    """Lock, counts and text, then either the record, or giving back and freeing."""
    limits = TimeLimits()
    lock = record = free = 2 * limits.dynamodb_attempt + once.LONGEST_PAUSE_SECONDS
    before = lock + limits.counting + limits.pinpoint_all_attempts
    assert before + max(record, limits.giving_back + free) < TIMEOUT_SECONDS
    assert limits.pinpoint_all_attempts + limits.crediting < TIMEOUT_SECONDS
    assert limits.crediting >= limits.credit_connect + limits.credit_read
    assert TIMEOUT_SECONDS < API_GATEWAY_WAITS_SECONDS


def test_reference_id_is_remembered_for_longer_than_any_code_is_valid() -> None:
    """The code may be sent as late as the function's timeout allows."""
    validity = SendOtpRequest.model_json_schema()["properties"]["ValidityPeriod"]
    assert validity["maximum"] * 60 + TIMEOUT_SECONDS < WINDOW_SECONDS


# --- The alias ---


@each_function
def test_alias_is_the_published_version_and_the_only_way_to_the_function(
    function: str, template: RenderedTemplate
) -> None:
    """No output, permission, integration or caller's policy bypasses `live`."""
    version, alias = template.named(cfn.VERSION, function), template.named(cfn.ALIAS, function)
    itself = template.named(cfn.FUNCTION, function)
    assert version.properties["FunctionName"] == itself.ref
    assert alias.properties == {
        "FunctionName": itself.ref,
        "FunctionVersion": version.attribute("Version"),
        "Name": "live",
    }
    names = {one.logical_id for one in template.resources}
    watching = {name for name in names if name.startswith(("OtpAlarms", "OtpDashboard"))}
    assert template.mentions(itself.logical_id) - watching == {
        version.logical_id,
        alias.logical_id,
        # Its qualifier is the alias.
        template.named(cfn.ASYNCHRONOUS, function).logical_id,
        # To shift the alias.
        *(name for name in names if f"{function}CanaryPolicy" in name),
        # To invoke a new version before it gets requests.
        *(name for name in names if "ReleaseCheckPolicy" in name),
    }
    check = {name for name in names if "ReleaseCheckFunction" in name}
    assert template.mentions(version.logical_id) == {alias.logical_id} | check


@each_function
def test_function_starts_as_configured(
    function: str, lean: RenderedTemplate, everything: RenderedTemplate
) -> None:
    """From snapshots of the published version; or provisioned, with reserved concurrency."""
    snapshots = lean.named(cfn.FUNCTION, function).properties["SnapStart"]
    assert snapshots == {"ApplyOn": "PublishedVersions"}
    assert everything.named(cfn.FUNCTION, function).properties["ReservedConcurrentExecutions"] == 5
    warm = everything.named(cfn.ALIAS, function).properties["ProvisionedConcurrencyConfig"]
    assert warm == {"ProvisionedConcurrentExecutions": 2}


# --- Releases ---


@each_function
def test_new_version_gets_a_tenth_first_and_goes_back_on_an_alarm(
    function: str, production: RenderedTemplate, dev: RenderedTemplate
) -> None:
    """Each function is judged by its own alarms. In dev, the alias moves at once."""
    group = production.named(cfn.CANARY, f"{function}Canary")
    application = production.named(cfn.CANARY_APPLICATION, f"{function}Canary")
    alarms = [production.named(cfn.ALARM, f"{function}{of}") for of in ("ServerErrors", "Crashes")]
    failures = ("FAILURE", "STOP_ON_REQUEST", "STOP_ON_ALARM")
    properties = dict(group.properties)
    assert properties.pop("DeploymentStyle")["DeploymentType"] == "BLUE_GREEN"
    assert properties == {
        "ApplicationName": application.ref,
        "ServiceRoleArn": production.named(cfn.ROLE, f"{function}CanaryRole").attribute("Arn"),
        "AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": one.ref} for one in alarms]},
        "DeploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "AutoRollbackConfiguration": {
            "Enabled": True,
            "Events": [f"DEPLOYMENT_{of}" for of in failures],
        },
    }
    assert production.named(cfn.ALIAS, function).whole["UpdatePolicy"] == {
        "CodeDeployLambdaAliasUpdate": {
            "ApplicationName": application.ref,
            "BeforeAllowTrafficHook": production.named(cfn.FUNCTION, "ReleaseCheck").ref,
            "DeploymentGroupName": group.ref,
        }
    }
    assert "UpdatePolicy" not in dev.named(cfn.ALIAS, function).whole
    arn = production.named(cfn.FUNCTION, function).attribute("Arn")
    policy = production.named(cfn.MANAGED_POLICY, f"{function}CanaryPolicy").properties
    actions = ["GetAlias", "GetProvisionedConcurrencyConfig", "UpdateAlias"]
    assert policy["PolicyDocument"]["Statement"] == [
        allowed([f"lambda:{action}" for action in actions], [arn, f"{arn}:live"]),
        allowed(
            "lambda:InvokeFunction",
            production.named(cfn.FUNCTION, "ReleaseCheck").attribute("Arn"),
        ),
        allowed("cloudwatch:DescribeAlarms", "*"),
    ]
    assert_role_of(production, f"{function}Canary", "codedeploy.amazonaws.com", group.logical_id)


@each_function
def test_a_new_version_differs_from_the_last_one_for_lambda(
    function: str, dev: RenderedTemplate, creating: RenderedTemplate, production: RenderedTemplate
) -> None:
    """The CDK sees a change where Lambda sees none, and Lambda would refuse to publish."""
    templates = (dev, creating, production)
    versions = {one.named(cfn.VERSION, function).logical_id for one in templates}
    functions = [one.named(cfn.FUNCTION, function).properties for one in templates]
    assert len(versions) == len({one["Description"] for one in functions}) == 3


# --- Asynchronous events ---


@pytest.mark.parametrize(("function", "seconds", "retries"), [("Send", 300, 2), ("Verify", 60, 0)])
def test_asynchronous_events_fail_to_the_functions_own_target(
    function: str, seconds: int, retries: int, template: RenderedTemplate
) -> None:
    """Well within the ReferenceId's window. A verification is tried once."""
    asynchronous = template.named(cfn.ASYNCHRONOUS, function)
    assert asynchronous.properties == {
        "FunctionName": template.named(cfn.FUNCTION, function).ref,
        "Qualifier": "live",
        "MaximumEventAgeInSeconds": seconds,
        "MaximumRetryAttempts": retries,
        "DestinationConfig": {"OnFailure": {"Destination": failures_of(template, function)}},
    }
    assert template.named(cfn.ALIAS, function).logical_id in asynchronous.whole["DependsOn"]
    assert seconds * 10 < WINDOW_SECONDS


def test_failed_events_of_verify_are_not_kept(template: RenderedTemplate) -> None:
    """An event holds a code, so nobody can subscribe. Send's are kept for two weeks."""
    queue, topic = template.only(cfn.QUEUE), template.named(cfn.TOPIC, "VerifyFailures")
    assert template.all(cfn.SUBSCRIPTION) == []
    assert not any("Verify" in name for name in template.mentions(queue.logical_id))
    policy = template.named(cfn.TOPIC_POLICY, "VerifyFailures").properties
    assert policy["Topics"] == [topic.ref]
    assert policy["PolicyDocument"]["Statement"][1] == {
        "Sid": "NobodySubscribes",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sns:Subscribe",
        "Resource": topic.ref,
    }
    assert queue.properties["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
