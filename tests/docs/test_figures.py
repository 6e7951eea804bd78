"""Defaults in docs/abuse.md, and a guard against unknown prices in docs/cost.md."""

import re
from pathlib import Path

import pytest

from docs.generate.configuration import LEAST
from docs.generate.figures import WALLS, idle_month
from docs.generate.markdown import rows
from infra.config import Config, keys
from infra.config.limits import Limits

ABUSE = (Path(__file__).resolve().parents[2] / "docs" / "abuse.md").read_text()
DEFAULTS = Config.from_context(LEAST)
ATTRIBUTES = {key.name: attribute for attribute, key in keys().items()}
RULES = {row[0].strip("`"): row for row in rows(ABUSE, "Limits")}


def test_a_resource_without_a_price_stops_the_generator() -> None:
    """Nobody can add a NAT gateway unnoticed."""
    with pytest.raises(ValueError, match="AWS::EC2::NatGateway"):
        idle_month({"New": {"Type": "AWS::EC2::NatGateway"}})


def default(name: str) -> str:
    """Return a key's default, as an operator writes it."""
    value = getattr(DEFAULTS, ATTRIBUTES[name])
    if value is None:
        return "off"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_every_rule_is_explained_with_its_default() -> None:
    """Every key of the group except sandboxNumbers; each default must equal the code's."""
    group = {keys()[attribute].name for attribute in Limits.model_fields} - {"sandboxNumbers"}
    assert RULES.keys() == {"allowedCountries", *group}

    tables = [(row[0], row[1]) for row in RULES.values() if row[1].startswith("`")]
    tables += [(row[0], row[1].replace(",", "")) for row in WALLS if row[0][0] == "`"]
    for named, written in tables:
        if names := [name for name in re.findall(r"`(\w+)`", named) if name != "countriesPerDay"]:
            assert written.replace("`", "") == ", ".join(map(default, names)), named
