"""Random histories of a number range, played to a guard or to docs/generate/guard_rule.py.

tests/unit/test_credit.py compares the two.
"""

from typing import Literal, NamedTuple, Protocol

import hypothesis.strategies as st

from docs.generate.guard_rule import Answer, Rule

_HOUR = 3600
# A ReferenceId's record is kept for 65 minutes; after that, no guard can credit its text.
_LONGEST_UNTIL_VERIFIED = _HOUR


class Guard(Protocol):
    """A guard under test; times are in seconds since the epoch."""

    def text(self, now: float) -> Answer:
        """Request a text to a number in the range."""

    def verified(self, now: float) -> None:
        """Verify the code of the latest unverified text."""


class Step(NamedTuple):
    """Several requests, several verifications, or a wait in seconds."""

    what: Literal["texts", "verified", "wait"]
    much: int


class Answered(NamedTuple):
    """An answer to a request, or a verified code, with its time."""

    at: float
    answer: Answer | Literal["verified"]


#: Histories from `START` of tests/support/clock.py, which is 870 seconds before a new hour, and the
#: answers of the default rule, each in the order of its first one.
EXAMPLES = {
    # The allowance.
    "64 texts": "30 texted, 34 refused",
    # Four texts for a code.
    "31 texts, 1 verified, 5 texts": "34 texted, 2 refused, 1 verified",
    # No more for codes than the allowance.
    "30 texts, 30 verified, 64 texts": "90 texted, 30 verified, 4 refused",
    # A probe two minutes after a text, and not before.
    "32 texts, 120 wait, 2 texts, 120 wait, 2 texts": "30 texted, 4 refused, 2 probe",
    "32 texts, 119 wait, 2 texts, 119 wait, 2 texts": "30 texted, 5 refused, 1 probe",
    # The allowance in a new hour.
    "30 texts, 870 wait, 32 texts": "60 texted, 2 refused",
    # In a later hour, the credit from before.
    "30 texts, 30 verified, 32400 wait, 62 texts": "90 texted, 30 verified, 2 refused",
    # After the hour, the credit for a text before it.
    "30 texts, 870 wait, 2 verified, 40 texts": "68 texted, 2 verified, 2 refused",
}


def steps(history: str) -> list[Step]:
    """Read a history of EXAMPLES."""
    return [Step(what, int(much)) for much, what in map(str.split, history.split(", "))]  # type: ignore[arg-type]  # one of the three


def histories(rule: Rule) -> st.SearchStrategy[list[Step]]:
    """Generate histories around a rule's edges: allowance, floor, probe and hour."""
    much: dict[Literal["texts", "verified", "wait"], tuple[int, ...]] = {
        "texts": (1, rule.texts_per_verified, rule.allowance, 2 * rule.allowance + 4),
        "verified": (1, 2, rule.allowance),
        "wait": (1, rule.probe_seconds - 1, rule.probe_seconds, _HOUR // 2, _HOUR),
    }
    step = [st.builds(Step, st.just(what), st.sampled_from(of)) for what, of in much.items()]
    return st.lists(st.one_of(step), min_size=5, max_size=20)


def play(history: list[Step], guard: Guard, now: float) -> list[Answered]:
    """Play a history to a new range; returns the answers."""
    answered: list[Answered] = []
    not_verified: list[float] = []
    for what, much in history:
        if what == "wait":
            now += much
            continue
        for _ in range(much):
            if what == "texts":
                answered.append(Answered(now, guard.text(now)))
                if answered[-1].answer != "refused":
                    not_verified.append(now)
            elif not_verified and now - not_verified.pop() <= _LONGEST_UNTIL_VERIFIED:
                guard.verified(now)
                answered.append(Answered(now, "verified"))
    return answered
