"""The operator's switch of the guard: it lets ranges through again, without a deployment.

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
    """What the switch said when it was last read."""

    item = ITEM
    attribute = ATTRIBUTE
    unread = "The switch of the guard could not be read"
    unreadable = "The switch of the guard is unreadable: it refuses nothing"
    changed = "The guard has opened ranges, or not any more"

    def opens(self, where: Range) -> bool:
        """Say whether nothing is refused in a range; reads the switch again where it is time to.

        Never read, it opens all: the fixed limits hold, and an operator may have opened them.
        """
        opened = self._says()
        return opened is None or ALL in opened or where.begins_with(opened)

    def _understand(self, words: frozenset[str]) -> frozenset[str] | None:
        return words if all(_NAME.fullmatch(word) for word in words) else None
