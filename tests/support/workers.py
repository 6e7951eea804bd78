"""Which tests one of two workers has to itself: those that share what is made once.

A plugin, which tests/conftest.py names.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# They share the sandbox of a test run.
_SANDBOX = {"browser", "client", "e2e", "examples", "fuzz", "permissions"}


# They share nothing: so much the better is the work divided.
_APART = {"emulator", "runtime", "unit"}


class ByFolder(LoadScopeScheduling):
    """Gives a folder of tests to one worker, and all those with the sandbox to the same one."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        if folder in _APART:
            return nodeid.partition("::")[0]
        return "sandbox" if folder in _SANDBOX else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """Schedule by folder, whatever is asked for."""
    return ByFolder(config, log)
