"""docs/abuse.md: the defaults, the arithmetic, and what is said of the counts."""

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from docs.generate.configuration import LEAST
from docs.generate.cost import TEXTS_TO_THE_US, WRITES_A_SEND
from infra.config import Config, keys
from infra.config.limits import MOST_PER_BLOCK
from infra.config.limits import Limits as LimitsOfConfig
from infra.watch.abuse import LEAST_WRONG_CODES
from lambda_src.otp.once.records import MOST_MISMATCHES, SECONDS_BETWEEN_ANSWERS
from lambda_src.otp.rules.destination import NUMBER_TYPES
from lambda_src.otp.rules.limits import Limits
from lambda_src.otp.settings import TextLimits
from lambda_src.otp.time_limits import WINDOW_SECONDS

from .functions import running
from .pages import read_sections

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGE = (DOCS / "abuse.md").read_text()
SECTIONS = {section.anchor: section for section in read_sections(PAGE)}

DEFAULTS = Config.from_context(LEAST)
ATTRIBUTES = {key.name: attribute for attribute, key in keys().items()}


def tables(anchor: str) -> Iterator[list[list[str]]]:
    """The tables of a section, without their headings; a cell without its marks."""
    for table in re.findall(r"(?:^ *\|.*\n)+", SECTIONS[anchor].text + "\n", re.MULTILINE):
        yield [
            [cell.strip(" `") for cell in line.strip(" |").split(" | ")]
            for line in table.splitlines()[2:]
        ]


def default(name: str) -> str:
    """The default of a key, as an operator writes it."""
    value = getattr(DEFAULTS, ATTRIBUTES[name])
    if value is None:
        return "off"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def number(cell: str) -> Decimal:
    """The number that a cell begins with."""
    found = re.match(r"\$?([\d,.]+)", cell)
    assert found, cell
    return Decimal(found[1].replace(",", ""))


# --- The keys ---


def test_every_rule_is_explained() -> None:
    """All keys of their group, but for the one that is for the sandbox only."""
    explained = [
        row[0]
        for section in ("which-numbers", "how-many-messages")
        for table in tables(section)
        for row in table
    ]
    group = [keys()[attribute].name for attribute in LimitsOfConfig.model_fields]
    assert explained == ["allowedCountries", *(name for name in group if name != "sandboxNumbers")]


@pytest.mark.parametrize("section", ["which-numbers", "how-many-messages"])
def test_defaults_are_those_of_the_configuration(section: str) -> None:
    """What is written as a value is the value."""
    [table] = tables(section)
    written = {name: value for name, value, *_ in table if value[:4] not in ("none", "anyt")}

    assert written
    assert written == {name: default(name) for name in written}


def test_limits_in_the_readme_are_those_of_the_configuration() -> None:
    """Every one that counts messages, with its default."""
    readme = (DOCS.parent / "README.md").read_text()
    [limits] = [part for part in read_sections(readme) if part.anchor == "limits"]
    names = re.findall(r"^\| (`.+?) \| (.+?) \|", limits.text, re.MULTILINE)
    [table] = tables("how-many-messages")

    assert re.findall(r"`(\w+)`", " ".join(cell for cell, _ in names)) == [row[0] for row in table]
    for cell, defaults in names:
        keys_of_row = [name for name in re.findall(r"`(\w+)`", cell) if name != "countriesPerDay"]
        assert [default(name) for name in keys_of_row] == defaults.split(", ")


def test_defaults_of_the_alarms_are_those_of_the_configuration() -> None:
    """Each with the keys that its row names."""
    [table] = tables("what-tells")
    for _, when, defaults, _ in table:
        names = re.findall(r"`?(alarm\w+)", when)
        assert [default(name) for name in names] == re.findall(r"\d+", defaults)
    assert DEFAULTS.alarm_texts_per_hour < (DEFAULTS.deployment_per_hour or 0)


def test_types_of_numbers_that_are_left_out_are_named() -> None:
    """All but those that are texted by default."""
    [said] = re.findall(r"Left out by default:\*\* ([A-Z_, \n]+)\.", PAGE)

    assert set(said.split(", ")) == set(NUMBER_TYPES.values()) - set(DEFAULTS.allowed_number_types)


# --- The arithmetic ---


def test_costs_are_texts_times_price() -> None:
    """At the price of docs/cost.md, and at the one of the example."""
    price = Decimal(str(TEXTS_TO_THE_US.usd)) / 1_000_000
    assert f"[${price}](cost.md#the-texts)" in PAGE
    [table] = [table for table in tables("who-how-and-what-it-costs") if len(table[0]) == 4]
    for what, texts, cost, dear in table:
        sent = number(texts)
        assert number(cost) == round(sent * price, 2), what
        assert number(dear) == sent / 10, what


def test_bounds_are_what_the_limits_add_up_to() -> None:
    """For an hour, or for a day."""
    [table] = [table for table in tables("who-how-and-what-it-costs") if len(table[0]) == 4]
    in_all, block = DEFAULTS.deployment_per_hour or 0, DEFAULTS.block_per_hour or 0

    assert [int(number(texts)) for _, texts, *_ in table] == [
        DEFAULTS.send_requests_per_second * 3600,
        in_all,
        in_all * 24,
        DEFAULTS.country_per_day,
        block * 24,
        DEFAULTS.destination_per_day,
    ]


