"""The balance of a range: an item of the table, and the writes that move it.

A text adds one, and a verified code takes some away, down to minus the allowance. From the
allowance on, one text goes out every so many seconds, to find out whether anybody verifies again. A
new hour starts at the smaller of zero and the last balance: what was verified stays, and what was
not is forgotten.

A write is conditional, so it decides by itself what a text may do, however many come at once. A
text is one write; two where it is the first one in an hour after a balance above zero, or a probe.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..settings import GuardRules

HOUR = 3600

# What was verified before a quiet night counts in the morning.
_KEPT_SECONDS = 24 * HOUR

_DECIMALS = 3  # of times: milliseconds


class Balance(NamedTuple):
    """What an item holds.

    Attributes:
        hour: which hour since 1970 the balance is of.
        balance: texts less what was verified.
        probed: when the last probe went out, in seconds since 1970.

    """

    hour: int
    balance: int
    probed: float

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> "Balance | None":
        """Read an item, if there is one."""
        if not item or "balance" not in item:
            return None
        return cls(
            int(item["of_hour"]["N"]),
            int(item["balance"]["N"]),
            float(item.get("probed", {"N": "0"})["N"]),
        )

    def wait(self, rules: GuardRules, now: float) -> int:
        """Say for how many seconds texts are refused from the allowance on; 0: a probe is due."""
        until = min(self.probed + rules.probe_seconds, (self.hour + 1) * HOUR)
        return max(0, math.ceil(until - now))


class CountedText(NamedTuple):
    """A text that is counted in the balance of a range.

    Attributes:
        digest: of the range.
        hour: in which it was counted.
        probed: when, if it is a probe.

    """

    digest: str
    hour: int
    probed: float | None = None


def key(digest: str) -> str:
    """Give the key of a range's item."""
    return f"guard#range#{digest}"


def counting(text: CountedText, rules: GuardRules) -> dict[str, Any]:
    """Make the arguments of the write that counts a text below the allowance.

    An hour that begins at zero or less begins with it.
    """
    return _write(
        text,
        "SET of_hour = :hour, balance = if_not_exists(balance, :zero) + :one, "
        "expiration = :expiration",
        "attribute_not_exists(balance) OR (of_hour = :hour AND balance < :allowance) "
        "OR (of_hour < :hour AND balance <= :zero)",
        {":zero": 0, ":one": 1, ":allowance": rules.allowance},
    )


def beginning(text: CountedText) -> dict[str, Any]:
    """Make the arguments of the write that begins an hour after a balance above zero."""
    return _write(
        text,
        "SET of_hour = :hour, balance = :one, expiration = :expiration",
        "of_hour < :hour AND balance > :zero",
        {":zero": 0, ":one": 1},
    )


def probing(text: CountedText, rules: GuardRules) -> dict[str, Any]:
    """Make the arguments of the write that counts a probe, if none went out just now."""
    assert text.probed is not None  # noqa: S101 - the caller is ours
    earliest = rounded(text.probed - rules.probe_seconds)
    return _write(
        text,
        "SET probed = :now, balance = balance + :one, expiration = :expiration",
        "of_hour = :hour AND balance >= :allowance "
        "AND (attribute_not_exists(probed) OR probed <= :earliest)",
        {":one": 1, ":allowance": rules.allowance, ":now": text.probed, ":earliest": earliest},
    )


def giving_back(text: CountedText, rules: GuardRules) -> dict[str, Any]:
    """Make the arguments of the write that takes a text out that was not sent, in its hour."""
    values: dict[str, float] = {":one": 1, ":floor": -rules.allowance}
    if text.probed is None:
        probe, condition = "", ""
    else:
        probe, condition = " REMOVE probed", " AND probed = :probed"
        values[":probed"] = text.probed
    return _write(
        text,
        f"SET balance = balance - :one, expiration = :expiration{probe}",
        f"of_hour = :hour AND balance > :floor{condition}",
        values,
    )


def crediting(
    digest: str, hour: int, found: Balance | None, rules: GuardRules
) -> dict[str, Any] | None:
    """Make the arguments of the write for a verified code.

    Args:
        digest: of the range.
        hour: in which the code was verified.
        found: the balance, read just now.
        rules: the operator's.

    Returns:
        The arguments; None where the balance is as low as it may be.

    """
    taken, floor = rules.texts_per_verified, -rules.allowance
    if found is None:
        return _write(
            CountedText(digest, hour),
            "SET of_hour = :hour, balance = :new, expiration = :expiration",
            "attribute_not_exists(balance)",
            {":new": max(floor, -taken)},
        )
    if found.hour < hour:
        return _write(
            CountedText(digest, hour),
            "SET of_hour = :hour, balance = :new, expiration = :expiration",
            "of_hour = :held_hour AND balance = :held",
            {
                ":new": max(floor, min(0, found.balance) - taken),
                ":held_hour": found.hour,
                ":held": found.balance,
            },
        )
    text = CountedText(digest, found.hour)
    values: dict[str, float] = {":least": floor + taken}
    if found.balance >= floor + taken:
        return _write(
            text,
            "SET balance = balance - :taken, expiration = :expiration",
            "of_hour = :hour AND balance >= :least",
            {**values, ":taken": taken},
        )
    if found.balance > floor:
        return _write(
            text,
            "SET balance = :floor, expiration = :expiration",
            "of_hour = :hour AND balance < :least",
            {**values, ":floor": floor},
        )
    return None


def rounded(now: float) -> float:
    """Round a time to what an item holds of it."""
    return round(now, _DECIMALS)


def _write(
    text: CountedText, update: str, condition: str, values: Mapping[str, float]
) -> dict[str, Any]:
    numbers = {
        ":hour": text.hour,
        ":expiration": (text.hour + 1) * HOUR + _KEPT_SECONDS,
        **values,
    }
    return {
        "Key": {"id": {"S": key(text.digest)}},
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {
            name: {"N": f"{number:.{_DECIMALS}f}" if isinstance(number, float) else str(number)}
            for name, number in numbers.items()
        },
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
