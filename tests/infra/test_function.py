"""The function: what it may do, how it runs, and the alias that everybody calls."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from infra.config import ARCHITECTURES, PYTHON_VERSIONS
from infra.function import TIMEOUT_SECONDS
from lambda_src.otp import settings
from lambda_src.otp.request import SendOtpRequest

from .helpers import (
    ALIAS,
    APPLICATION,
    APPLICATION_ID,
    ASYNCHRONOUS,
    CANARY,
    CANARY_APPLICATION,
    DASHBOARD,
    FUNCTION,
    KEY,
    LOG_GROUP,
    MANAGED_POLICY,
    QUEUE,
    QUEUE_POLICY,
    REGION,
    ROLE,
    TABLE,
    THIS_PYTHON,
    VERSION,
    RenderedTemplate,
    Resource,
    StubBundle,
    allowed,
    find_statements,
    synthesize,
)

API_GATEWAY_WAITS_SECONDS = 29


def statements_of(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Give the statements of the send function's one policy."""
    policy = template.named(MANAGED_POLICY, "SendPolicy").properties["PolicyDocument"]
    assert policy["Version"] == "2012-10-17"
    statements: list[dict[str, Any]] = policy["Statement"]
    return statements


def what_every_send_function_may(template: RenderedTemplate) -> list[dict[str, Any]]:
    """Write the statements that the function's policy has in both profiles."""
    application = template.all(APPLICATION)
    application_id = application[0].ref if application else APPLICATION_ID
    return [
        allowed(
            "mobiletargeting:SendOTPMessage",
            template.arn("mobiletargeting", f"apps/{application_id}/otp"),
        ),
        allowed(
            ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            template.only(TABLE).attribute("Arn"),
        ),
        allowed(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            log_group_of(template).attribute("Arn"),
        ),
        allowed("sqs:SendMessage", template.only(QUEUE).attribute("Arn")),
        allowed(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
    ]


def log_group_of(template: RenderedTemplate) -> Resource:
    """Give the function's own log group."""
    return template.named(LOG_GROUP, "SendLog")


# --- What the function may do ---


def test_send_role_may_send_write_records_and_log_and_nothing_else(
    minimal: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """The role's statements are exactly these: an action more or a wider ARN fails here."""
    for template in (minimal, creating):
        assert statements_of(template) == what_every_send_function_may(template)


def test_send_role_may_use_the_key_for_its_table_queue_and_settings(
    production: RenderedTemplate,
) -> None:
    """With a key of the customer's there are two statements more, for this key and nothing else."""
    key = production.only(KEY).attribute("Arn")
    services = [f"{service}.{REGION}.amazonaws.com" for service in ("dynamodb", "sqs")]
    assert statements_of(production) == [
        *what_every_send_function_may(production),
        {
            **allowed(
                [
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                key,
            ),
            "Condition": {"StringEquals": {"kms:ViaService": services}},
        },
        allowed("kms:Decrypt", key),
    ]


def test_send_role_has_one_policy(template: RenderedTemplate) -> None:
    """No other policy is attached, from either side."""
    role = template.named(ROLE, "Send" if not template.all(CANARY) else "SendRole")
    assert role.properties.keys() == {
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
    }
    assert role.properties["ManagedPolicyArns"] == [
        template.named(MANAGED_POLICY, "SendPolicy").ref
    ]
    assert template.mentions(role.logical_id) == {template.only(FUNCTION).logical_id}


def test_send_role_is_assumed_by_lambda_alone(template: RenderedTemplate) -> None:
    """The trust policy names the Lambda service and nobody else."""
    role = template.named(ROLE, "SendRole")
    assert role.properties["AssumeRolePolicyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "lambda.amazonaws.com"},
            }
        ],
    }


def test_no_action_is_a_wildcard_and_only_what_knows_no_resource_has_one(
    template: RenderedTemplate,
) -> None:
    """An asterisk stands where AWS has no resource to name, in a key's own policy, in a denial."""
    policies = [policy.whole for policy in template.all(MANAGED_POLICY)]
    statements = find_statements(policies)
    for statement in statements:
        assert statement["Effect"] == "Allow"
        assert "*" not in str(statement["Action"])
    of_anything = [
        statement["Action"] for statement in statements if "*" in str(statement["Resource"])
    ]
    tracing = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    canary = ["cloudwatch:DescribeAlarms"] if template.all(CANARY) else []
    assert of_anything == [tracing, *canary]


# --- The function ---


def test_function_is_the_send_handler_on_the_default_runtime(minimal: RenderedTemplate) -> None:
    """By default: arm64, and the Python that synthesizes, because it is the tested one."""
    properties = minimal.only(FUNCTION).properties
    assert properties["Handler"] == "otp.send.handler"
    assert properties["Runtime"] == f"python{THIS_PYTHON}"
    assert properties["Architectures"] == ["arm64"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("python_version", PYTHON_VERSIONS)
def test_function_runs_and_is_built_for_the_configured_runtime(
    python_version: str, architecture: str, tmp_path: Path, stub_bundle: StubBundle
) -> None:
    """Lambda is told the runtime that the code was bundled for, and both are the configured."""
    template = synthesize(tmp_path, pythonVersion=python_version, architecture=architecture)

    properties = template.only(FUNCTION).properties
    assert properties["Runtime"] == f"python{python_version}"
    assert properties["Architectures"] == [architecture]
    assert stub_bundle.asked[-1] == (python_version, architecture)


def test_function_gets_exactly_these_settings(minimal: RenderedTemplate) -> None:
    """The environment is what Settings reads, none of it a secret; no language unless set."""
    assert minimal.only(FUNCTION).properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": APPLICATION_ID,
            "OTP_TABLE_NAME": minimal.only(TABLE).ref,
            "OTP_ORIGINATION_IDENTITY": "+18555550142",
            "OTP_BRAND_NAME": "ExampleCorp",
            "OTP_DEPLOYMENT": "Otp/Otp",
            "OTP_FUNCTION_SECONDS": "25",
        }
    }


