"""The guard's rule that docs/abuse.md simulates."""

import math
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given, settings

from docs.generate.configuration import LEAST
from docs.generate.guard_rule import Balance, Rule
from infra.config import Config
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
        pytest.param([Step("texts", 64)], {"texted": 30, "refused": 34}, id="the allowance"),
        pytest.param(
            [FULL, Step("texts", 1), Step("verified", 1), Step("texts", 5)],
            {"texted": 34, "verified": 1, "refused": 2},
            id="four texts for a code",
        ),
        pytest.param(
            [FULL, Step("verified", 30), Step("texts", 64)],
            {"texted": 90, "verified": 30, "refused": 4},
            id="no more for codes than the allowance",
        ),
        pytest.param(
            [FULL, *(3 * [Step("texts", 2), Step("wait", 120)])],
            {"texted": 30, "probe": 2, "refused": 4},
            id="a probe two minutes after a text",
        ),
        pytest.param(
            [FULL, *(3 * [Step("texts", 2), Step("wait", 119)])],
            {"texted": 30, "probe": 1, "refused": 5},
            id="no probe before two minutes",
        ),
        pytest.param(
            [FULL, Step("wait", TO_THE_HOUR), Step("texts", 32)],
            {"texted": 60, "refused": 2},
            id="the allowance in a new hour",
        ),
        pytest.param(
            [FULL, Step("verified", 30), Step("wait", 9 * HOUR), Step("texts", 62)],
            {"texted": 90, "verified": 30, "refused": 2},
            id="in a later hour what was verified before",
        ),
        pytest.param(
            [FULL, Step("wait", TO_THE_HOUR), Step("verified", 2), Step("texts", 40)],
            {"texted": 68, "verified": 2, "refused": 2},
            id="after the hour for a text before it",
        ),
        pytest.param(
            [Step("wait", TO_THE_HOUR), *(3 * HOUR * PUMP)],
            {"texted": 90, "probe": 87, "refused": 3 * (HOUR - 59)},
            id="59 an hour if nobody verifies",
        ),
    ],
)
def test_range_gets(history: list[Step], answers: dict[str, int]) -> None:
    """The allowance, more for each code, and the probes that are due."""
    answered = play(history, Balance(RULE), START)

    assert Counter(of.answer for of in answered) == answers


@given(histories(RULE))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_a_range_is_bounded_and_never_shut(history: list[Step]) -> None:
    """At most two allowances and four texts per code in an hour; a probe whenever one is due."""
    answered = play(history, Balance(RULE), START)

    for _, hour in groupby(answered, key=lambda of: of.at // HOUR):
        counts = Counter(of.answer for of in hour)
        assert counts["texted"] <= 2 * RULE.allowance + 4 * counts["verified"]
    last_text = -math.inf
    for at, answer in answered:
        assert answer != ("probe" if at - last_text < RULE.probe_seconds else "refused")
        if answer in ("texted", "probe"):
            last_text = at


def test_the_default_rule_is_simulated() -> None:
    """Otherwise the table would describe another rule than the deployed one."""
    config = Config.from_context(LEAST)

    assert Rule() == (
        config.guard_texts_per_verified,
        config.guard_allowance,
        config.guard_probe_seconds,
    )
