"""Who may pause sending.

That the policy is about one item of the table is a condition on `dynamodb:LeadingKeys`, which
MiniStack does not evaluate: tests/infra/test_abuse.py proves it by the template.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .account import Account

SWITCH = {"id": {"S": "paused"}}
# A country that nobody sends to: what runs meanwhile must not be paused.
PAUSED = {**SWITCH, "countries": {"S": "JM"}}


def switch(account: Account) -> Any:
    """Read the item as root."""
    return account.client("dynamodb").get_item(TableName=account.state.table, Key=SWITCH)


def test_whoever_is_on_call_may_pause_and_let_go_on(account: Account) -> None:
    """Write the item, read it, and take it away."""
    dynamodb = account.client("dynamodb", account.roles["on call"])

    dynamodb.put_item(TableName=account.state.table, Item=PAUSED)

    read = dynamodb.get_item(TableName=account.state.table, Key=SWITCH)
    assert read["Item"] == PAUSED == switch(account)["Item"]

    dynamodb.delete_item(TableName=account.state.table, Key=SWITCH)

    assert "Item" not in switch(account)


#: What else there is to do with a table, its name given.
OTHERS: dict[str, Callable[[Any, str], object]] = {
    "change": lambda dynamodb, table: dynamodb.update_item(TableName=table, Key=SWITCH),
    "scan": lambda dynamodb, table: dynamodb.scan(TableName=table),
    "query": lambda dynamodb, table: dynamodb.query(
        TableName=table,
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": SWITCH["id"]},
    ),
    "write many": lambda dynamodb, table: dynamodb.batch_write_item(
        RequestItems={table: [{"PutRequest": {"Item": PAUSED}}]}
    ),
    "remove": lambda dynamodb, table: dynamodb.delete_table(TableName=table),
}


@pytest.mark.parametrize("other", OTHERS)
def test_whoever_is_on_call_may_do_nothing_else_with_the_table(
    account: Account, other: str
) -> None:
    """Neither look at who was texted, nor free a ReferenceId."""
    dynamodb = account.client("dynamodb", account.roles["on call"])

    with pytest.raises(ClientError, match="AccessDeniedException"):
        OTHERS[other](dynamodb, account.state.table)


def test_whoever_is_on_call_may_not_pause_elsewhere(account: Account) -> None:
    """The policy is about this deployment's table."""
    dynamodb = account.client("dynamodb", account.roles["on call"])

    with pytest.raises(ClientError, match="AccessDeniedException"):
        dynamodb.put_item(TableName="another-deployment", Item=PAUSED)


@pytest.mark.parametrize("role", ["caller", "stranger"])
def test_nobody_else_may_pause(account: Account, role: str) -> None:
    """Whoever may send may not decide whether others do."""
    dynamodb = account.client("dynamodb", account.roles[role])

    with pytest.raises(ClientError, match="AccessDeniedException"):
        dynamodb.put_item(TableName=account.state.table, Item=PAUSED)
