"""The generated parts of docs/ are what the code says now."""

from pathlib import Path

import pytest

from docs.generate import markdown
from docs.generate.__main__ import pages

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("configuration.md", "cost.md", "openapi.json", "scaling.md", "security.md")


@pytest.mark.parametrize("page", PAGES)
def test_page_is_what_the_generator_writes(page: str) -> None:
    """A change of the stack or of its configuration changes its pages."""
    path = ROOT / "docs" / page
    assert path.read_text() == pages()[path], f"docs/{page} is not up to date: run `make docs`"


def test_hand_written_text_stays() -> None:
    """Only what stands between the two comments of a part is replaced."""
    page = "before\n\n<!-- part: begin -->\nold\n<!-- part: end -->\n\nafter\n"

    assert markdown.replace(page, {"part": "new"}) == (
        "before\n\n<!-- part: begin -->\n\nnew\n\n<!-- part: end -->\n\nafter\n"
    )


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({}, id="none for a place"),
        pytest.param({"part": "new", "other": "new"}, id="one without a place"),
    ],
)
def test_part_without_a_place_or_place_without_a_part_is_refused(parts: dict[str, str]) -> None:
    """A part cannot get lost by a typo in a comment."""
    with pytest.raises(ValueError, match="The page has places for part"):
        markdown.replace("<!-- part: begin -->\nold\n<!-- part: end -->\n", parts)
