"""The whole template: no unexpected resource, output or fixed name; and the stored data."""

import json
import re
from collections import Counter
from typing import Any

import pytest
from aws_cdk.assertions import Annotations, Match

from tests.support import cfn
from tests.support.templates import APPLICATION_ID, REGION, Others, RenderedTemplate, allowed

# Topics: the alarms', and that of failed verifications. Queue: failed sends. Managed policies: one
# for each function, Caller and Pause.
ONCE = (
    *(cfn.API, cfn.MODEL, cfn.VALIDATOR, cfn.DEPLOYMENT, cfn.STAGE),
    *(cfn.TABLE, cfn.QUEUE, cfn.QUEUE_POLICY, cfn.DASHBOARD),
)
TWICE = (
    *(cfn.FUNCTION, cfn.VERSION, cfn.ALIAS, cfn.ASYNCHRONOUS, cfn.PERMISSION),
    *(cfn.ROLE, cfn.LOG_GROUP, cfn.API_RESOURCE, cfn.METHOD, cfn.TOPIC, cfn.TOPIC_POLICY),
)
MORE = {cfn.MANAGED_POLICY: 4, cfn.GATEWAY_RESPONSE: 21, cfn.ALARM: 25}
IN_BOTH_PROFILES = Counter(dict.fromkeys(ONCE, 1) | dict.fromkeys(TWICE, 2) | MORE)
WAF = (cfn.WEB_ACL, cfn.WEB_ACL_LOGGING, cfn.WEB_ACL_ASSOCIATION)
ALARMS_AND_THEIR_TOPIC = Counter({cfn.ALARM: 25, cfn.TOPIC: 1, cfn.TOPIC_POLICY: 1})
FIREWALL = Counter({**dict.fromkeys(WAF, 1), cfn.LOG_GROUP: 1, cfn.CLIENT_CERTIFICATE: 1})
OF_CANARIES = (cfn.CANARY, cfn.CANARY_APPLICATION, cfn.ROLE, cfn.MANAGED_POLICY)
IN_PRODUCTION = FIREWALL + Counter({cfn.KEY: 1, cfn.LOG_GROUP: 2, **dict.fromkeys(OF_CANARIES, 2)})
CHECK = (cfn.FUNCTION, cfn.ROLE, cfn.LOG_GROUP, cfn.MANAGED_POLICY)
IN_PRODUCTION += Counter([*CHECK, cfn.MANAGED_POLICY, cfn.MANAGED_POLICY])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dev", IN_BOTH_PROFILES),
        ("production", IN_BOTH_PROFILES + IN_PRODUCTION),
        # With createApplication, the application and its channel are the only difference.
        ("creating", IN_BOTH_PROFILES + Counter({cfn.APPLICATION: 1, cfn.SMS_CHANNEL: 1})),
        ("quiet", IN_BOTH_PROFILES - ALARMS_AND_THEIR_TOPIC + FIREWALL),
        (
            "lean",
            IN_BOTH_PROFILES + IN_PRODUCTION - FIREWALL - Counter({cfn.DASHBOARD: 1, cfn.ALARM: 3}),
        ),
    ],
)
def test_template_holds_these_resources_and_no_others(
    name: str, expected: Counter[str], request: pytest.FixtureRequest
) -> None:
    """No second policy, function URL or log role. An output exists only with its resource."""
    template: RenderedTemplate = request.getfixturevalue(name)
    assert Counter(resource.type for resource in template.resources) == expected
    assert ("AlarmTopicArn" in template.outputs) == (name != "quiet")
    assert ("DashboardName" in template.outputs) == (name != "lean")
    assert ("KeptOnDestroy" in template.outputs) == (name in ("production", "quiet"))


