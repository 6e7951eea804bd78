"""Takes the pictures in the README: `make screenshots`, which names this file."""

import pytest
from playwright.sync_api import expect

from sandbox.state import ROOT

from .conftest import OpenPage
from .phone import Phone


@pytest.mark.parametrize(("scheme", "name"), [("light", "page.png"), ("dark", "page-dark.png")])
def test_picture_is_taken(open_page: OpenPage, scheme: str, name: str) -> None:
    """Of what one sees after a burst and a right code."""
    page = open_page(color_scheme=scheme)
    phone = Phone(page)
    phone.press("20 at once")
    expect(phone.said).to_contain_text("20 answers")
    phone.expect_new_texts(1)
    phone.verify(phone.code())
    expect(phone.verified).to_contain_text("200, valid")
    expect(page.get_by_label("Log lines")).to_contain_text("answered")
    page.evaluate("document.activeElement.blur()")

    page.screenshot(path=ROOT / "docs" / "images" / name)
