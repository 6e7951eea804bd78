"""The guard's own objects on the sandbox's table, which many ask at once.

That the deployed functions raise and lower a balance: tests/e2e/test_faults.py, "verify, no fault".
"""

import time
from unittest.mock import Mock

import boto3
import pytest

from lambda_src.otp.rules.balance import HOUR, CountedText
from lambda_src.otp.rules.balance import key as key_of
from lambda_src.otp.rules.counter_items import FullError
from lambda_src.otp.rules.counters import Counters
from lambda_src.otp.rules.guard import Guard
from lambda_src.otp.rules.ranges import range_of
from lambda_src.otp.settings import GuardRules
from lambda_src.otp.time_limits import TimeLimits
from sandbox import client
from tests.support.at_once import at_once
from tests.support.deployment import Deployment

RULES = GuardRules(refuses=True, allowance=30, texts_per_verified=4, probe_seconds=120, ranges=())
AT_ONCE = 64


def balance(deployment: Deployment, number: str) -> int:
    """The balance of a number's range, as the table holds it."""
    dynamodb = boto3.client("dynamodb", **client.aws_options(deployment.state))
    key = {"id": {"S": key_of(range_of(number).digest)}}
    item = dynamodb.get_item(TableName=deployment.state.table, Key=key, ConsistentRead=True)["Item"]
    return int(item["balance"]["N"])


@pytest.mark.parametrize(("hours_ago", "before", "left"), [(0, 25, 5), (1, 25, 30), (1, -25, 55)])
def test_as_many_texts_as_are_left_go_out_of_64_at_once(
    deployment: Deployment, hours_ago: int, before: int, left: int
) -> None:
    """Whoever begins the hour; the others are told when to repeat."""
    number = f"+45{20 + hours_ago + (before < 0)}123456"
    dynamodb = boto3.client("dynamodb", **client.aws_options(deployment.state))
    hour = int(time.time() // HOUR) - hours_ago
    dynamodb.put_item(
        TableName=deployment.state.table,
        Item={
            "id": {"S": key_of(range_of(number).digest)},
            "of_hour": {"N": str(hour)},
            "balance": {"N": str(before)},
        },
    )
    limits = TimeLimits(counting=60)
    counters = Counters(deployment.state.table, dynamodb, limits, Mock(), Mock())
    guard = Guard(RULES, counters, Mock(**{"opens.return_value": False}), Mock())

    def ask() -> CountedText | int:
        try:
            counted = guard.count(number, "DK", counters.deadline())
        except FullError as full:
            return full.refusals[0].retry_after
        assert counted
        return counted

    answers = at_once(AT_ONCE, ask)
    refused = [wait for wait in answers if isinstance(wait, int)]
    assert AT_ONCE - len(refused) == left
    assert all(0 < wait <= RULES.probe_seconds for wait in refused)
    assert balance(deployment, number) == 30
