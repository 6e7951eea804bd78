"""A copy of the checkout, with a sandbox of its own, in which the pages' blocks are run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.state import State
from tests.support.checkout import copy_files_to
from tests.support.deployment import Deployment

from .pages import ROOT
from .script import environment

# What was built of the same files is the same.
_INSTALLED = (".venv", ".venv-ministack", ".venv-checkov", "node_modules", "build")


@dataclass(frozen=True)
class Checkout:
    """Where a page's blocks are run.

    Attributes:
        folder: a copy of this checkout; the sandbox is in its folder `.sandbox`.
        environment: what a block finds.

    """

    folder: Path
    environment: dict[str, str]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Give a copy of the checkout in which a sandbox runs, in the default folder.

    One for all pages: what a page does, it must undo.

    A developer's own may run meanwhile, and what a block writes stays out of their checkout.
    """
    folder = tmp_path_factory.mktemp("commands") / "checkout"
    copy_files_to(folder)
    for name in _INSTALLED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    # Or `make setup` would find the copies newer than what was installed from them.
    for file in folder.iterdir():
        os.utime(file, (0, 0), follow_symlinks=False)
    for file in folder.glob("*/**/requirements.txt"):
        os.utime(file, (0, 0))
    variables = environment(folder)
    started = _sandbox(folder, variables, "--detach")
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        state = State.read(folder / ".sandbox")
        yield Checkout(
            folder,
            {
                **variables,
                "AWS_ENDPOINT_URL": state.awsEndpoint,
                "AWS_ENDPOINT_URL_PINPOINT": state.pinpointEndpoint,
                "AWS_ACCESS_KEY_ID": state.accessKeyId,
                "AWS_SECRET_ACCESS_KEY": state.secretAccessKey,
                "AWS_REGION": state.region,
                "AWS_DEFAULT_REGION": state.region,
            },
        )
        assert Deployment(state).leaks() == [], "a log or a metric holds what none may"
    finally:
        _sandbox(folder, variables, "--stop")


def _sandbox(
    folder: Path, variables: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