def test_outputs_are_what_a_caller_and_an_operator_need(template: RenderedTemplate) -> None:
    """Each has a description. None is exported: export names are unique in an account."""
    outputs = {name: output["Value"] for name, output in template.outputs.items()}
    outputs.pop("KeptOnDestroy", None)
    application = template.all(cfn.APPLICATION)
    assert outputs == {
        "ApiUrl": (
            f"https://{template.only(cfn.API).ref}.execute-api.{template.region}.${{AWS::URLSuffix}}/"
            f"{template.only(cfn.STAGE).ref}"
        ),
        "SendFunctionArn": template.named(cfn.ALIAS, "Send").ref,
        "SendFailureQueueUrl": template.only(cfn.QUEUE).ref,
        "VerifyFunctionArn": template.named(cfn.ALIAS, "Verify").ref,
        "CallerPolicyArn": template.named(cfn.MANAGED_POLICY, "Caller").ref,
        "PausePolicyArn": template.named(cfn.MANAGED_POLICY, "Pause").ref,
        "ApplicationId": application[0].ref if application else APPLICATION_ID,
        "TableName": template.only(cfn.TABLE).ref,
        "AlarmTopicArn": template.named(cfn.TOPIC, "Alarms").ref,
        "DashboardName": template.only(cfn.DASHBOARD).ref,
    }
    for output in template.outputs.values():
        assert output.keys() == {"Value", "Description"}


def test_no_fixed_name_prevents_a_second_deployment(
    template: RenderedTemplate,
) -> None:
    """These names need not be unique, or only within their parent."""
    references = {f"${{{resource.logical_id}" for resource in template.resources}
    fixed = {
        (resource.type, name)
        for resource in template.resources
        for name, value in resource.properties.items()
        if name.endswith("Name") and not any(reference in str(value) for reference in references)
    }
    metrics = {(cfn.ALARM, "MetricName")}  # not the name of the alarm
    assert fixed - metrics - {(cfn.APPLICATION, "Name")} <= {
        (cfn.API, "Name"),  # AWS identifies an API by its ID
        (cfn.STAGE, "StageName"),  # within its API
        (cfn.ALIAS, "Name"),  # within its function
        (cfn.CANARY, "DeploymentConfigName"),  # AWS's own
    }


def test_template_holds_no_secret_and_no_account(template: RenderedTemplate) -> None:
    """Many people read templates. Only a caller's account may be named."""
    text = json.dumps([one.whole for one in template.resources]).replace("210987654321", "")
    assert not re.search(r"(?<![0-9a-f])\d{12}(?![0-9a-f])", text)
    assert not re.search(r"AKIA|ASIA|secret[^\"]*\"\s*:\s*\"[^$]", text)


# --- Retention and encryption ---


def kept(template: RenderedTemplate) -> Counter[str]:
    """Count the resources that outlive the stack, by type."""
    kept = Counter[str]()
    for one in template.resources:
        policies = {one.whole.get("DeletionPolicy"), one.whole.get("UpdateReplacePolicy")}
        kept[one.type] += bool(policies & {"Retain", "RetainExceptOnCreate"})
    return +kept


def test_data_outlives_the_stack_if_the_operator_wants_it(
    dev: RenderedTemplate,
    production: RenderedTemplate,
    lean: RenderedTemplate,
    quiet: RenderedTemplate,
) -> None:
    """An output names what stays: table, key, queue and logs.

    Versions stay for rollbacks, unless they are snapshots, which cost money. A failed creation
    leaves only the table, which is protected, and its key.
    """
    data = {cfn.TABLE: 1, cfn.QUEUE: 1}
    assert kept(production) == {**data, cfn.KEY: 1, cfn.LOG_GROUP: 6, cfn.VERSION: 2}
    # Data can also be kept under AWS's own keys.
    assert kept(quiet) == {**data, cfn.LOG_GROUP: 3}
    policies = [(one.type, one.whole.get("DeletionPolicy")) for one in production.resources]
    assert [type_ for type_, policy in policies if policy == "Retain"] == [cfn.KEY, cfn.TABLE]
    said = production.outputs["KeptOnDestroy"]["Value"]
    assert all(word in said for word in ("table", "key", "queue", "log groups"))
    for template in (dev, lean):
        assert kept(template) == {}
        for type_ in (cfn.TABLE, cfn.QUEUE, cfn.LOG_GROUP, cfn.KEY):
            assert {one.whole["DeletionPolicy"] for one in template.all(type_)} <= {"Delete"}


