"""Every page of the checkout leads only to what there is, and every page of docs/ is found."""

import ipaddress
from collections.abc import Iterator
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


def within(page: Path) -> Iterator[str]:
    """The links of a page that lead into the checkout."""
    return (target for target in links(page.read_text()) if not urlsplit(target).scheme)


def outside(page: Path) -> Iterator[str]:
    """The links of a page that lead elsewhere."""
    return (target for target in links(page.read_text()) if urlsplit(target).scheme)


def led_to(page: Path, target: str) -> Path:
    """The file that a link leads to; the page itself where there is an anchor only."""
    file = unquote(target.partition("#")[0])
    return (page.parent / file).resolve() if file else page


def is_public(host: str | None) -> bool:
    """Whether everybody reaches a host by that name: it is no machine, and no number."""
    try:
        ipaddress.ip_address(host or "")
    except ValueError:
        return "." in (host or "") and not (host or "").endswith((".local", ".internal"))
    return False


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
    assert [
        target
        for target in outside(page)
        if urlsplit(target).scheme != "https" or not is_public(urlsplit(target).hostname)
    ] == []


@pytest.mark.parametrize("index", ["README.md", "docs/README.md"])
def test_every_page_is_found(index: str) -> None:
    """Whoever begins at an index gets to each page of docs/ by one click."""
    page = ROOT / index
    linked = {led_to(page, target) for target in within(page)} | {page}

    assert [name(path) for path in sorted(DOCS.rglob("*.md")) if path not in linked] == []


@pytest.mark.parametrize(
    "markdown",
    [
        "See [this](a.md) page.",
        "See [`this`](a.md#part), and more.",
        '![A picture](a.png "its title")',
        '<img alt="a picture" src="a.png">',
        '<source media="(prefers-color-scheme: dark)" srcset="a.png">',
        "[this]: a.md",
        "<https://example.com/a.md>",
    ],
)
def test_every_kind_of_link_is_seen(markdown: str) -> None:
    """In Markdown and in HTML, links and images."""
    [target] = links(markdown)

    assert "a.md" in target or target == "a.png"


@pytest.mark.parametrize(
    "markdown",
    [
        "```sh\necho '[a](b.md)'\n```",
        "Write `[a](b.md)`.",
        "1. x\n\n   ```text\n   [a](b.md)\n   ```",
    ],
)
def test_what_is_code_is_no_link(markdown: str) -> None:
    """It is shown as it stands."""
    assert links(markdown) == []
