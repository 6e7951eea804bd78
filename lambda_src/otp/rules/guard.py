"""The guard: it cuts off ranges of numbers whose codes are not verified.

People enter their codes, and traffic pumps never do. So each range has a balance (`balance`), which
a text raises and a verified code lowers (`credit`). At the allowance:

| the guard                               | a text                              | is counted |
|-----------------------------------------|-------------------------------------|------------|
| any, and a probe is due                 | goes out                            | yes        |
| refuses                                 | is refused                          | no         |
| records                                 | goes out, and is logged             | no         |

So the balance is the same either way, and recording shows what refusing would refuse. A guard that
refuses only records if the operator's switch opens the range, or while too many ranges are cut off
at once. A guard that records stops nothing, not even a text that cannot be counted.
"""

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

from ..contract.problems import StoreUnavailable
from ..runtime.deadline import Deadline
from ..settings import GuardRules
from .balance import HOUR, Balance, CountedText, beginning, counting, giving_back
from .counter_items import FullError, Refusal, rounded
from .counters import Counters
from .guard_switch import GuardSwitch
from .ranges import Range, range_of
from .refused_ranges import RefusedRanges

#: The name of the limit in a refusal.
ALLOWANCE = "guardAllowance"

# Other functions may begin the hour meanwhile, also by a clock that is ahead.
_TRIES = 4


class Told(NamedTuple):
    """What the guard did with a text beyond the allowance.

    Attributes:
        what: `refused`, `would_refuse` or `probe`.
        range: its name.
        country: of the number.
        many: whether too many ranges are cut off at once.

    """

    what: Literal["refused", "would_refuse", "probe"]
    range: str
    country: str
    many: bool


class Guard:
    """Counts texts in the balances of their ranges.

    Args:
        rules: the operator's.
        counters: write to the table.
        switch: with which the operator opens ranges.
        tell: called for every text beyond the allowance.

    """

    def __init__(
        self,
        rules: GuardRules,
        counters: Counters,
        switch: GuardSwitch,
        tell: Callable[[Told], None],
    ) -> None:
        self._rules = rules
        self._counters = counters
        self._switch = switch
        self._tell = tell
        self._ranges = RefusedRanges()

    def range_of(self, number: str) -> Range | None:
        """Return the range that a number is counted in; None: it is exempt."""
        found = range_of(number)
        return None if found.begins_with(self._rules.ranges) else found

    def count(self, number: str, country: str, deadline: Deadline) -> CountedText | None:
        """Count a text in the balance of its range.

        Args:
            number: the destination, in E.164 format.
            country: of the destination.
            deadline: of everything that is counted for the text.

        Returns:
            The counted text; None if it is not counted.

        Raises:
            FullError: the text is refused.
            StoreUnavailable: it may be counted or not, and the guard refuses.

        """
        where = self.range_of(number)
        if where is None:
            return None
        now = rounded(time.time())
        try:
            with self._counters.failing_closed():
                counted = self._count(where.digest, now, deadline)
        except StoreUnavailable:
            if self._rules.refuses:
                raise
            return None
        cut_off = not isinstance(counted, CountedText) or counted.is_probe
        self._ranges.note(where.digest, int(now // HOUR), refused=cut_off)
        many = self._ranges.are_many()
        if isinstance(counted, CountedText):
            if cut_off:
                self._tell(Told("probe", where.name, country, many))
            return counted
        if not self._rules.refuses or many or self._switch.opens(where):
            self._tell(Told("would_refuse", where.name, country, many))
            return None
        self._tell(Told("refused", where.name, country, many))
        raise FullError([Refusal(ALLOWANCE, counted)])

    def give_back(self, counted: CountedText, deadline: Deadline) -> None:
        """Take a text out that was not sent. Never raises; if it fails, the text stays counted."""
        with self._counters.telling("Could not return the range's count"):
            self._counters.write(giving_back(counted, self._rules), deadline, connected=True)

    def _count(self, digest: str, now: float, deadline: Deadline) -> CountedText | int:
        """Count a text, or return for how many seconds texts are refused."""
        rules = self._rules
        text = CountedText(digest, int(now // HOUR), now)
        call = counting(text, rules)
        for _ in range(_TRIES):
            written = self._counters.write(call, deadline)
            held = Balance.of(written.item)
            if written.made:
                return text._replace(is_probe=bool(held and held.balance > rules.allowance))
            if held and held.hour > text.hour:  # Another clock is ahead.
                text = text._replace(hour=held.hour)
                call = counting(text, rules)
            elif held and held.hour < text.hour and held.balance > 0:
                call = beginning(text)
            elif held and held.balance >= rules.allowance:
                return held.wait(rules, now)
            else:
                call = counting(text, rules)
        raise RuntimeError(f"Could not count in the range: {_TRIES} conflicting writes")
