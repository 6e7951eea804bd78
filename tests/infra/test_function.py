"""The functions: what each may do, how it runs, and the alias that everybody calls."""

import platform
from pathlib import Path
from typing import Any

import pytest

from infra.config import PYTHON_VERSIONS, Config
from infra.function.otp_function import MEMORY_MB, TIMEOUT_SECONDS
from infra.stack import OtpStack
from lambda_src.otp import settings
from lambda_src.otp.contract.request import SendOtpRequest
from lambda_src.otp.once import records as once
from lambda_src.otp.time_limits import WINDOW_SECONDS, TimeLimits

from .helpers import (
    ALARM,
    ALIAS,
    APPLICATION,
    APPLICATION_ID,
    ASYNCHRONOUS,
    CANARY,
    CANARY_APPLICATION,
    DASHBOARD,
    FUNCTION,
    FUNCTIONS,
    KEY,
    LOG_GROUP,
    MANAGED_POLICY,
    QUEUE,
    QUEUE_POLICY,
    REGION,
    ROLE,
    SUBSCRIPTION,
    TABLE,
    THIS_PYTHON,
    TOPIC,
    TOPIC_POLICY,
    VERSION,
    RenderedTemplate,
    Resource,
    StubBundle,
    allowed,
    context,
    create_app,
    find_statements,
    synthesize,
)

API_GATEWAY_WAITS_SECONDS = 29

#: What send is told of the operator's rules, where only the countries are set.
RULES = {
    "OTP_ALLOWED_COUNTRIES": "CA,US",
    "OTP_ALLOWED_NUMBER_TYPES": "FIXED_LINE_OR_MOBILE,MOBILE,PERSONAL_NUMBER,VOIP",
    "OTP_BLOCKED_PREFIXES": "",
    "OTP_ALLOWED_BRAND_NAMES": "[]",
    "OTP_ALLOWED_ORIGINATION_IDENTITIES": "[]",
    "OTP_DESTINATION_PER_10_MINUTES": "5",
    "OTP_DESTINATION_PER_DAY": "10",
    "OTP_DESTINATION_INTERVAL_SECONDS": "off",
    "OTP_BLOCK_PER_HOUR": "20",
    "OTP_COUNTRY_PER_DAY": "5000",
    "OTP_COUNTRIES_PER_DAY": "",
    "OTP_CALLER_PER_HOUR": "off",
    "OTP_DEPLOYMENT_PER_HOUR": "1000",
    "OTP_REQUESTS_PER_SECOND": "100",
}


each_function = pytest.mark.parametrize("function", FUNCTIONS)


def statements_of(template: RenderedTemplate, function: str) -> list[dict[str, Any]]:
    """Give the statements of a function's one policy."""
    policy = template.named(MANAGED_POLICY, f"{function}Policy").properties["PolicyDocument"]
    assert policy["Version"] == "2012-10-17"
    statements: list[dict[str, Any]] = policy["Statement"]
    return statements


def what_it_is_for(template: RenderedTemplate, function: str) -> list[dict[str, Any]]:
    """Write the statements that a function's policy has for what it alone does."""
    application = template.all(APPLICATION)
    application_id = application[0].ref if application else APPLICATION_ID
    return {
        "Send": [
            allowed(
                "mobiletargeting:SendOTPMessage",
                template.arn("mobiletargeting", f"apps/{application_id}/otp"),
            ),
            allowed(
                [
                    "dynamodb:DeleteItem",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                ],
                template.only(TABLE).attribute("Arn"),
            ),
        ],
        "Verify": [
            allowed(
                "mobiletargeting:VerifyOTPMessage",
                template.arn("mobiletargeting", f"apps/{application_id}/verify-otp"),
            ),
        ],
    }[function]


