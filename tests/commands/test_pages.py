"""Every shell block of every page runs, unless the page says why not: `make commands`."""

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

# What a page leaves to whoever reads it: here there is one version.
GIVEN = {"docs/runbook.md": {"OLD": "1"}}

# What was built of the same files is the same.
INSTALLED = (".venv", ".venv-ministack", ".venv-checkov", "node_modules", "build")

# A copy of the checkout, and what a block finds in its environment.
Checkout = tuple[Path, dict[str, str]]


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Give a copy of the checkout in which a sandbox runs, in the default folder.

    One for all pages: what a page does, it must undo. A developer's own may run meanwhile, and what
    a block writes stays out of their checkout.
    """
    folder = tmp_path_factory.mktemp("commands") / "checkout"
    copy_files_to(folder)
    for name in INSTALLED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    # Or `make setup` would find the copies newer than what was installed from them.
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
    """In order, in one shell; each succeeds, and all that it calls."""
    folder, environment = checkout

    run(page, PAGES[page], folder=folder, environment={**environment, **GIVEN.get(page, {})})
