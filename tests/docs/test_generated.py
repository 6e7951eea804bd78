"""The generated parts of docs/ are what the code says now."""

from pathlib import Path

import pytest

from docs.generate import markdown
from docs.generate.__main__ import PAGES, pages

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    """What the generator writes, by page."""
    return pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_is_what_the_generator_writes(page: Path, written: dict[Path, str]) -> None:
    """A change of the stack, of its configuration or of an example changes its pages."""
    assert page.read_text() == written[page], f"{page.name} is not up to date: run `make docs`"


def test_example_is_quoted_whole(tmp_path: Path) -> None:
    """Between its comments, as it is; all else stays. One that has moved is refused."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one.py").write_text("print('\\1')\n")
    begin, end = "<!-- example folder/one.py: begin -->\n", "<!-- example folder/one.py: end -->"

    quoted = markdown.quote(f"before\n\n{begin}old\n{end}\n\nafter\n", tmp_path)

    assert quoted == (f"before\n\n{begin}\n```python\nprint('\\1')\n```\n\n{end}\n\nafter\n")
    assert markdown.quote(quoted, tmp_path) == quoted
    with pytest.raises(FileNotFoundError):
        markdown.quote(quoted.replace("one.py", "gone.py"), tmp_path)


def test_only_what_is_generated_is_replaced() -> None:
    """What stands between the two comments of a part."""
    page = "before\n\n<!-- part: begin -->\nold\n<!-- part: end -->\n\nafter\n"

    assert markdown.replace(page, {"part": "new"}) == (
        "before\n\n<!-- part: begin -->\n\nnew\n\n<!-- part: end -->\n\nafter\n"
    )


@pytest.mark.parametrize(
    "parts", [{}, {"part": "new", "other": "new"}], ids=["no part", "no place"]
)
def test_part_without_a_place_or_place_without_a_part_is_refused(parts: dict[str, str]) -> None:
    """A part cannot get lost by a typo in a comment."""
    with pytest.raises(ValueError, match="The page has places for part"):
        markdown.replace("<!-- part: begin -->\nold\n<!-- part: end -->\n", parts)