def test_function_gets_the_configured_language(creating: RenderedTemplate) -> None:
    """A configured language is one setting more, and the only one."""
    assert creating.only(FUNCTION).properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": creating.only(APPLICATION).ref,
            "OTP_TABLE_NAME": creating.only(TABLE).ref,
            "OTP_ORIGINATION_IDENTITY": "+18555550142",
            "OTP_BRAND_NAME": "ExampleCorp",
            "OTP_LANGUAGE": "es-ES",
            "OTP_DEPLOYMENT": "Otp/Otp",
            "OTP_FUNCTION_SECONDS": "25",
        }
    }


def test_function_can_start_with_its_settings(template: RenderedTemplate) -> None:
    """The function's own reader of the environment is content with the stack's."""
    variables = template.only(FUNCTION).properties["Environment"]["Variables"]
    limits = settings.Settings.from_environment(variables).time_limits
    assert limits == settings.TimeLimits(function=TIMEOUT_SECONDS)


def test_function_has_no_other_properties(template: RenderedTemplate) -> None:
    """No layer, network or fixed name has come with it."""
    assert template.only(FUNCTION).properties.keys() - {"KmsKeyArn"} == {
        "Architectures",
        "Code",
        "DeadLetterConfig",
        "Description",
        "Environment",
        "Handler",
        "LoggingConfig",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
        "TracingConfig",
    }


def test_function_is_traced_without_an_sdk(template: RenderedTemplate) -> None:
    """Lambda itself traces; the X-Ray SDK would cost every cold start 200 ms."""
    assert template.only(FUNCTION).properties["TracingConfig"] == {"Mode": "Active"}


def test_settings_are_encrypted_with_the_customers_key_where_there_is_one(
    minimal: RenderedTemplate, production: RenderedTemplate
) -> None:
    """Lambda's own key does where the operator asks for none."""
    assert "KmsKeyArn" not in minimal.only(FUNCTION).properties
    key = production.only(KEY).attribute("Arn")
    assert production.only(FUNCTION).properties["KmsKeyArn"] == key


def test_function_logs_json_to_its_own_group(template: RenderedTemplate) -> None:
    """What Lambda itself writes there is JSON too."""
    assert template.only(FUNCTION).properties["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": log_group_of(template).ref,
    }


def test_function_gives_up_before_api_gateway_does(template: RenderedTemplate) -> None:
    """The caller hears from the function, not from a gateway that did not wait."""
    timeout = template.only(FUNCTION).properties["Timeout"]
    assert timeout == TIMEOUT_SECONDS == 25
    assert timeout < API_GATEWAY_WAITS_SECONDS


