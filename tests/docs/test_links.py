"""No page has a broken link, and an index links every page of docs/."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .pages import links, read_sections

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/**/*.md")]
IDS = [str(page.relative_to(ROOT)) for page in PAGES]


def led_to(page: Path, target: str) -> Path:
    """Return the file that a link leads to, or its own page if it is an anchor only."""
    file = unquote(target.partition("#")[0])
    return (page.parent / file).resolve() if file else page


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file or heading of this checkout, or to a public host by https."""
    lost = []
    for target in links(page.read_text()):
        url = urlsplit(target)
        if url.scheme:
            private = re.fullmatch(r"[^.]*|[\d.:]+|.*\.(local|internal)", url.hostname or "")
            found = url.scheme == "https" and not private
        else:
            path = led_to(page, target)
            found = path.is_relative_to(ROOT) and path.exists()
            if found and url.fragment and path.suffix == ".md":
                found = url.fragment in {one.anchor for one in read_sections(path.read_text())}
        if not found:
            lost.append(target)

    assert lost == []


@pytest.mark.parametrize("index", ["README.md", "docs/README.md"])
def test_every_page_is_found(index: str) -> None:
    """Each index leads to each page of docs/ in one click."""
    page = ROOT / index
    linked = {led_to(page, target) for target in links(page.read_text())} | {page}

    assert {*ROOT.glob("docs/**/*.md")} <= linked
