"""Which tests one worker of `make test` has to itself: those that share what is made once.

A plugin, which tests/conftest.py names.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# They start sandboxes, of which two at once would look for the same ports.
_SANDBOXES = {"client", "e2e", "permissions"}


class ByFolder(LoadScopeScheduling):
    """Gives a folder of tests to one worker, and all those with sandboxes to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return "sandboxes" if folder in _SANDBOXES else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """Schedule by folder, whatever is asked for."""
    return ByFolder(config, log)
