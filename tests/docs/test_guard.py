"""The rule of the guard that docs/abuse.md simulates: what a range gets, and what it never gets."""

import math
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given, settings

from docs.generate.guard_rule import Balance, Rule
from tests.support.clock import START
from tests.support.guard_histories import Step, histories, play

RULE = Rule(texts_per_verified=4, allowance=30, probe_seconds=120)
HOUR = 3600
TO_THE_HOUR = int(HOUR - START % HOUR)
FULL = Step("texts", 30)
PUMP = [Step("texts", 1), Step("wait", 1)]


@pytest.mark.parametrize(
    ("history", "answers"),
    [
        pytest.param(
            [Step("texts", 64)],
            {"texted": 30, "probe": 1, "refused": 33},
            id="the allowance and a probe",
        ),
        pytest.param(
            [FULL, Step("texts", 1), Step("verified", 1), Step("texts", 4)],
            {"texted": 33, "probe": 1, "verified": 1, "refused": 1},
            id="four texts for a code, of which the probe was one",
        ),
        pytest.param(
            [FULL, Step("verified", 30), Step("texts", 64)],
            {"texted": 90, "verified": 30, "probe": 1, "refused": 3},
            id="no more for codes than the allowance",
        ),
        pytest.param(
            [FULL, *(3 * [Step("texts", 2), Step("wait", 120)])],
            {"texted": 30, "probe": 3, "refused": 3},
            id="a probe after two minutes",
        ),
        pytest.param(
            [FULL, *(3 * [Step("texts", 2), Step("wait", 119)])],
            {"texted": 30, "probe": 2, "refused": 4},
            id="no probe before two minutes",
        ),
        pytest.param(
            [FULL, Step("wait", TO_THE_HOUR), Step("texts", 32)],
            {"texted": 60, "probe": 1, "refused": 1},
            id="the allowance in a new hour",
        ),
        pytest.param(
            [FULL, Step("verified", 30), Step("wait", 9 * HOUR), Step("texts", 62)],
            {"texted": 90, "verified": 30, "probe": 1, "refused": 1},
            id="in a later hour what was verified before",
        ),
        pytest.param(
            [FULL, Step("wait", TO_THE_HOUR), Step("verified", 2), Step("texts", 40)],
            {"texted": 68, "verified": 2, "probe": 1, "refused": 1},
            id="after the hour for a text before it",
        ),
        pytest.param(
            [Step("wait", TO_THE_HOUR), *(3 * HOUR * PUMP)],
            {"texted": 90, "probe": 90, "refused": 3 * (HOUR - 60)},
            id="sixty an hour if nobody verifies",
        ),
    ],
)
def test_range_gets(history: list[Step], answers: dict[str, int]) -> None:
    """The allowance, more for each code, and the probes that are due."""
    answered = play(history, Balance(RULE), START)

    assert Counter(of.answer for of in answered) == answers


@given(histories(RULE))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_happens_a_range_is_bounded_and_never_shut(history: list[Step]) -> None:
    """In an hour: two allowances and four texts for each code; a probe whenever one is due."""
    answered = play(history, Balance(RULE), START)

    for _, hour in groupby(answered, key=lambda of: of.at // HOUR):
        counts = Counter(of.answer for of in hour)
        assert counts["texted"] <= 2 * RULE.allowance + 4 * counts["verified"]
    last_probe = -math.inf
    for at, answer in answered:
        assert answer != ("probe" if at - last_probe < RULE.probe_seconds else "refused")
        if answer == "probe":
            last_probe = at
