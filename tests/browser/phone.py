"""The page, as a person uses it."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect


class Phone:
    """The page of the phone, just opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.get_by_role("log", name="Texts, the newest last").get_by_role("listitem")
        # One sentence each about the last request for a code, and about the last code.
        self.said = page.locator("#said")
        self.verified = page.locator("#verified")
        self.answer = page.get_by_label("The answer")
        # Then the earlier texts of the sandbox are on the page.
        expect(page.locator("#connection")).to_have_text("Connected")
        self.texts_before = self.texts.count()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def send(self) -> None:
        """Press Send; wait for the answer and the text, in either order."""
        before = self.texts.count()
        self.press("Send")
        expect(self.said).to_contain_text("200, sent")
        expect(self.texts).to_have_count(before + 1)

    def expect_new_texts(self, count: int) -> None:
        """Expect so many texts since the page was opened."""
        expect(self.texts).to_have_count(self.texts_before + count)

    def code(self) -> str:
        """Return the code in the newest text."""
        found = re.search(r"\b[0-9]{5,8}\b", self.texts.last.locator(".bubble").inner_text())
        assert found
        return found[0]

    def verify(self, code: str) -> None:
        """Type a code in."""
        self.page.get_by_label("Otp").fill(code)
        self.press("Verify")

    def body(self, label: str = "The signed request") -> dict[str, Any]:
        """Return the body of the request or of the answer that is shown."""
        message = self.page.get_by_role("region", name=label).inner_text()
        body: dict[str, Any] = json.loads(message.partition("\n\n")[2])
        return body
