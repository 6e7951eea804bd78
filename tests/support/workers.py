"""Distributes tests over pytest-xdist's workers; tests/conftest.py loads this plugin."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# These folders share one sandbox, so they run on one worker.
_SANDBOX = {"browser", "client", "e2e", "examples", "fuzz", "permissions"}
# Files of these folders share nothing, so any worker can take each.
_APART = {"emulator", "runtime", "unit"}


class ByFolder(LoadScopeScheduling):
    """Gives each folder to one worker, and all folders that use the sandbox to the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        if folder in _APART:
            return nodeid.partition("::")[0]
        return "sandbox" if folder in _SANDBOX else folder


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """Schedule by folder, whatever `--dist` says."""
    return ByFolder(config, log)