def what_it_may_in_both_profiles(template: RenderedTemplate, function: str) -> list[dict[str, Any]]:
    """Write the statements that a function's policy has in both profiles."""
    return [
        *what_it_is_for(template, function),
        allowed(
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            log_group_of(template, function).attribute("Arn"),
        ),
        what_it_does_with_failures(template, function),
        allowed(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
    ]


def log_group_of(template: RenderedTemplate, function: str) -> Resource:
    """Give a function's own log group."""
    return template.named(LOG_GROUP, f"{function}Log")


def what_it_does_with_failures(template: RenderedTemplate, function: str) -> dict[str, Any]:
    """Write the statement for the events that finally failed."""
    action = {"Send": "sqs:SendMessage", "Verify": "sns:Publish"}[function]
    return allowed(action, failures_of(template, function))


def failures_of(template: RenderedTemplate, function: str) -> str:
    """Give the ARN of where the events go that finally failed: send's are kept."""
    return {
        "Send": template.only(QUEUE).attribute("Arn"),
        "Verify": template.named(TOPIC, "VerifyFailures").ref,
    }[function]


def test_functions_are_these(template: RenderedTemplate) -> None:
    """What is tested here of each function is tested of all there are."""
    assert [function.properties["Handler"] for function in template.all(FUNCTION)] == [
        f"otp.{function.lower()}.handler" for function in FUNCTIONS
    ]


# --- What a function may do ---


@each_function
def test_role_may_do_what_the_function_is_for_and_log_and_nothing_else(
    function: str, minimal: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """The role's statements are exactly these: an action more or a wider ARN fails here."""
    for template in (minimal, creating):
        statements = statements_of(template, function)
        assert statements == what_it_may_in_both_profiles(template, function)


def test_verify_role_may_neither_send_nor_see_the_table(template: RenderedTemplate) -> None:
    """Whoever takes the one function over has not got the other one's permissions."""
    verify, send = (
        {
            action
            for statement in statements_of(template, function)
            for action in [statement["Action"]]
            if isinstance(action, str) and action.startswith("mobiletargeting:")
        }
        for function in ("Verify", "Send")
    )
    assert (verify, send) == (
        {"mobiletargeting:VerifyOTPMessage"},
        {"mobiletargeting:SendOTPMessage"},
    )
    policy = template.named(MANAGED_POLICY, "VerifyPolicy")
    assert policy.logical_id not in template.mentions(template.only(TABLE).logical_id)


@each_function
def test_role_may_use_the_key_for_what_it_encrypts_and_its_settings(
    function: str, production: RenderedTemplate
) -> None:
    """With a key of the customer's there are two statements more, for this key and nothing else."""
    key = production.only(KEY).attribute("Arn")
    of_each: dict[str, tuple[str | list[str], list[str]]] = {
        "Send": (
            [
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
            [f"dynamodb.{REGION}.amazonaws.com", f"sqs.{REGION}.amazonaws.com"],
        ),
        "Verify": ("kms:GenerateDataKey", [f"sns.{REGION}.amazonaws.com"]),
    }
    actions, services = of_each[function]
    assert statements_of(production, function) == [
        *what_it_may_in_both_profiles(production, function),
        {
            **allowed(actions, key),
            "Condition": {"StringEquals": {"kms:ViaService": services}},
        },
        allowed("kms:Decrypt", key),
    ]


@each_function
def test_role_has_one_policy(function: str, template: RenderedTemplate) -> None:
    """No other policy is attached, from either side."""
    role = template.named(ROLE, f"{function}Role")
    assert role.properties.keys() == {
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
    }
    assert role.properties["ManagedPolicyArns"] == [
        template.named(MANAGED_POLICY, f"{function}Policy").ref
    ]
    assert template.mentions(role.logical_id) == {template.named(FUNCTION, function).logical_id}
    assert template.named(FUNCTION, function).properties["Role"] == role.attribute("Arn")


@each_function
def test_role_is_assumed_by_lambda_alone(function: str, template: RenderedTemplate) -> None:
    """The trust policy names the Lambda service and nobody else."""
    role = template.named(ROLE, f"{function}Role")
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
    assert of_anything == [tracing, *canary] * len(FUNCTIONS)


# --- The functions ---


@each_function
def test_function_is_its_handler_on_the_default_runtime(
    function: str, minimal: RenderedTemplate
) -> None:
    """By default: arm64, and the Python that synthesizes, because it is the tested one."""
    properties = minimal.named(FUNCTION, function).properties
    assert properties["Handler"] == f"otp.{function.lower()}.handler"
    assert properties["Runtime"] == f"python{THIS_PYTHON}"
    assert properties["Architectures"] == ["arm64"]


@pytest.mark.parametrize(
    ("python_version", "architecture"),
    [*((version, "arm64") for version in PYTHON_VERSIONS), (THIS_PYTHON, "x86_64")],
)
def test_functions_run_and_are_built_for_the_configured_runtime(
    python_version: str, architecture: str, tmp_path: Path, stub_bundle: StubBundle
) -> None:
    """Lambda is told the Python that the code was bundled for, and the configured processor."""
    template = synthesize(tmp_path, pythonVersion=python_version, architecture=architecture)

    for function in template.all(FUNCTION):
        assert function.properties["Runtime"] == f"python{python_version}"
        assert function.properties["Architectures"] == [architecture]
    assert stub_bundle.asked[-1] == (python_version, architecture)


def test_functions_of_the_sandbox_are_built_for_this_machine_and_run_here(
    tmp_path: Path, stub_bundle: StubBundle
) -> None:
    """The template has no word for the host, and names its processor."""
    template = synthesize(tmp_path, architecture="host", sandboxNumbers="true")

    here = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
    for function in template.all(FUNCTION):
        assert function.properties["Architectures"] == [here]
    assert stub_bundle.asked[-1] == (THIS_PYTHON, "host")


def test_send_gets_exactly_these_settings(minimal: RenderedTemplate) -> None:
    """The environment is what SendSettings reads, none of it a secret; no language unless set.

    Nor is it a sandbox, unless that is set.
    """
    assert minimal.named(FUNCTION, "Send").properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": APPLICATION_ID,
            "OTP_TABLE_NAME": minimal.only(TABLE).ref,
            "OTP_ORIGINATION_IDENTITY": "+18555550142",
            "OTP_BRAND_NAME": "ExampleCorp",
            **RULES,
            "OTP_DEPLOYMENT": "Otp/Otp",
            "OTP_FUNCTION_SECONDS": "28",
        }
    }


def test_send_gets_the_configured_language(creating: RenderedTemplate) -> None:
    """A configured language is one setting more, and the only one."""
    assert creating.named(FUNCTION, "Send").properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": creating.only(APPLICATION).ref,
            "OTP_TABLE_NAME": creating.only(TABLE).ref,
            "OTP_ORIGINATION_IDENTITY": "+18555550142",
            "OTP_BRAND_NAME": "ExampleCorp",
            "OTP_LANGUAGE": "es-ES",
            **RULES,
            "OTP_DEPLOYMENT": "Otp/Otp",
            "OTP_FUNCTION_SECONDS": "28",
        }
    }


