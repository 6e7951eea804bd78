"""docs/configuration.md: every example of a key works."""

import pytest

from docs.generate.configuration import LEAST, NEEDS, context
from infra.config import PYTHON_VERSIONS, Config, ConfigError, keys

KEYS = {key.name: (attribute, key) for attribute, key in keys().items()}


@pytest.mark.parametrize("name", KEYS)
def test_an_example_works_with_the_keys_that_it_needs(name: str) -> None:
    """An operator can copy it, together with the keys that the table names, and no others."""
    attribute, key = KEYS[name]
    # The newest runtime supports every key, whichever Python runs the tests.
    changes = {"pythonVersion": PYTHON_VERSIONS[-1], **NEEDS.get(name, {}), name: key.example}

    config = Config.from_context(context(changes))

    # The value that was read can be given in Python.
    assert Config(**{**dict(config), attribute: getattr(config, attribute)}) == config
    assert getattr(config, attribute) not in (None, (), {})
    if name in NEEDS:
        with pytest.raises(ConfigError):
            Config.from_context({**LEAST, name: key.example})
