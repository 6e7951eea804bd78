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
from tests.support.guard_histories import EXAMPLES, Step, histories, play, steps

RULE = Rule(texts_per_verified=4, allowance=30, probe_seconds=120)
HOUR = 3600


def test_a_pump_gets_59_texts_an_hour() -> None:
    """Three hours of a text a second whose codes nobody verifies: the allowance and the probes."""
    pump = [
        Step("wait", int(HOUR - START % HOUR)),
        *(3 * HOUR * [Step("texts", 1), Step("wait", 1)]),
    ]
    answered = Counter(of.answer for of in play(pump, Balance(RULE), START))
    assert answered == {"texted": 90, "probe": 87, "refused": 3 * (HOUR - 59)}


@pytest.mark.parametrize(("history", "answers"), EXAMPLES.items())
def test_range_gets(history: str, answers: str) -> None:
    """The allowance, more for each code, and the probes that are due."""
    answered = Counter(of.answer for of in play(steps(history), Balance(RULE), START))
    assert ", ".join(f"{count} {answer}" for answer, count in answered.items()) == answers


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