def test_verify_gets_exactly_these_settings(template: RenderedTemplate) -> None:
    """What every function gets: no table, no sender, no language, no rule and no limit."""
    application = template.all(APPLICATION)
    assert template.named(FUNCTION, "Verify").properties["Environment"] == {
        "Variables": {
            "OTP_APPLICATION_ID": application[0].ref if application else APPLICATION_ID,
            "OTP_DEPLOYMENT": "Otp/Otp",
            "OTP_FUNCTION_SECONDS": "28",
        }
    }


@pytest.mark.parametrize(
    ("function", "reader"), [("Send", settings.SendSettings), ("Verify", settings.Settings)]
)
def test_function_can_start_with_its_settings(
    function: str, reader: type[settings.Settings], template: RenderedTemplate
) -> None:
    """The function's own reader of the environment is content with the stack's."""
    variables = template.named(FUNCTION, function).properties["Environment"]["Variables"]
    limits = reader.from_environment(variables).time_limits
    assert limits == TimeLimits(function=TIMEOUT_SECONDS)


@each_function
def test_function_has_no_other_properties(function: str, template: RenderedTemplate) -> None:
    """No layer, network or fixed name has come with it."""
    assert template.named(FUNCTION, function).properties.keys() - {"KmsKeyArn"} == {
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


@each_function
def test_function_is_traced_without_an_sdk(function: str, template: RenderedTemplate) -> None:
    """Lambda itself traces; the X-Ray SDK would cost every cold start 200 ms."""
    assert template.named(FUNCTION, function).properties["TracingConfig"] == {"Mode": "Active"}


@each_function
def test_settings_are_encrypted_with_the_customers_key_where_there_is_one(
    function: str, minimal: RenderedTemplate, production: RenderedTemplate
) -> None:
    """Lambda's own key does where the operator asks for none."""
    assert "KmsKeyArn" not in minimal.named(FUNCTION, function).properties
    key = production.only(KEY).attribute("Arn")
    assert production.named(FUNCTION, function).properties["KmsKeyArn"] == key


@each_function
def test_function_logs_json_to_its_own_group(function: str, template: RenderedTemplate) -> None:
    """What Lambda itself writes there is JSON too."""
    assert template.named(FUNCTION, function).properties["LoggingConfig"] == {
        "LogFormat": "JSON",
        "LogGroup": log_group_of(template, function).ref,
    }


@each_function
def test_function_has_the_memory_that_a_quick_start_needs(
    function: str, template: RenderedTemplate
) -> None:
    """CPU comes with memory."""
    assert template.named(FUNCTION, function).properties["MemorySize"] == MEMORY_MB == 512


@each_function
def test_function_gives_up_before_api_gateway_does(
    function: str, template: RenderedTemplate
) -> None:
    """The caller hears from the function, not from a gateway that did not wait."""
    timeout = template.named(FUNCTION, function).properties["Timeout"]
    assert timeout == TIMEOUT_SECONDS == 28
    assert timeout < API_GATEWAY_WAITS_SECONDS


def test_function_has_time_for_the_slowest_of_all_its_steps() -> None:
    """Lock, counts, text; then the record, or giving back and freeing: each as late as may be."""
    limits = TimeLimits()
    lock = record = free = 2 * limits.dynamodb_attempt + once.LONGEST_PAUSE_SECONDS

    before = lock + limits.counting + limits.pinpoint_all_attempts

    assert before + max(record, limits.giving_back + free) < TIMEOUT_SECONDS


def test_reference_id_is_remembered_for_longer_than_any_code_is_valid() -> None:
    """The window covers the longest ValidityPeriod, begun as late as the function may send."""
    validity = SendOtpRequest.model_json_schema()["properties"]["ValidityPeriod"]
    longest_minutes = validity["maximum"]
    assert longest_minutes == 60

    assert longest_minutes * 60 + TIMEOUT_SECONDS < WINDOW_SECONDS


# --- The alias ---


@each_function
def test_alias_points_to_the_published_version(function: str, template: RenderedTemplate) -> None:
    """The alias is `live`, of the version that this template publishes."""
    version = template.named(VERSION, function)
    assert version.properties["FunctionName"] == template.named(FUNCTION, function).ref
    assert template.named(ALIAS, function).properties == {
        "FunctionName": template.named(FUNCTION, function).ref,
        "FunctionVersion": version.attribute("Version"),
        "Name": "live",
    }


@each_function
def test_nothing_but_version_and_alias_knows_the_function_itself(
    function: str, template: RenderedTemplate
) -> None:
    """No output, permission or integration goes past the alias; nor does a caller's policy."""
    watching = {resource.logical_id for resource in template.resources if is_watching(resource)}
    version, alias = template.named(VERSION, function), template.named(ALIAS, function)
    assert template.mentions(template.named(FUNCTION, function).logical_id) - watching == {
        version.logical_id,
        alias.logical_id,
        # With the alias's name as its qualifier.
        template.named(ASYNCHRONOUS, function).logical_id,
        # To shift the alias.
        *(
            policy.logical_id
            for policy in template.all(MANAGED_POLICY)
            if f"{function}CanaryPolicy" in policy.logical_id
        ),
    }
    assert template.mentions(version.logical_id) == {alias.logical_id}


def is_watching(resource: Resource) -> bool:
    """Tell whether a resource only looks at the function's metrics."""
    return resource.type in (DASHBOARD, ALARM)


# --- Starting ---


def test_functions_start_from_a_snapshot_when_asked_to(tmp_path: Path) -> None:
    """Snapshots are taken of what the alias runs: published versions."""
    template = synthesize(tmp_path, snapStart="true", pythonVersion="3.13")
    for function in template.all(FUNCTION):
        assert function.properties["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_environments_are_kept_warm_and_reserved_when_asked_to(tmp_path: Path) -> None:
    """Those of each alias are kept warm; the reservation is each function's."""
    template = synthesize(tmp_path, provisionedConcurrency="2", reservedConcurrency="5")
    for alias in template.all(ALIAS):
        assert alias.properties["ProvisionedConcurrencyConfig"] == {
            "ProvisionedConcurrentExecutions": 2
        }
    for function in template.all(FUNCTION):
        assert function.properties["ReservedConcurrentExecutions"] == 5


# --- Releases ---


@each_function
def test_new_version_gets_a_tenth_first_and_goes_back_on_an_alarm(
    function: str, production: RenderedTemplate
) -> None:
    """CodeDeploy shifts the alias, looks at what a bad release can set off, and can go back.

    At the alarms of this function: the other one's release is judged by its own.
    """
    group = production.named(CANARY, f"{function}Canary")
    application = production.named(CANARY_APPLICATION, f"{function}Canary")
    assert group.properties["ApplicationName"] == application.ref
    alarms = [alarm["Name"] for alarm in group.properties["AlarmConfiguration"]["Alarms"]]
    assert alarms == [
        production.named(ALARM, f"{function}{name}").ref for name in ("ServerErrors", "Crashes")
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
    assert production.named(ALIAS, function).whole["UpdatePolicy"] == {
        "CodeDeployLambdaAliasUpdate": {
            "ApplicationName": application.ref,
            "DeploymentGroupName": group.ref,
        }
    }


@each_function
def test_deployments_may_shift_this_alias_and_look_at_alarms(
    function: str, production: RenderedTemplate
) -> None:
    """Their role is CodeDeploy's, with one policy of exactly these statements."""
    arn = production.named(FUNCTION, function).attribute("Arn")
    role = production.named(ROLE, f"{function}CanaryRole")
    policy = production.named(MANAGED_POLICY, f"{function}CanaryPolicy")
    assert role.properties["ManagedPolicyArns"] == [policy.ref]
    assert "Policies" not in role.properties
    [trust] = role.properties["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    group = production.named(CANARY, f"{function}Canary")
    assert group.properties["ServiceRoleArn"] == role.attribute("Arn")
    assert production.mentions(role.logical_id) == {group.logical_id}
    assert policy.properties["PolicyDocument"]["Statement"] == [
        allowed(
            [
                "lambda:GetAlias",
                "lambda:GetProvisionedConcurrencyConfig",
                "lambda:UpdateAlias",
            ],
            [arn, f"{arn}:live"],
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
    for version in production.all(VERSION):
        assert version.whole["DeletionPolicy"] == "RetainExceptOnCreate"
    for template in (minimal, snapshots):
        assert len(template.all(VERSION)) == len(FUNCTIONS)
        for version in template.all(VERSION):
            assert version.whole.get("DeletionPolicy", "Delete") == "Delete"


@each_function
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"region": "us-east-1"}, id="the region, written down"),
        pytest.param({"applicationId": None, "createApplication": "true"}, id="the application"),
    ],
)
def test_new_version_is_one_that_lambda_sees(
    changes: dict[str, Any], function: str, minimal: RenderedTemplate, tmp_path: Path
) -> None:
    """A property that is only written differently publishes a version, so another one differs.

    Lambda refuses to publish where nothing has changed, and the deployment would fail.
    """
    changed = synthesize(tmp_path, **changes)
    before, after = (template.named(VERSION, function) for template in (minimal, changed))
    assert before.logical_id != after.logical_id
    descriptions = {
        template.named(FUNCTION, function).properties["Description"]
        for template in (changed, minimal)
    }
    assert len(descriptions) == 2


def test_dev_replaces_the_version_at_once(minimal: RenderedTemplate) -> None:
    """Without a canary, the alias points to the new version as soon as it is there."""
    assert not any("UpdatePolicy" in alias.whole for alias in minimal.all(ALIAS))


# --- Asynchronous events ---


@each_function
def test_event_that_was_invoked_around_the_alias_is_not_lost(
    function: str, template: RenderedTemplate
) -> None:
    """The destination is the alias's; whatever else fails for good ends in the same place."""
    assert template.named(FUNCTION, function).properties["DeadLetterConfig"] == {
        "TargetArn": failures_of(template, function)
    }


@each_function
def test_asynchronous_events_go_where_the_function_has_them(
    function: str, template: RenderedTemplate
) -> None:
    """The configuration is the alias's, and waits for it."""
    asynchronous = template.named(ASYNCHRONOUS, function)
    properties = dict(asynchronous.properties)
    del properties["MaximumEventAgeInSeconds"], properties["MaximumRetryAttempts"]
    assert properties == {
        "FunctionName": template.named(FUNCTION, function).ref,
        "Qualifier": "live",
        "DestinationConfig": {"OnFailure": {"Destination": failures_of(template, function)}},
    }
    assert template.named(ALIAS, function).logical_id in asynchronous.whole["DependsOn"]


def test_events_to_send_never_arrive_after_the_window(template: RenderedTemplate) -> None:
    """Lambda drops one after 5 minutes, far below the 65 for which a ReferenceId is held."""
    properties = template.named(ASYNCHRONOUS, "Send").properties
    assert properties["MaximumEventAgeInSeconds"] == 300
    assert properties["MaximumEventAgeInSeconds"] * 10 < WINDOW_SECONDS
    assert properties["MaximumRetryAttempts"] == 2


def test_event_to_verify_uses_one_attempt_at_most_and_soon(template: RenderedTemplate) -> None:
    """A retry would use another one; and Lambda keeps the code for as short as AWS lets it."""
    properties = template.named(ASYNCHRONOUS, "Verify").properties
    assert properties["MaximumRetryAttempts"] == 0
    assert properties["MaximumEventAgeInSeconds"] == 60


def test_nothing_that_verify_writes_to_keeps_an_event(template: RenderedTemplate) -> None:
    """An event holds a code: it goes to a topic that nobody has subscribed to, or can."""
    topic = template.named(TOPIC, "VerifyFailures")
    actions = [
        action
        for statement in statements_of(template, "Verify")
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    ]
    assert {action.partition(":")[0] for action in actions} - {"kms"} == {
        *("logs", "mobiletargeting", "sns", "xray"),
    }
    assert template.all(SUBSCRIPTION) == []
    assert topic.properties.keys() <= {"KmsMasterKeyId"}
    [queue] = template.all(QUEUE)
    assert "Send" in queue.logical_id
    assert not any("Verify" in name for name in template.mentions(queue.logical_id))
    policy = template.named(TOPIC_POLICY, "VerifyFailures").properties
    assert policy["Topics"] == [topic.ref]
    tls, nobody = policy["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Action"], tls["Principal"]) == ("Deny", "sns:Publish", "*")
    assert (tls["Resource"], tls["Condition"]) == (
        topic.ref,
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    assert nobody == {
        "Sid": "NobodySubscribes",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "sns:Subscribe",
        "Resource": topic.ref,
    }


def test_topic_of_failures_is_encrypted_with_the_customers_key_where_there_is_one(
    template: RenderedTemplate,
) -> None:
    """What passes through it holds a code."""
    properties = template.named(TOPIC, "VerifyFailures").properties
    if template.all(KEY):
        assert properties == {"KmsMasterKeyId": template.only(KEY).attribute("Arn")}
    else:
        assert properties == {}


def test_only_what_keeps_failures_has_a_failure_queue(tmp_path: Path) -> None:
    """In code as well: whoever looks for verify's is told that there is none."""
    service = OtpStack(create_app(tmp_path), "Otp", config=Config.from_context(context())).service
    assert service.send.failure_queue is service.send.failures.queue
    assert not hasattr(service.verify, "failure_queue")


def test_what_finally_fails_to_send_is_kept_encrypted_and_read_over_tls(
    template: RenderedTemplate,
) -> None:
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