def test_function_has_time_for_the_slowest_of_all_its_steps() -> None:
    """Lock, text and record, each as late as it may be, fit into the function's timeout."""
    limits = settings.TimeLimits()
    attempt = limits.dynamodb_connect + limits.dynamodb_read
    # botocore waits up to 1, 2, 4 … seconds before the second, third, fourth … attempt.
    waits = sum(2**retry for retry in range(settings.DYNAMODB_ATTEMPTS - 1))
    dynamodb = settings.DYNAMODB_ATTEMPTS * attempt + waits

    assert limits.pinpoint_connect + limits.pinpoint_read <= limits.pinpoint_all_attempts
    assert dynamodb + limits.pinpoint_all_attempts + dynamodb < TIMEOUT_SECONDS


def test_reference_id_is_remembered_for_longer_than_any_code_is_valid() -> None:
    """The window covers the longest ValidityPeriod, begun as late as the function may send."""
    schema = TypeAdapter(SendOtpRequest).json_schema()
    longest_minutes = schema["properties"]["ValidityPeriod"]["maximum"]
    assert longest_minutes == 60

    assert longest_minutes * 60 + TIMEOUT_SECONDS < settings.WINDOW_SECONDS


# --- The alias ---


def test_alias_points_to_the_published_version(template: RenderedTemplate) -> None:
    """The alias is `live`, of the version that this template publishes."""
    assert template.only(ALIAS).properties == {
        "FunctionName": template.only(FUNCTION).ref,
        "FunctionVersion": template.only(VERSION).attribute("Version"),
        "Name": "live",
    }


def test_nothing_but_version_and_alias_knows_the_function_itself(
    template: RenderedTemplate,
) -> None:
    """No output, permission or integration goes past the alias; nor does a caller's policy."""
    watching = {resource.logical_id for resource in template.resources if is_watching(resource)}
    assert template.mentions(template.only(FUNCTION).logical_id) - watching == {
        template.only(VERSION).logical_id,
        template.only(ALIAS).logical_id,
        # With the alias's name as its qualifier.
        template.only(ASYNCHRONOUS).logical_id,
        # To shift the alias.
        *(policy.logical_id for policy in template.all(MANAGED_POLICY) if is_canary(policy)),
    }
    assert template.mentions(template.only(VERSION).logical_id) == {template.only(ALIAS).logical_id}


def is_watching(resource: Resource) -> bool:
    """Tell whether a resource only looks at the function's metrics."""
    return resource.type in (DASHBOARD, "AWS::CloudWatch::Alarm")


def is_canary(policy: Resource) -> bool:
    """Tell whether a policy is that of the deployments."""
    return "CanaryPolicy" in policy.logical_id


# --- Starting ---


