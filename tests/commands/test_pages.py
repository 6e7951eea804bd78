"""`make commands`: every shell block of every page runs, unless the page gives a reason."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.commands import variables
from tests.support.checkout import copy_files_to
from tests.support.deployment import Deployment
from tests.support.sandboxed import running

from .pages import ROOT, pages, to_run
from .script import run

PAGES = {name: found for name, file in pages().items() if (found := to_run(file.read_text()))}

# A value that the reader fills in: the sandbox has one version.
GIVEN = {"docs/runbook.md": {"OLD": "1"}}

# Folders that the copy shares with the checkout.
INSTALLED = (".venv", ".venv-ministack", ".venv-checkov", "node_modules", "build")

# A copy of the checkout, and the environment of its blocks.
Checkout = tuple[Path, dict[str, str]]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Run one sandbox, in a copy of the checkout; each page must undo its changes."""
    folder = tmp_path_factory.mktemp("commands") / "checkout"
    copy_files_to(folder)
    for name in INSTALLED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    # Otherwise `make setup` would find the copies newer than the installation.
    for file in [*folder.iterdir(), *folder.glob("*/**/requirements.txt")]:
        os.utime(file, (0, 0), follow_symlinks=False)
    programs = (f"{folder}/.venv/bin", f"{folder}/node_modules/.bin", os.environ["PATH"])
    environment = {name: value for name, value in os.environ.items() if name != "SANDBOX_FOLDER"}
    environment["PATH"] = os.pathsep.join(programs)
    with running(folder=".sandbox", checkout=folder) as state:
        of_aws = {name: of for name, of in variables(state).items() if name.startswith("AWS_")}
        yield folder, environment | of_aws
        assert Deployment(state).leaks() == [], "a log or a metric holds what none may"


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs(page: str, checkout: Checkout) -> None:
    """Blocks run in order in one shell, as a reader would run them."""
    folder, environment = checkout

    run(page, PAGES[page], folder=folder, environment={**environment, **GIVEN.get(page, {})})
