"""Takes the README's pictures, for `make screenshots`."""

import pytest
from playwright.sync_api import Page, expect

from sandbox.state import ROOT

from .conftest import OpenPage
from .phone import Phone


def use(page: Page) -> None:
    """Send twenty requests at once, and verify the code of their one text."""
    phone = Phone(page)
    phone.press("20 at once")
    expect(phone.said).to_contain_text("20 answers")
    phone.expect_new_texts(1)
    phone.verify(phone.code())
    expect(phone.verified).to_contain_text("200, valid")
    expect(page.get_by_label("Log lines")).to_contain_text("answered")


@pytest.mark.parametrize(("scheme", "name"), [("light", "page.png"), ("dark", "page-dark.png")])
def test_picture_is_taken(open_page: OpenPage, scheme: str, name: str) -> None:
    """After a second use: the first one starts the functions, which takes a while."""
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    use(page)
    page.reload()
    use(page)
    page.evaluate("document.activeElement.blur()")

    page.screenshot(path=ROOT / "docs" / "images" / name)
