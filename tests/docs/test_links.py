"""Every page of the checkout leads only to what there is, and every page of docs/ is found."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from .pages import links, read_sections

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "clients").rglob("*.md")],
    key=lambda page: page.relative_to(ROOT).as_posix(),
)


def name(page: Path) -> str:
    """The page, from the root of the checkout."""
    return page.relative_to(ROOT).as_posix()


@cache
def anchors(page: Path) -> frozenset[str]:
    """The headings of a page, as links end in them."""
    return frozenset(section.anchor for section in read_sections(page.read_text()))


def within(page: Path) -> list[str]:
    """The links of a page that lead into the checkout."""
    return [target for target in links(page.read_text()) if not urlsplit(target).scheme]


def led_to(page: Path, target: str) -> Path:
    """The file that a link leads to; the page itself where there is an anchor only."""
    file = unquote(target.partition("#")[0])
    return (page.parent / file).resolve() if file else page


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_into_the_checkout_leads_somewhere(page: Path) -> None:
    """To a file of this checkout, images included, and in a page to a heading."""
    lost = []
    for target in within(page):
        path = led_to(page, target)
        anchor = target.partition("#")[2]
        there = path.is_relative_to(ROOT) and path.exists()
        if not there or (path.suffix == ".md" and anchor and anchor not in anchors(path)):
            lost.append(target)

    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_elsewhere_is_one_that_everybody_can_follow(page: Path) -> None:
    """To a public host, by https. Whether it answers is not asked: tests need no network."""
    elsewhere = [of for of in map(urlsplit, links(page.read_text())) if of.scheme]
    private = re.compile(r"[^.]*|[\d.:]+|.*\.(local|internal)")

    assert [
        of.geturl()
        for of in elsewhere
        if of.scheme != "https" or private.fullmatch(of.hostname or "")
    ] == []


@pytest.mark.parametrize("index", ["README.md", "docs/README.md"])
def test_every_page_is_found(index: str) -> None:
    """Whoever begins at an index gets to each page of docs/ by one click."""
    page = ROOT / index
    linked = {led_to(page, target) for target in within(page)} | {page}

    assert [name(path) for path in sorted(DOCS.rglob("*.md")) if path not in linked] == []


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("See [this](a.md) page.", ["a.md"]),
        ("See [`this`](a.md#part), and more.", ["a.md#part"]),
        ('![A picture](a.png "its title")', ["a.png"]),
        ('<img alt="a picture" src="a.png">', ["a.png"]),
        ('<source media="(prefers-color-scheme: dark)" srcset="a.png">', ["a.png"]),
        ("[this]: a.md", ["a.md"]),
        ("<https://example.com/a.md>", ["https://example.com/a.md"]),
        # It is shown as it stands.
        ("```sh\necho '[a](b.md)'\n```", []),
        ("Write `[a](b.md)`.", []),
        ("1. x\n\n   ```text\n   [a](b.md)\n   ```", []),
    ],
)
def test_every_kind_of_link_is_seen(markdown: str, found: list[str]) -> None:
    """In Markdown and in HTML, links and images; what is code is none."""
    assert links(markdown) == found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_page_names_tests_that_exist(page: Path) -> None:
    """As `tests/unit/test_once.py::test_name`; one without a file is of the file named before."""
    missing, file = [], ""
    for named, test in re.findall(r"`(tests/[\w/]+\.py)?(?:::(test_\w+))?`", page.read_text()):
        file = named or file
        if not test:
            continue
        if not (ROOT / file).is_file() or f"def {test}(" not in (ROOT / file).read_text():
            missing.append(f"{file}::{test}")
    assert missing == []
