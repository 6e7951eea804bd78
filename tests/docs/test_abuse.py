"""The numbers in the tables of docs/abuse.md and of the README's limits: the configuration's."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from docs.generate.configuration import LEAST
from docs.generate.figures import PRICES
from docs.generate.markdown import number, rows
from infra.config import Config, keys
from infra.config.limits import Limits

ROOT = Path(__file__).resolve().parents[2]
PAGE, README = ((ROOT / name).read_text() for name in ("docs/abuse.md", "README.md"))

DEFAULTS = Config.from_context(LEAST)
ATTRIBUTES = {key.name: attribute for attribute, key in keys().items()}

NUMBERS = {row[0].strip("`"): row for row in rows(PAGE, "Which numbers")}
MESSAGES = {row[0].strip("`"): row for row in rows(PAGE, "How many messages")}


def default(name: str) -> str:
    """The default of a key, as an operator writes it."""
    value = getattr(DEFAULTS, ATTRIBUTES[name])
    if value is None:
        return "off"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_every_rule_is_explained() -> None:
    """All keys of their group, but for the sandbox's own; the limits in the README, too."""
    group = {keys()[attribute].name for attribute in Limits.model_fields} - {"sandboxNumbers"}
    in_the_readme = " ".join(row[0] for row in rows(README, "Limits"))

    assert {*NUMBERS, *MESSAGES} == {"allowedCountries", *group}
    assert re.findall(r"`(\w+)`", in_the_readme) == [*MESSAGES]


@pytest.mark.parametrize(
    ("names", "written"),
    [
        *(
            ([name], [row[1].strip("`")])
            for name, row in (NUMBERS | MESSAGES).items()
            if row[1].startswith("`")
        ),
        *(
            (re.findall(r"alarm\w+", row[1]), re.findall(r"\d+", row[2]))
            for row in rows(PAGE, "What tells")
        ),
        *(
            ([name for name in re.findall(r"`(\w+)`", cell) if name in MESSAGES], said.split(", "))
            for cell, said, *_ in rows(README, "Limits")
        ),
    ],
    ids=str,
)
def test_default_is_that_of_the_configuration(names: list[str], written: list[str]) -> None:
    """Where one is written."""
    of_values = [name for name in names if name != "countriesPerDay"]

    assert [default(name) for name in of_values] == written


def test_texts_that_a_limit_lets_through_cost_what_is_said() -> None:
    """At the price of docs/cost.md, and at the one of the example."""
    price = Decimal(str(PRICES["A text to the United States, without the carrier's fee"])) / 10**6
    bounds = [row for row in rows(PAGE, "Who, how, and what it costs") if len(row) == 4]

    assert f"[${price}](cost.md#the-texts)" in PAGE
    assert bounds
    for _, texts, cost, dear in bounds:
        sent = int(number(texts))
        assert (number(cost), number(dear)) == (float(round(sent * price, 2)), sent / 10)


@pytest.mark.parametrize("row", rows(PAGE, "Who guesses codes"), ids=lambda row: row[0])
def test_right_guesses_are_texts_times_attempts_by_the_number_of_codes(row: list[str]) -> None:
    """Within what a limit lets through in a day; of each length."""
    [name] = re.findall(r"`(\w+)`", row[0])
    texts = int(default(name)) * (24 if name.endswith("Hour") else 1)

    assert number(row[1]) == texts
    for length, guesses in zip((5, 6, 8), row[3:], strict=True):
        assert number(guesses) == pytest.approx(texts * int(row[2]) / 10**length)
