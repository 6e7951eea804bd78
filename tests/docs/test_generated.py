"""The generated parts of docs/ are up to date."""

from pathlib import Path

import pytest

from docs.generate.__main__ import PAGES, pages

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    """Run the generator; return its text for each page."""
    return pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_is_what_the_generator_writes(page: Path, written: dict[Path, str]) -> None:
    """The stack, the configuration and the examples change their pages."""
    assert page.read_text() == written[page], f"{page.name} is not up to date: run `make docs`"
