"""The shell blocks of the pages are written so that `make commands` can run them."""

import re
from pathlib import Path

import pytest

from tests.commands.pages import blocks, pages, to_run

#: Less than there are, and enough to see that they are found.
LEAST = 30

PAGES = {name: file.read_text() for name, file in pages().items()}


def test_most_blocks_are_run() -> None:
    """Or pages would be full of what nobody has tried."""
    shell = sum(block.language == "sh" for text in PAGES.values() for block in blocks(text))
    run = sum(len(to_run(text)) for text in PAGES.values())

    assert run >= LEAST
    assert run > shell / 2


def test_the_pages_are_found() -> None:
    """Those of the root, of docs/ and of what is below it."""
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/runbook.md"} <= PAGES.keys()
    assert all(Path(name).suffix == ".md" for name in PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_shell_has_one_name(page: str) -> None:
    """`sh`: a block of another name would not be run."""
    assert {block.language for block in blocks(PAGES[page])} & {
        *("bash", "console", "shell", "shell-session", "zsh")
    } == set()


@pytest.mark.parametrize("page", PAGES)
def test_every_block_that_is_not_run_says_why(page: str) -> None:
    """In a line directly above it: a reason, and not that it is not run."""
    for block in blocks(PAGES[page]):
        if block.language == "sh" and "not run" in block.above:
            assert block.reason, f"{page}, line {block.line}"
            assert len(block.reason.split()) > 1, f"{page}, line {block.line}"


@pytest.mark.parametrize("page", PAGES)
def test_every_marker_stands_above_a_block(page: str) -> None:
    """None is left over, above text or above another language."""
    marked = sum(
        block.reason is not None for block in blocks(PAGES[page]) if block.language == "sh"
    )

    # One in backticks is text about markers.
    found = re.findall(r"(?<!`)<!--\s*not run", PAGES[page], re.IGNORECASE)
    assert len(found) == marked
