"""The operator's switch of the guard: it opens ranges again, without a deployment.

It is one item of the table, `{"id": "guard", "open": "49-15123"}`, beside the one that pauses
sending. No item, or `none`: the guard does what its configuration says. `all`: it only records. A
text such as `49-15123,1-206`: it only records there, in all ranges that begin so.
"""

import re

from .ranges import Range
from .switch import ALL, Switch

ITEM = "guard"
ATTRIBUTE = "open"

_NAME = re.compile(r"[0-9]+(-[0-9]+)*")


class GuardSwitch(Switch):
    """The guard's switch, as last read."""

    item = ITEM
    attribute = ATTRIBUTE
    unread = "Could not read the guard's switch"
    unreadable = "The guard's switch is invalid: nothing is refused"
    changed = "The guard's switch changed"

    def opens(self, where: Range) -> bool:
        """Tell whether a range is open: nothing is refused in it. Reads the switch when it is due.

        If the switch was never read, all are open: the operator may have opened them, and the fixed
        limits still hold.
        """
        opened = self._says()
        return opened is None or ALL in opened or where.begins_with(opened)

    def _understand(self, words: frozenset[str]) -> frozenset[str] | None:
        return words if all(_NAME.fullmatch(word) for word in words) else None
