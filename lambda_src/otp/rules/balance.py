"""The balance of a range of numbers: an item of the table, and the writes that change it.

A text adds one, and a verified code subtracts some, down to minus the allowance. At the allowance,
one text goes out every `probe_seconds`: a probe, which shows whether codes are verified again. A
new hour starts at the last balance, or at zero if that was positive: unverified texts are
forgotten.

The writes are conditional, so they are exact under concurrency. A text is one write, or two if it
is the first in an hour after a positive balance.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..settings import GuardRules

HOUR = 3600

# A balance outlives a quiet night.
_KEPT_SECONDS = 24 * HOUR

_DECIMALS = 3  # of times: milliseconds


class Balance(NamedTuple):
    """What an item holds.

    Attributes:
        hour: which hour since 1970 the balance is of.
        balance: texts less what was verified.
        texted: when the last text went out, in seconds since 1970.

    """

    hour: int
    balance: int
    texted: float

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> "Balance | None":
        """Read an item, if there is one."""
        if not item or "balance" not in item:
            return None
        return cls(
            int(item["of_hour"]["N"]),
            int(item["balance"]["N"]),
            float(item.get("texted", {"N": "0"})["N"]),
        )

    def wait(self, rules: GuardRules, now: float) -> int:
        """Return for how many seconds texts are refused, at the allowance."""
        left = math.ceil(min(self.texted + rules.probe_seconds, (self.hour + 1) * HOUR) - now)
        # Clocks differ, and another function may have counted a later text.
        return max(1, min(left, rules.probe_seconds))


class CountedText(NamedTuple):
    """A text that is counted in the balance of a range.

    Attributes:
        digest: of the range.
        hour: in which it is counted.
        now: when it was asked for, in seconds since 1970.
        is_probe: whether it is one.

    """

    digest: str
    hour: int
    now: float
    is_probe: bool = False


def key(digest: str) -> str:
    """Return the key of a range's item."""
    return f"guard#range#{digest}"


def counting(text: CountedText, rules: GuardRules) -> dict[str, Any]:
    """Build the write that counts a text, below the allowance or as a probe.

    It also begins an hour after a balance of zero or less. A balance above the allowance afterwards
    means that the text is a probe.
    """
    values = {
        ":zero": 0,
        ":one": 1,
        ":allowance": rules.allowance,
        ":now": text.now,
        ":earliest": text.now - rules.probe_seconds,
    }
    return {
        **_write(
            text.digest,
            text.hour,
            "SET of_hour = :hour, balance = if_not_exists(balance, :zero) + :one, texted = :now, "
            "expiration = :expiration",
            "attribute_not_exists(balance) OR (of_hour < :hour AND balance <= :zero) "
            "OR (of_hour = :hour AND (balance < :allowance OR attribute_not_exists(texted) "
            "OR texted <= :earliest))",
            values,
        ),
        "ReturnValues": "ALL_NEW",
    }


def beginning(text: CountedText) -> dict[str, Any]:
    """Build the write that counts the first text of an hour after a positive balance."""
    return _write(
        text.digest,
        text.hour,
        "SET of_hour = :hour, balance = :one, texted = :now, expiration = :expiration",
        "of_hour < :hour AND balance > :zero",
        {":zero": 0, ":one": 1, ":now": text.now},
    )


def giving_back(text: CountedText, rules: GuardRules) -> dict[str, Any]:
    """Build the write that takes out a text that was not sent, in its hour.

    After a probe, the next one is due at once.
    """
    values: dict[str, float] = {":one": 1, ":floor": -rules.allowance}
    update = "SET balance = balance - :one, expiration = :expiration"
    condition = "of_hour = :hour AND balance > :floor"
    if text.is_probe:
        values[":mine"] = text.now
        update += " REMOVE texted"
        condition += " AND texted = :mine"
    return _write(text.digest, text.hour, update, condition, values)


def crediting(
    digest: str, hour: int, found: Balance | None, rules: GuardRules
) -> dict[str, Any] | None:
    """Build the write for a verified code.

    Args:
        digest: of the range.
        hour: in which the code was verified.
        found: the balance, read just now.
        rules: the operator's.

    Returns:
        The write; None if the balance is as low as it may be.

    """
    taken, floor = rules.texts_per_verified, -rules.allowance
    if found is None:
        return _write(
            digest,
            hour,
            "SET of_hour = :hour, balance = :new, expiration = :expiration",
            "attribute_not_exists(balance)",
            {":new": max(floor, -taken)},
        )
    if found.hour < hour:
        return _write(
            digest,
            hour,
            "SET of_hour = :hour, balance = :new, expiration = :expiration",
            "of_hour = :held_hour AND balance = :held",
            {
                ":new": max(floor, min(0, found.balance) - taken),
                ":held_hour": found.hour,
                ":held": found.balance,
            },
        )
    values: dict[str, float] = {":least": floor + taken}
    if found.balance >= floor + taken:
        return _write(
            digest,
            found.hour,
            "SET balance = balance - :taken, expiration = :expiration",
            "of_hour = :hour AND balance >= :least",
            {**values, ":taken": taken},
        )
    if found.balance > floor:
        return _write(
            digest,
            found.hour,
            "SET balance = :floor, expiration = :expiration",
            "of_hour = :hour AND balance < :least",
            {**values, ":floor": floor},
        )
    return None


def _write(
    digest: str, hour: int, update: str, condition: str, values: Mapping[str, float]
) -> dict[str, Any]:
    numbers = {
        ":hour": hour,
        ":expiration": (hour + 1) * HOUR + _KEPT_SECONDS,
        **values,
    }
    return {
        "Key": {"id": {"S": key(digest)}},
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {
            name: {"N": f"{number:.{_DECIMALS}f}" if isinstance(number, float) else str(number)}
            for name, number in numbers.items()
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
