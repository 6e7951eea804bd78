"""The pictures in the README, which `make screenshots` takes."""

import os

import pytest
from playwright.sync_api import expect

from . import picture
from .conftest import OpenPage
from .phone import Phone


@pytest.mark.parametrize(("scheme", "name"), [("light", "page.png"), ("dark", "page-dark.png")])
def test_picture_in_the_readme_is_of_this_page(open_page: OpenPage, scheme: str, name: str) -> None:
    """What one sees after a burst, a refusal and a right code; taken anew when it is asked for."""
    page = open_page(color_scheme=scheme)
    phone = Phone(page)
    phone.press("20 at once")
    expect(phone.said).to_contain_text("20 answers")
    phone.expect_new_texts(1)
    phone.verify(phone.code())
    expect(phone.verified).to_contain_text("200, valid")
    expect(page.get_by_label("Log lines")).to_contain_text("answered")
    page.evaluate("document.activeElement.blur()")
    png = page.screenshot()

    if os.environ.get("SCREENSHOTS"):
        picture.write(picture.FOLDER / name, png)

    assert picture.shows_the_page_of_now(picture.FOLDER / name), "run `make screenshots`"
