"""The generated parts of docs/ are what the code says now."""

from pathlib import Path

import pytest

from docs.generate import markdown
from docs.generate.__main__ import PAGES, pages

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def written() -> dict[Path, str]:
    """What the generator writes, by page."""
    return pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_is_what_the_generator_writes(page: Path, written: dict[Path, str]) -> None:
    """A change of the stack, of its configuration or of an example changes its pages."""
    assert page.read_text() == written[page], f"{page.name} is not up to date: run `make docs`"


def test_example_is_quoted_whole(tmp_path: Path) -> None:
    """Between its comments, as it is; what stood there is gone, and all else stays."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "one.py").write_text("print(1)\n")
    (tmp_path / "two.py").write_text("print('\\1')\n")
    page = (
        "before\n\n<!-- example folder/one.py: begin -->\nold\n"
        "<!-- example folder/one.py: end -->\n\nbetween\n\n"
        "<!-- example two.py: begin -->\n<!-- example two.py: end -->\n\nafter\n"
    )

    quoted = markdown.quote(page, tmp_path)

    assert quoted == (
        "before\n\n<!-- example folder/one.py: begin -->\n\n```python\nprint(1)\n```\n\n"
        "<!-- example folder/one.py: end -->\n\nbetween\n\n<!-- example two.py: begin -->\n\n"
        "```python\nprint('\\1')\n```\n\n<!-- example two.py: end -->\n\nafter\n"
    )
    assert markdown.quote(quoted, tmp_path) == quoted


def test_example_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """A file that has moved is not quoted any more, and somebody has to say from where."""
    page = "<!-- example gone.py: begin -->\n<!-- example gone.py: end -->\n"

    with pytest.raises(FileNotFoundError):
        markdown.quote(page, tmp_path)


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
