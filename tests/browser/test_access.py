"""Everybody can use the page: by keyboard, with a screen reader, on a small window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.state import ROOT

from .conftest import OpenPage
from .phone import Phone

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()

SMALL = 360


def violations(page: Page) -> list[tuple[str, str, list[Any]]]:
    """What axe-core finds: the rule, how bad it is, and where."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus; give up after all have had it."""
    for _ in range(60):
        page.keyboard.press("Tab")
        has = page.evaluate(
            """() => {
                const one = document.activeElement;
                return one.labels?.[0]?.firstChild.textContent.trim() || one.textContent.trim();
            }"""
        )
        if has == name:
            return
    pytest.fail(f"The keyboard does not reach {name}.")


def used(page: Page) -> None:
    """Have something in every part of the page."""
    phone = Phone(page)
    page.get_by_text("More fields").click()
    page.get_by_text("Of which text").click()
    phone.press("20 at once")
    expect(phone.said).to_contain_text("20 answers")
    phone.press("the number opted out")
    expect(phone.said).to_contain_text("422")
    phone.verify("000000")
    expect(phone.verified).to_contain_text("200")
    expect(page.get_by_label("Log lines")).to_be_visible()


def unused(page: Page) -> None:
    """Have it as it is opened."""
    Phone(page)


@pytest.mark.parametrize(
    ("width", "scheme", "state"),
    [
        (1440, "light", used),
        (1440, "dark", used),
        (SMALL, "light", unused),
        (SMALL, "dark", unused),
    ],
)
def test_axe_finds_nothing(
    open_page: OpenPage, width: int, scheme: str, state: Callable[[Page], None]
) -> None:
    """No violation of its rules, serious or not, in either colour scheme."""
    page = open_page(width=width, color_scheme=scheme, reduced_motion="reduce")
    state(page)

    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_reference(open_page: OpenPage, scheme: str) -> None:
    """With every example open."""
    page = open_page("reference", color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert violations(page) == []


def test_axe_would_find_something(open_page: OpenPage) -> None:
    """A picture without a text, for one: what finds nothing is really looking."""
    page = open_page(reduced_motion="reduce")
    page.evaluate("document.querySelector('main').append(new Image())")

    assert [rule for rule, _, _ in violations(page)] == ["image-alt"]


def test_keyboard_alone_sends_and_verifies(page: Page) -> None:
    """From the skip link on: no mouse, and what has the focus is seen to have it."""
    phone = Phone(page)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the form")).to_be_in_viewport()
    page.keyboard.press("Enter")
    tab_to(page, "DestinationIdentity")
    page.keyboard.press("Control+A")
    page.keyboard.type("+12065550100")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab_to(page, "Send")
    page.keyboard.press("Enter")
    phone.expect_new_texts(1)
    tab_to(page, "Otp")
    page.keyboard.type(phone.code())
    page.keyboard.press("Enter")
    expect(phone.verified).to_contain_text("200, valid")
    tab_to(page, "the number opted out")
    page.keyboard.press("Space")

    expect(phone.said).to_contain_text("422, OptedOut")


@pytest.mark.parametrize("path", ["", "reference"])
def test_small_window_needs_no_sideways_scrolling(open_page: OpenPage, path: str) -> None:
    """360 pixels, with everything open that can be."""
    page = open_page(path, width=SMALL)
    if not path:
        used(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert page.evaluate("document.documentElement.scrollWidth") == SMALL


def test_small_window_sends_and_verifies_and_tells_a_screen_reader(open_page: OpenPage) -> None:
    """The whole way on 360 pixels; a status for what came of it, a log for the texts."""
    page = open_page(width=SMALL)
    phone = Phone(page)
    phone.send()
    phone.expect_new_texts(1)
    expect(page.get_by_role("status").filter(has_text="200, sent")).to_be_visible()
    expect(page.get_by_role("log", name="Texts, the newest last")).to_contain_text(phone.code())
    phone.verify(phone.code())

    expect(phone.verified).to_contain_text("200, valid")


def test_without_scripts_the_page_says_what_it_needs(open_page: OpenPage) -> None:
    """And the reference is readable."""
    page = open_page(java_script_enabled=False)
    expect(page.locator("#connection")).to_contain_text("needs JavaScript")
    page.get_by_role("link", name="API reference").click()

    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_no_browser_is_a_sentence_that_says_how_to_get_one(tmp_path: Path) -> None:
    """Of three systems, or by name."""
    from . import browser as machine  # noqa: PLC0415

    with pytest.raises(FileNotFoundError, match="apt-get install chromium"):
        machine.find({"PATH": str(tmp_path)})
