"""What holds data: the table, and the key that encrypts what is stored."""

from pathlib import Path
from typing import Any

from .helpers import (
    FUNCTION,
    KEY,
    LOG_GROUP,
    QUEUE,
    REGION,
    TABLE,
    TOPIC,
    RenderedTemplate,
    synthesize,
)

ONE_KEY_AND_ROWS_THAT_EXPIRE: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
    "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
}


def test_table_in_dev_is_exactly_this(
    minimal: RenderedTemplate, creating: RenderedTemplate
) -> None:
    """One text key, paid per request, rows that expire, encrypted with AWS's key; no replica."""
    for template in (minimal, creating):
        assert template.only(TABLE).properties == {
            **ONE_KEY_AND_ROWS_THAT_EXPIRE,
            "Replicas": [{"Region": "${AWS::Region}", "DeletionProtectionEnabled": False}],
        }


def test_table_in_production_is_protected(production: RenderedTemplate) -> None:
    """Losing it would let ReferenceIds text again: it cannot be deleted, and can be restored.

    Restoring goes back for a day, the least that AWS takes: phone numbers are kept no longer.
    """
    assert production.only(TABLE).properties == {
        **ONE_KEY_AND_ROWS_THAT_EXPIRE,
        "Replicas": [
            {
                "Region": REGION,
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {
                    "PointInTimeRecoveryEnabled": True,
                    "RecoveryPeriodInDays": 1,
                },
                "SSESpecification": {"KMSMasterKeyId": production.only(KEY).attribute("Arn")},
            }
        ],
    }


def test_key_encrypts_everything_that_is_stored(production: RenderedTemplate) -> None:
    """Whoever disables the key has taken all of it away."""
    key = production.only(KEY).attribute("Arn")
    assert all(group.properties["KmsKeyId"] == key for group in production.all(LOG_GROUP))
    assert all(queue.properties["KmsMasterKeyId"] == key for queue in production.all(QUEUE))
    assert all(topic.properties["KmsMasterKeyId"] == key for topic in production.all(TOPIC))
    assert all(function.properties["KmsKeyArn"] == key for function in production.all(FUNCTION))
    [replica] = production.only(TABLE).properties["Replicas"]
    assert replica["SSESpecification"] == {"KMSMasterKeyId": key}


def test_key_is_rotated_and_known_to_nobody_but_this_accounts_logs_and_alarms(
    production: RenderedTemplate,
) -> None:
    """The account itself decides about the rest by its own policies."""
    properties = production.only(KEY).properties
    assert properties["EnableKeyRotation"] is True
    account, logs, alarms = properties["KeyPolicy"]["Statement"]
    assert account == {
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::${AWS::AccountId}:root"},
    }
    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": production.arn("logs", "*")}
    }
    assert alarms["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}
    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert not any("*" in action for action in logs["Action"])


def test_key_and_protection_are_separate_choices(tmp_path: Path) -> None:
    """A key may go with its stack, and data may be kept under AWS's own keys."""
    with_key = synthesize(tmp_path / "key", customerKey="true", region=REGION)
    kept = synthesize(tmp_path / "kept", keepData="true")

    assert with_key.only(KEY).whole["DeletionPolicy"] == "Delete"
    assert with_key.only(TABLE).whole["DeletionPolicy"] == "Delete"
    assert kept.all(KEY) == []
    assert kept.only(TABLE).whole["DeletionPolicy"] == "Retain"
