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


def test_what_stands_between_two_comments_is_replaced(tmp_path: Path) -> None:
    """By a part or an example as it is; one that is gone, and a typo in a name, are refused."""
    (tmp_path / "one.py").write_text("print('\\1')\n")
    page = "a\n<!-- {0}: begin -->\nold\n<!-- {0}: end -->\nb\n"
    new = "a\n<!-- {0}: begin -->\n\n{1}\n\n<!-- {0}: end -->\nb\n"
    example = page.format("example one.py")

    assert markdown.replace(page.format("part"), {"part": "new"}) == new.format("part", "new")
    assert markdown.quote(example, tmp_path) == new.format(
        "example one.py", "```python\nprint('\\1')\n```"
    )
    with pytest.raises(FileNotFoundError):
        markdown.quote(example.replace("one", "gone"), tmp_path)
    with pytest.raises(ValueError, match="The page has places for part"):
        markdown.replace(page.format("part"), {"a typo": "new"})
