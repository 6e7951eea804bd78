"""The guard's rule alone, for the simulation in docs/abuse.md: no table, and no failures.

The functions' guard must always give the same answers: tests/support/guard_histories.py.
"""

import math
from typing import Literal, NamedTuple

_HOUR = 3600

#: The answer to a request. A probe is a text beyond the allowance.
Answer = Literal["texted", "probe", "refused"]


class Rule(NamedTuple):
    """The guard's keys, with their defaults."""

    texts_per_verified: int = 4
    allowance: int = 30
    probe_seconds: int = 120


class Balance:
    """The balance of one range: its texts, minus the credit for its verified codes.

    Args:
        rule: the guard's keys.

    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._balance = 0
        self._hour = -1
        self._last_text = -math.inf

    def text(self, now: float) -> Answer:
        """Answer a request for a text, and count the text; `now` must not decrease."""
        self._begin_hour(now)
        answer: Answer = "texted"
        if self._balance >= self._rule.allowance:
            if now - self._last_text < self._rule.probe_seconds:
                return "refused"
            answer = "probe"
        self._last_text = now
        self._balance += 1
        return answer

    def verified(self, now: float) -> None:
        """Count the verified code of an earlier text; `now` must not decrease."""
        self._begin_hour(now)
        lower = self._balance - self._rule.texts_per_verified
        self._balance = max(-self._rule.allowance, lower)

    def _begin_hour(self, now: float) -> None:
        hour = int(now // _HOUR)
        if hour != self._hour:
            self._balance = min(0, self._balance)
            self._hour = hour
