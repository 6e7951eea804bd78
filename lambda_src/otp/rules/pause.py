"""The operator's switch: sending stops, altogether or to some countries, without a deployment.

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
    """What the switch said when it was last read."""

    item = ITEM
    attribute = ATTRIBUTE
    unread = "The switch that pauses sending could not be read"
    unreadable = "The switch that pauses sending is unreadable: all is paused"
    changed = "Sending is paused, or not any more"

    def check(self, country: str) -> None:
        """Let a message to a country pass; reads the switch again where it is time to.

        Raises:
            SendingPaused: nobody may be texted, or nobody there; or that was never found out.

        """
        paused = self._says()
        if paused is None:
            raise PauseUnknown("It cannot be read whether sending is paused. Nothing was sent.")
        if ALL in paused:
            raise SendingPaused("Sending is paused. Nothing was sent.")
        if country in paused:
            raise SendingPaused(
                "The operator has paused sending to this country. Nothing was sent."
            )

    def _understand(self, words: frozenset[str]) -> frozenset[str] | None:
        return words if words <= COUNTRIES else None
