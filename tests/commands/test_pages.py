"""`make commands`: every shell block of every page runs, unless the page gives a reason."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    """Run a sandbox in a copy of the checkout, so that blocks cannot write into the original.

    All pages share it, so each page must undo its changes.
    """
    folder = tmp_path_factory.mktemp("commands") / "checkout"
    copy_files_to(folder)
    for name in INSTALLED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    # Otherwise `make setup` would find the copies newer than the installation.
    for file in [*folder.iterdir(), *folder.glob("*/**/requirements.txt")]:
        os.utime(file, (0, 0), follow_symlinks=False)
    programs = (f"{folder}/.venv/bin", f"{folder}/node_modules/.bin", os.environ["PATH"])
    variables = {name: value for name, value in os.environ.items() if name != "SANDBOX_FOLDER"}
    variables["PATH"] = os.pathsep.join(programs)
    with running(folder=".sandbox", checkout=folder) as state:
        of_aws = {
            "AWS_ENDPOINT_URL": state.awsEndpoint,
            "AWS_ENDPOINT_URL_PINPOINT": state.pinpointEndpoint,
            "AWS_ACCESS_KEY_ID": state.accessKeyId,
            "AWS_SECRET_ACCESS_KEY": state.secretAccessKey,
            "AWS_REGION": state.region,
            "AWS_DEFAULT_REGION": state.region,
        }
        yield folder, variables | of_aws
        assert Deployment(state).leaks() == [], "a log or a metric holds what none may"


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs(page: str, checkout: Checkout) -> None:
    """Blocks run in order in one shell, as a reader would run them."""
    folder, environment = checkout

    run(page, PAGES[page], folder=folder, environment={**environment, **GIVEN.get(page, {})})
