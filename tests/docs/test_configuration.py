"""docs/configuration.md: every key is there, and what it says works."""

import pytest

from docs.generate.configuration import LEAST, NEEDS, context
from infra.config import PYTHON_VERSIONS, Config, ConfigError, keys

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
