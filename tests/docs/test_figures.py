"""The numbers of the pages' tables that are written by hand, and in the code, too.

What is computed is generated: test_generated.py.
"""

import re
from pathlib import Path

import pytest

from docs.generate import figures
from docs.generate.configuration import LEAST
from docs.generate.figures import idle_month
from docs.generate.markdown import number, rows
from infra.config import Config, ConfigError, keys
from infra.config.limits import Limits
from lambda_src.otp.time_limits import TimeLimits

ROOT = Path(__file__).resolve().parents[2]
README, ABUSE, SCALING = (
    (ROOT / name).read_text() for name in ("README.md", "docs/abuse.md", "docs/scaling.md")
)


def test_resource_of_an_unknown_price_stops_the_page() -> None:
    """Nobody adds a NAT gateway unnoticed."""
    with pytest.raises(ValueError, match="AWS::EC2::NatGateway"):
        idle_month({"New": {"Type": "AWS::EC2::NatGateway"}})


DEFAULTS = Config.from_context(LEAST)
ATTRIBUTES = {key.name: attribute for attribute, key in keys().items()}
NUMBERS, MESSAGES = (
    {row[0].strip("`"): row for row in rows(ABUSE, heading)}
    for heading in ("Which numbers", "How many messages")
)
WALLS = {wall[0]: wall for wall in figures.WALLS}


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


def test_defaults_are_those_of_the_configuration() -> None:
    """Where one is written, of as many keys as the row has."""
    tables = [(row[0], row[1]) for row in (NUMBERS | MESSAGES).values() if row[1].startswith("`")]
    tables += [(row[1], row[2]) for row in rows(ABUSE, "What tells")]
    tables += [(row[0], row[1]) for row in rows(README, "Limits")]
    tables += [(row[0], row[1].replace(",", "")) for row in WALLS.values() if row[0][0] == "`"]

    for named, written in tables:
        names = [name for name in re.findall(r"`(\w+)`", named) if name != "countriesPerDay"]
        if names:
            assert written.replace("`", "") == ", ".join(map(default, names)), named


def test_text_takes_what_the_code_does() -> None:
    """And what docs/cost.md assumes."""
    seconds = 2 * figures.ASSUMED["milliseconds that a function takes"] / 1000
    writes = sum(
        figures.ASSUMED[f"writes of a {what}, of one unit each"]
        for what in ("message", "verification")
    )
    lambdas = "Lambda, environments at once"

    for wall, takes in {
        "DynamoDB, writes a second of a new table": writes,
        "DynamoDB, writes a second of a table": writes,
        lambdas: seconds,
        f"{lambdas} while Pinpoint is slow": seconds + TimeLimits().pinpoint_all_attempts,
    }.items():
        assert number(WALLS[wall][2]) == pytest.approx(takes), wall


def test_a_key_ends_where_the_page_says() -> None:
    """One more is not taken."""
    for row in rows(SCALING, "Which keys to change"):
        most = int(number(row[3]))
        for key in re.findall(r"`(\w+)`", row[0]):
            Config.from_context({**LEAST, key: str(most)})
            with pytest.raises(ConfigError):
                Config.from_context({**LEAST, key: str(most + 1)})