def test_every_log_group_has_a_retention_time(template: RenderedTemplate) -> None:
    """The stack creates each group: otherwise a service would, and nobody would delete it."""
    retention = {one.properties["RetentionInDays"] for one in template.all(cfn.LOG_GROUP)}
    assert retention == {365 if template.key else 30}


def test_the_key_encrypts_all_stored_data(template: RenderedTemplate) -> None:
    """Except the alarms' topic, which a disabled key would mute. Other tests cover the rest."""
    for type_, name in ((cfn.QUEUE, "KmsMasterKeyId"), (cfn.LOG_GROUP, "KmsKeyId")):
        assert {one.properties.get(name) for one in template.all(type_)} == {template.key}
    topics = {
        one.logical_id: one.properties.get("KmsMasterKeyId") for one in template.all(cfn.TOPIC)
    }
    assert all(key == (None if "Alarms" in name else template.key) for name, key in topics.items())
    by_sqs = template.only(cfn.QUEUE).properties.get("SqsManagedSseEnabled", False)
    assert by_sqs == (template.key is None)


def test_table_is_exactly_this(template: RenderedTemplate) -> None:
    """Without its records, ReferenceIds would text again: production protects and restores it.

    One day of recovery is AWS's minimum, so phone numbers are not kept for longer.
    """
    restored = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 1}
    in_production: dict[str, Any] = {
        "Region": REGION,
        "DeletionProtectionEnabled": True,
        "PointInTimeRecoverySpecification": restored,
        "SSESpecification": {"KMSMasterKeyId": template.key},
    }
    in_dev = {"Region": "${AWS::Region}", "DeletionProtectionEnabled": False}
    assert template.only(cfn.TABLE).properties == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "Replicas": [in_production if template.key else in_dev],
    }


def test_the_key_admits_only_this_account_and_its_logs(
    production: RenderedTemplate,
) -> None:
    """The account's own policies grant everything else."""
    account = "${AWS::AccountId}"
    to_log = [
        *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
        *("kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    ]
    logs = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": production.arn("logs", "*")}}
    assert production.only(cfn.KEY).properties["KeyPolicy"]["Statement"] == [
        {**allowed("kms:*", "*"), "Principal": {"AWS": f"arn:aws:iam::{account}:root"}},
        {
            **allowed(to_log, "*"),
            "Sid": "LogsOfThisAccount",
            "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
            "Condition": logs,
        },
    ]


def test_a_created_application_is_kept(creating: RenderedTemplate, others: Others) -> None:
    """AWS does not say whether a new one could be created."""
    assert creating.only(cfn.SMS_CHANNEL).properties == {
        "ApplicationId": creating.only(cfn.APPLICATION).ref,
        "Enabled": True,
    }
    assert creating.only(cfn.APPLICATION).properties == {"Name": "Otp-Otp"}
    kept = others.america.only(cfn.APPLICATION).whole["DeletionPolicy"]
    assert kept == "RetainExceptOnCreate"


def test_deployments_in_one_app_share_no_name_and_no_region(others: Others) -> None:
    """One stack in another region, and one stack with two services."""
    america, theirs = others.america, others.theirs
    assert REGION not in json.dumps([resource.whole for resource in america.resources])
    assert "us-east-1" not in json.dumps([resource.whole for resource in theirs.resources])
    functions = [*america.all(cfn.FUNCTION), *theirs.all(cfn.FUNCTION)]
    told = [one.properties["Environment"]["Variables"] for one in functions]
    assert {one["OTP_DEPLOYMENT"] for one in told if "OTP_DEPLOYMENT" in one} == {
        "America/Otp",
        "Theirs/Login",
        "Theirs/Payments",
    }
    groups = [group.properties.get("LogGroupName") for group in theirs.all(cfn.LOG_GROUP)]
    assert len({name for name in groups if name}) == 4


def test_settings_without_effect_get_a_warning_at_synthesis(others: Others) -> None:
    """Each warning has an ID with which it can be acknowledged."""
    found = Annotations.from_stack(others.america_stack).find_warning("*", Match.any_value())
    told = [re.sub("=.*:", " ", str(message.entry.data)) for message in found]
    names = ("alarmTextsPerHour", "destinationPer10Minutes", "callerPerHour")
    assert told == [f"{name} {name}]" for name in names]
