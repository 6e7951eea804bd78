"""Starts the sandboxes of a test run while other tests run: each takes as long as a hundred tests.

A fixture asks for its own with `started`, and ends it with `ended`. The plugin `sandboxed` begins
with those that the collected tests will ask for, and ends those that no fixture came to ask for.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from sandbox.state import ROOT

#: By the fixture that asks: the sandbox's folder, and the options to start it with.
SANDBOXES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "deployment": (".sandbox-test", ()),
    "account": (".sandbox-test-auth", ("--auth",)),
}

# One after the other: two at once would look for the same ports.
_thread = ThreadPoolExecutor(1)
_begun: dict[str, Future[subprocess.CompletedProcess[str]]] = {}


def begin(fixture: str) -> None:
    """Start a fixture's sandbox in the background, unless that has been done."""
    if fixture not in _begun:
        # As it is now: by then, a test may have changed it for itself.
        _begun[fixture] = _thread.submit(_start, fixture, dict(os.environ))


def started(fixture: str) -> None:
    """Wait until a fixture's sandbox is ready.

    Raises:
        AssertionError: it did not start, with what it said.

    """
    begin(fixture)
    done = _begun[fixture].result()
    assert done.returncode == 0, done.stdout + done.stderr


def ended(fixture: str) -> None:
    """End a fixture's sandbox."""
    if begun := _begun.pop(fixture, None):
        begun.cancel()
        if not begun.cancelled():
            begun.result()
        _sandbox(os.environ, SANDBOXES[fixture][0], "--stop")


def end_all() -> None:
    """End those that were begun and that nobody has ended."""
    for fixture in list(_begun):
        ended(fixture)


def _start(fixture: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    folder, options = SANDBOXES[fixture]
    _sandbox(environment, folder, "--stop")  # what a killed test run left
    return _sandbox(environment, folder, "--detach", *options)


def _sandbox(
    environment: Mapping[str, str], folder: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        env={**environment, "SANDBOX_FOLDER": folder},
        capture_output=True,
        text=True,
        check=False,
    )