def test_function_starts_from_a_snapshot_when_asked_to(tmp_path: Path) -> None:
    """Snapshots are taken of what the alias runs: published versions."""
    template = synthesize(tmp_path, snapStart="true", pythonVersion="3.13")
    assert template.only(FUNCTION).properties["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_environments_are_kept_warm_and_reserved_when_asked_to(tmp_path: Path) -> None:
    """Those of the alias are kept warm; the reservation is the function's."""
    template = synthesize(tmp_path, provisionedConcurrency="2", reservedConcurrency="5")
    assert template.only(ALIAS).properties["ProvisionedConcurrencyConfig"] == {
        "ProvisionedConcurrentExecutions": 2
    }
    assert template.only(FUNCTION).properties["ReservedConcurrentExecutions"] == 5


# --- Releases ---


def test_new_version_gets_a_tenth_first_and_goes_back_on_an_alarm(
    production: RenderedTemplate,
) -> None:
    """CodeDeploy shifts the alias, looks at what a bad release can set off, and can go back."""
    group = production.only(CANARY)
    alarms = [alarm["Name"] for alarm in group.properties["AlarmConfiguration"]["Alarms"]]
    assert alarms == [
        production.named("AWS::CloudWatch::Alarm", name).ref for name in ("ServerErrors", "Crashes")
    ]
    assert group.properties["AlarmConfiguration"]["Enabled"] is True
    assert (
        group.properties["DeploymentConfigName"]
        == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    )
    assert group.properties["AutoRollbackConfiguration"] == {
        "Enabled": True,
        "Events": [
            "DEPLOYMENT_FAILURE",
            "DEPLOYMENT_STOP_ON_REQUEST",
            "DEPLOYMENT_STOP_ON_ALARM",
        ],
    }
    assert production.only(ALIAS).whole["UpdatePolicy"] == {
        "CodeDeployLambdaAliasUpdate": {
            "ApplicationName": production.only(CANARY_APPLICATION).ref,
            "DeploymentGroupName": group.ref,
        }
    }


def test_deployments_may_shift_this_alias_and_look_at_alarms(production: RenderedTemplate) -> None:
    """Their role is CodeDeploy's, with one policy of exactly these statements."""
    function = production.only(FUNCTION).attribute("Arn")
    role = production.named(ROLE, "CanaryRole")
    policy = production.named(MANAGED_POLICY, "CanaryPolicy")
    assert role.properties["ManagedPolicyArns"] == [policy.ref]
    assert "Policies" not in role.properties
    [trust] = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    assert production.only(CANARY).properties["ServiceRoleArn"] == role.attribute("Arn")
    assert policy.properties["PolicyDocument"]["Statement"] == [
        allowed(
            [
                "lambda:GetAlias",
                "lambda:GetProvisionedConcurrencyConfig",
                "lambda:UpdateAlias",
            ],
            [function, f"{function}:live"],
        ),
        allowed("cloudwatch:DescribeAlarms", "*"),
    ]


def test_versions_are_kept_to_go_back_to_but_not_those_of_a_failed_release(
    production: RenderedTemplate, minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """Lambda would not publish the same code again; and a snapshot costs by the version."""
    snapshots = synthesize(
        tmp_path, profile="production", region=REGION, snapStart="true", pythonVersion="3.13"
    )
    assert production.only(VERSION).whole["DeletionPolicy"] == "RetainExceptOnCreate"
    for template in (minimal, snapshots):
        assert template.only(VERSION).whole.get("DeletionPolicy", "Delete") == "Delete"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"region": "us-east-1"}, id="the region, written down"),
        pytest.param({"applicationId": None, "createApplication": "true"}, id="the application"),
    ],
)
def test_new_version_is_one_that_lambda_sees(
    changes: dict[str, Any], minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """A property that is only written differently publishes a version, so another one differs.

    Lambda refuses to publish where nothing has changed, and the deployment would fail.
    """
    changed = synthesize(tmp_path, **changes)
    assert changed.only(VERSION).logical_id != minimal.only(VERSION).logical_id
    descriptions = {
        template.only(FUNCTION).properties["Description"] for template in (changed, minimal)
    }
    assert len(descriptions) == 2


def test_dev_replaces_the_version_at_once(minimal: RenderedTemplate) -> None:
    """Without a canary, the alias points to the new version as soon as it is there."""
    assert "UpdatePolicy" not in minimal.only(ALIAS).whole


# --- Asynchronous events ---


def test_event_that_was_invoked_around_the_alias_is_not_lost(template: RenderedTemplate) -> None:
    """The destination is the alias's; whatever else fails for good ends in the same queue."""
    assert template.only(FUNCTION).properties["DeadLetterConfig"] == {
        "TargetArn": template.only(QUEUE).attribute("Arn")
    }


def test_asynchronous_events_never_arrive_after_the_window(template: RenderedTemplate) -> None:
    """Lambda drops an event after 5 minutes, far below the 65 for which a ReferenceId is held."""
    properties = template.only(ASYNCHRONOUS).properties
    assert properties == {
        "FunctionName": template.only(FUNCTION).ref,
        "Qualifier": "live",
        "MaximumEventAgeInSeconds": 300,
        "MaximumRetryAttempts": 2,
        "DestinationConfig": {
            "OnFailure": {"Destination": template.only(QUEUE).attribute("Arn")},
        },
    }
    assert properties["MaximumEventAgeInSeconds"] * 10 < settings.WINDOW_SECONDS
    assert template.only(ALIAS).logical_id in template.only(ASYNCHRONOUS).whole["DependsOn"]


def test_what_finally_fails_is_kept_encrypted_and_read_over_tls(template: RenderedTemplate) -> None:
    """The queue is encrypted, keeps a message for two weeks, and denies every call without TLS."""
    queue = template.only(QUEUE)
    encryption = (
        {"KmsMasterKeyId": template.only(KEY).attribute("Arn")}
        if template.all(KEY)
        else {"SqsManagedSseEnabled": True}
    )
    assert queue.properties == {**encryption, "MessageRetentionPeriod": 1209600}
    policy = template.only(QUEUE_POLICY).properties
    assert policy["Queues"] == [queue.ref]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sqs:*",
            "Resource": queue.attribute("Arn"),
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
