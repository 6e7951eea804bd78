"""The pictures in the README, which `make screenshots` takes.

A picture cannot be compared: its codes and times are new each time, and another machine has other
fonts. So each carries a digest of the files that make the page.
"""

import hashlib
import os
import struct
import zlib

import pytest
from playwright.sync_api import expect

from sandbox.state import ROOT

from .conftest import OpenPage
from .phone import Phone

PICTURES = ROOT / "docs" / "images"
PAGE = ROOT / "sandbox" / "page"

# The signature, and the first chunk, which is the header's 13 bytes with length, type and checksum:
# https://www.w3.org/TR/png-3/#5DataRep
AFTER_THE_HEADER = 8 + 4 + 4 + 13 + 4


def page_of_now() -> bytes:
    """The keyword of a picture, and a digest of the files of the page that is there now."""
    files = [*PAGE.rglob("phone.*"), *PAGE.rglob("*.js"), PAGE / "static" / "theme.css"]
    digested = hashlib.sha256()
    for file in sorted(set(files)):
        digested.update(hashlib.sha256(file.read_bytes()).digest())
    return b"page\0" + digested.hexdigest().encode()


def marked(png: bytes) -> bytes:
    """A picture that says of which page it is."""
    content = b"tEXt" + page_of_now()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return png[:AFTER_THE_HEADER] + chunk + png[AFTER_THE_HEADER:]


@pytest.mark.parametrize(("scheme", "name"), [("light", "page.png"), ("dark", "page-dark.png")])
def test_picture_in_the_readme_is_of_this_page(open_page: OpenPage, scheme: str, name: str) -> None:
    """What one sees after a burst and a right code; taken anew when it is asked for."""
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
        (PICTURES / name).write_bytes(marked(png))

    assert page_of_now() in (PICTURES / name).read_bytes(), "run `make screenshots`"
