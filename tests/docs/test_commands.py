"""The shell blocks of the pages are written so that `make commands` can run them."""

import re

import pytest

from infra.config import keys
from tests.commands.pages import blocks, pages

PAGES = {name: file.read_text() for name, file in pages().items()}
#: A placeholder, and a key of an example's own stack.
OTHERS = {"key", "sendFunctionArn"}


@pytest.mark.parametrize("page", PAGES)
def test_every_block_is_run_or_says_why(page: str) -> None:
    """Only `sh` blocks run. The line above a block that does not run has the reason."""
    found = blocks(PAGES[page])
    # A marker in backticks is text about markers.
    markers = re.findall(r"(?<!`)<!--\s*not run", PAGES[page], re.IGNORECASE)

    other_names = {"bash", "console", "shell", "shell-session", "zsh"}
    assert {block.language for block in found} & other_names == set()
    assert len(markers) == sum(block.language == "sh" and bool(block.reason) for block in found)


@pytest.mark.parametrize("page", PAGES)
def test_every_key_of_a_command_exists(page: str) -> None:
    """The page may use unknown keys only where it shows a refusal."""
    refused = r"<!-- refused: begin -->.*?<!-- refused: end -->"
    text = re.sub(refused, "", PAGES[page], flags=re.DOTALL)

    assert {*re.findall(r"-c (\w+)=", text)} - OTHERS <= {key.name for key in keys().values()}
