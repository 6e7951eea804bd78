"""Every shell block of every page runs, unless the page says why not: `make commands`."""

import pytest

from .conftest import Checkout
from .pages import pages, to_run
from .script import run

PAGES = {name: found for name, file in pages().items() if (found := to_run(file.read_text()))}

# What a page leaves to whoever reads it: here there is one version.
GIVEN = {"docs/runbook.md": {"OLD": "1"}}


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_the_page_runs(page: str, checkout: Checkout) -> None:
    """In order, in one shell; each succeeds, and all that it calls."""
    environment = {**checkout.environment, **GIVEN.get(page, {})}

    said = run(page, PAGES[page], folder=checkout.folder, environment=environment)

    assert len(said) == len(PAGES[page])
