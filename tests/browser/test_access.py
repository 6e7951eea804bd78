"""The page is accessible: by keyboard, with a screen reader, and in a small window."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.state import ROOT

from .conftest import OpenPage
from .phone import Phone

AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text()


def violations(page: Page) -> list[tuple[str, str, list[Any]]]:
    """Return axe-core's findings: rule, impact and place."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run()")["violations"]
    return [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found]


def use(page: Page) -> None:
    """Fill every part of the page."""
    phone = Phone(page)
    phone.press("20 at once")
    expect(phone.said).to_contain_text("20 answers")
    phone.press("the number opted out")
    expect(phone.said).to_contain_text("422")
    phone.verify("000000")
    expect(phone.verified).to_contain_text("200")
    expect(page.get_by_label("Log lines")).to_be_visible()


@pytest.mark.parametrize("path", ["", "reference"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light")])
def test_axe_finds_nothing(open_page: OpenPage, path: str, width: int, scheme: str) -> None:
    """Just opened, and with everything open and used; without sideways scrolling."""
    page = open_page(path, width=width, color_scheme=scheme, reduced_motion="reduce")
    if not path:
        Phone(page)
        assert violations(page) == []
        use(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this name has the focus."""
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


def test_keyboard_alone_sends_and_verifies(page: Page) -> None:
    """From the skip link on. The focus is visible."""
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
