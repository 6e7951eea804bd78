"""The operator's switch that pauses sending, to all countries or to some, without a deployment.

It is one item of the table, `{"id": "paused", "countries": "all"}`, which the operator writes with
any DynamoDB client; docs/runbook.md has the command. No item, or `none`: nothing is paused. A text
such as `JM,CA`: those countries are.
"""

from ..contract.problems import PauseUnknown, SendingPaused
from .destination import COUNTRIES
from .switch import ALL, Switch

ITEM = "paused"
ATTRIBUTE = "countries"


class PauseSwitch(Switch):
    """The switch that pauses sending, as last read."""

    item = ITEM
    attribute = ATTRIBUTE
    unread = "Could not read the switch that pauses sending"
    unreadable = "The switch that pauses sending is invalid: all is paused"
    changed = "The switch that pauses sending changed"

    def check(self, country: str) -> None:
        """Let a text to a country pass. Reads the switch when it is due.

        Raises:
            SendingPaused: sending is paused, to all or to this country; or the switch was never
                read.

        """
        paused = self._says()
        if paused is None:
            raise PauseUnknown(
                "The switch that pauses sending could not be read. Nothing was sent; repeat the "
                "request."
            )
        if ALL in paused:
            raise SendingPaused("The operator has paused sending. Nothing was sent.")
        if country in paused:
            raise SendingPaused(
                "The operator has paused sending to this country. Nothing was sent."
            )

    def _understand(self, words: frozenset[str]) -> frozenset[str] | None:
        return words if words <= COUNTRIES else None
