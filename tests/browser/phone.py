"""The page, as a person uses it."""

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, expect


class Phone:
    """The page of the phone.

    Args:
        page: in a browser, which has just opened it.

    """

    def __init__(self, page: Page) -> None:
        self.page = page
        # What the sandbox has texted so far is there then.
        expect(page.locator("#connection")).to_have_text("Connected")
        self.texts_before = self.texts.count()

    @property
    def texts(self) -> Locator:
        """The texts on the phone."""
        return self.page.get_by_role("log").get_by_role("listitem")

    @property
    def said(self) -> Locator:
        """What came of the last request for a code, in a sentence."""
        return self.page.locator("#said")

    @property
    def verified(self) -> Locator:
        """What came of the last code, in a sentence."""
        return self.page.locator("#verified")

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def send(self) -> None:
        """Press Send, and see the answer; the text may come a little earlier or later."""
        self.press("Send")
        expect(self.said).to_contain_text("200, sent")

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

    def asked(self) -> dict[str, Any]:
        """Read the body of the request that is shown."""
        return self._body("The signed request")

    def answered(self) -> dict[str, Any]:
        """Read the body of the answer that is shown."""
        return self._body("The answer")

    def _body(self, label: str) -> dict[str, Any]:
        message = self.page.get_by_role("region", name=label).inner_text()
        body: dict[str, Any] = json.loads(message.partition("\n\n")[2])
        return body
