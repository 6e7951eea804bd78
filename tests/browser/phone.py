"""The page, as a person uses it."""

import json
import re
from typing import Any

from playwright.sync_api import Page, expect


class Phone:
    """The page of the phone, in a browser that has just opened it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.get_by_role("log", name="Texts, the newest last").get_by_role("listitem")
        # What came of the last request for a code, and of the last code, in a sentence.
        self.said = page.locator("#said")
        self.verified = page.locator("#verified")
        self.answer = page.get_by_label("The answer")
        # What the sandbox has texted so far is there then.
        expect(page.locator("#connection")).to_have_text("Connected")
        self.texts_before = self.texts.count()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def send(self) -> None:
        """Press Send, and see the answer and the text, whichever comes first."""
        before = self.texts.count()
        self.press("Send")
        expect(self.said).to_contain_text("200, sent")
        expect(self.texts).to_have_count(before + 1)

    def expect_new_texts(self, count: int) -> None:
        """See so many texts that were not there when the page was opened."""
        expect(self.texts).to_have_count(self.texts_before + count)

    def code(self) -> str:
        """Read the code in the newest text."""
        found = re.search(r"\b[0-9]{5,8}\b", self.texts.last.locator(".bubble").inner_text())
        assert found
        return found[0]

    def verify(self, code: str) -> None:
        """Type a code in."""
        self.page.get_by_label("Otp").fill(code)
        self.press("Verify")

    def body(self, label: str = "The signed request") -> dict[str, Any]:
        """Read the body of the request or of the answer that is shown."""
        message = self.page.get_by_role("region", name=label).inner_text()
        body: dict[str, Any] = json.loads(message.partition("\n\n")[2])
        return body