def test_right_guesses_are_texts_times_attempts_by_the_number_of_codes() -> None:
    """Within what the limits let through in a day, over all numbers; of each length."""
    [table] = tables("who-guesses-codes")
    in_all = (DEFAULTS.deployment_per_hour or 0) * 24
    texts = [DEFAULTS.destination_per_day, *[DEFAULTS.country_per_day] * 2, *[in_all] * 2]

    assert [int(number(row[1])) for row in table] == texts
    assert [int(row[2]) for row in table] == [3, 3, 5, 3, 5]
    for _, sent, attempts, *expected in table:
        for length, guesses in zip((5, 6, 8), expected, strict=True):
            assert number(guesses) == number(sent) * int(attempts) / 10**length
    a_day = Decimal(DEFAULTS.country_per_day or 0) * 3 / 10**6
    assert f"in {round(1 / a_day)} days" in " ".join(PAGE.split())
    assert f"in {round(100 / a_day / 365)} years" in PAGE


def test_what_the_alarms_leave_to_a_guesser_is_as_said() -> None:
    """Below the least number of wrong codes, and for one ReferenceId."""
    page = " ".join(PAGE.split())
    assert f"silent below {LEAST_WRONG_CODES} wrong ones" in page
    assert f"{LEAST_WRONG_CODES} or more are wrong" in page
    assert f"at least {LEAST_WRONG_CODES} are" in keys()["alarm_wrong_codes_percent"].meaning
    assert 5.5 < 10**6 / (LEAST_WRONG_CODES * 24 * 365) < 6
    most = MOST_MISMATCHES + WINDOW_SECONDS // SECONDS_BETWEEN_ANSWERS
    assert f"at most {most} in the {WINDOW_SECONDS // 60} minutes" in page


def limits_of(**changes: Any) -> Limits:
    """The limits of a deployment with these settings; nothing is counted."""
    settings: dict[str, Any] = dict.fromkeys(TextLimits.__slots__)
    settings |= {"countries_per_day": {}, "requests_per_second": 100, **changes}
    return Limits(TextLimits(**settings), counters=None, switch=None)  # type: ignore[arg-type]


def test_shards_are_as_many_as_said() -> None:
    """For each rate of requests, and each limit."""
    shards, *_ = (table for table in tables("how-a-message-is-counted") if len(table[0]) == 4)
    assert len(shards) == 5
    for rate, *counts in shards:
        limits = limits_of(requests_per_second=int(number(rate)))
        of_limits = [limits._shards(limit, 24 * 3600) for limit in (1_000, 5_000, 100_000)]  # noqa: SLF001
        assert [int(count) for count in counts] == of_limits


@pytest.mark.parametrize("row", [row for table in tables("how-exact-it-is") for row in table])
def test_shared_counts_refuse_as_early_as_said(row: list[str]) -> None:
    """On average, within half a percent of the limit."""
    limit, shards = int(number(row[0])), int(number(row[1]))
    chance = random.Random(1)  # noqa: S311 - a simulation
    runs = max(3, 20_000 // limit)
    refused = 0
    for _ in range(runs):
        counts = [0] * shards
        for _ in range(limit):
            counts[chance.randrange(shards)] += 1
        refused += sum(max(0, count - limit // shards) for count in counts)

    assert 100 * refused / runs / limit == pytest.approx(float(number(row[2])), abs=0.5)


def test_writes_of_a_message_are_those_that_are_paid_for() -> None:
    """As docs/cost.md counts them."""
    assert f"a message that is sent writes {WRITES_A_SEND} times" in PAGE


def bytes_of(item: dict[str, Any]) -> int:
    """The size of an item, as DynamoDB counts it.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    size = 0
    for name, value in item.items():
        [(kind, text)] = value.items()
        digits = Decimal(text).normalize().as_tuple().digits if kind == "N" else ()
        size += len(name) + ((len(digits) + 1) // 2 + 1 if digits else len(text))
    return size


@pytest.mark.parametrize(
    ("interval", "added"), [pytest.param(None, 16, id="off"), pytest.param(30, 29, id="on")]
)
def test_item_of_a_block_grows_by_what_is_said(interval: int | None, added: int) -> None:
    """For every number that is new to it; and a day of it fits into the 400 KB of an item."""
    said = " ".join(PAGE.split())
    assert "by up to 16 bytes for a message" in said
    assert "(29 with `destinationIntervalSeconds`)" in said
    with running("send") as service:
        service.limit(
            destination_per_10_minutes=DEFAULTS.destination_per_10_minutes,
            destination_per_day=10,
            destination_interval_seconds=interval,
            block_per_hour=20,
        )
        sizes = []
        for last in range(3):
            service.send(DestinationIdentity=f"+1206201000{last}")
            [item] = [item for item in service.items() if "limit#number" in item["id"]["S"]]
            sizes.append(bytes_of(item))

    # Only from 16:40 on has the name of a window of ten minutes a third digit.
    assert added - 2 <= sizes[2] - sizes[1] <= added
    assert sizes[0] + MOST_PER_BLOCK * 24 * (added + 1) < 400 * 1024


def test_sizes_and_units_of_a_block_are_as_said() -> None:
    """105 bytes, 5 for each hour, and those of each message; a unit is a kilobyte."""
    *_, sizes = (table for table in tables("how-a-message-is-counted") if len(table[0]) == 3)
    messages = [20, 57, 480, 4_800, 4_800]
    hours = [1, 1, 24, 24, 24]
    added = [16, 16, 16, 16, 29]
    for row, count, long, each in zip(sizes, messages, hours, added, strict=True):
        size = 105 + 5 * long + each * count
        assert float(number(row[1])) == pytest.approx(size / 1024, rel=0.06)
        assert int(number(row[2])) == -(-size // 1024)
