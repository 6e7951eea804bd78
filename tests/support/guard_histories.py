"""What may happen to a range: played to the rule of docs/generate/guard_rule.py, or to a guard.

A guard that counts elsewhere is held against the rule so::

    @given(HISTORIES)
    def test_guard_answers_as_the_rule_does(history):
        assert play(history, guard, START) == play(history, Balance(Rule()), START)
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


_probe, _allowance = Rule().probe_seconds, Rule().allowance
_STEPS = st.one_of(
    st.builds(Step, st.just("texts"), st.sampled_from((1, 4, _allowance, 2 * _allowance + 4))),
    st.builds(Step, st.just("verified"), st.sampled_from((1, 2, _allowance))),
    st.builds(
        Step,
        st.just("wait"),
        st.sampled_from((1, _probe - 1, _probe, _HOUR // 2, _HOUR)),
    ),
)
#: Histories by the edges of the rule: the allowance, its floor, a probe, and the hour.
HISTORIES = st.lists(_STEPS, max_size=20)


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
