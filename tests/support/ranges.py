"""The balance of a number's range, as the table of the functions in process holds it."""

from lambda_src.otp.rules import balance as items
from lambda_src.otp.rules.ranges import range_of

from .service import TABLE, table_client


def key_of(number: str) -> str:
    """Give the key of the item."""
    return items.key(range_of(number).digest)


def item_of(number: str) -> dict[str, dict[str, str]]:
    """Return the item; empty if it is missing."""
    key = {"id": {"S": key_of(number)}}
    item: dict[str, dict[str, str]] = (
        table_client("dynamodb").get_item(TableName=TABLE, Key=key).get("Item", {})
    )
    return item


def balance(number: str) -> int | None:
    """Give the balance, where there is one."""
    item = item_of(number)
    return int(item["balance"]["N"]) if item else None


def put_balance(number: str, value: int, now: float, *, hours_ago: int = 0) -> None:
    """Have the range at a balance, of this hour or of an earlier one."""
    hour = int(now // items.HOUR) - hours_ago
    item = {"id": {"S": key_of(number)}, "balance": {"N": str(value)}, "of_hour": {"N": str(hour)}}
    table_client("dynamodb").put_item(TableName=TABLE, Item=item)
