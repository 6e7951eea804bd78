"""What may happen to a range: played to the rule of docs/generate/guard_rule.py, or to a guard.

A guard that counts elsewhere is held against the rule so; a small allowance spares calls::

    @given(histories(RULE))
    def test_guard_answers_as_the_rule_does(history):
        assert play(history, guard, START) == play(history, Balance(RULE), START)
"""

from typing import Literal, NamedTuple, Protocol

import hypothesis.strategies as st

from docs.generate.guard_rule import Answer, Rule

_HOUR = 3600
# A ReferenceId's record is kept for 65 minutes; after that, no guard knows of the text.
_LONGEST_UNTIL_VERIFIED = _HOUR


class Guard(Protocol):
    """What is played to, with times in seconds since the epoch."""

    def text(self, now: float) -> Answer:
        """Ask for a text to a number of the range."""

    def verified(self, now: float) -> None:
        """Verify the code of the last text that went out and is not verified yet."""


class Step(NamedTuple):
    """Some requests for texts or some verifications at once, or some seconds that pass."""

    what: Literal["texts", "verified", "wait"]
    much: int


class Answered(NamedTuple):
    """What a request was answered, and when; or that a code was verified."""

    at: float
    answer: Answer | Literal["verified"]


def histories(rule: Rule) -> st.SearchStrategy[list[Step]]:
    """Make up histories by the edges of a rule: the allowance, its floor, a probe and the hour."""
    much: dict[Literal["texts", "verified", "wait"], tuple[int, ...]] = {
        "texts": (1, rule.texts_per_verified, rule.allowance, 2 * rule.allowance + 4),
        "verified": (1, 2, rule.allowance),
        "wait": (1, rule.probe_seconds - 1, rule.probe_seconds, _HOUR // 2, _HOUR),
    }
    steps = [st.builds(Step, st.just(what), st.sampled_from(of)) for what, of in much.items()]
    return st.lists(st.one_of(steps), min_size=5, max_size=20)


def play(history: list[Step], guard: Guard, now: float) -> list[Answered]:
    """Play a history to a range that is new; gives what was answered."""
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
