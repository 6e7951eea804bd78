"""docs/configuration.md: every key is there, and what it says works."""

from typing import Any

import pytest

from docs.generate.configuration import LEAST, NEEDS, context, parts
from infra.config import PROFILES, PYTHON_VERSIONS, Config, ConfigError, keys

KEYS = {key.name: (attribute, key) for attribute, key in keys().items()}


@pytest.mark.parametrize("name", KEYS)
def test_example_works_with_what_it_needs(name: str) -> None:
    """What the table shows can be copied: alone, or with the keys that it names, and no others."""
    attribute, key = KEYS[name]
    # A runtime that has everything, whichever Python the tests run on.
    changes = {"pythonVersion": PYTHON_VERSIONS[-1], **NEEDS.get(name, {}), name: key.example}

    config = Config.from_context(context(changes))

    # Written in Python as it was read, it is the same.
    assert Config(**{**dict(config), attribute: getattr(config, attribute)}) == config
    assert getattr(config, attribute) not in (None, (), {})
    if name in NEEDS:
        with pytest.raises(ConfigError):
            Config.from_context({**LEAST, name: key.example})


@pytest.mark.parametrize("profile", PROFILES)
def test_defaults_of_a_profile_are_its_values(profile: str) -> None:
    """Writing out the defaults that the table gives changes nothing."""
    column = 2 + [*PROFILES].index(profile)
    given: dict[str, Any] = {**LEAST, "profile": profile, "region": "us-east-1"}
    table = [line.strip("| ").split(" | ") for line in parts()["keys"].splitlines() if "`" in line]
    written = {
        cells[0].strip("`"): cells[column].strip("`")
        for cells in table
        if cells[column].startswith("`") and cells[0] != "`profile`"
    }

    assert len(written) > len(KEYS) / 2
    assert Config.from_context({**written, **given}) == Config.from_context(given)
