"""The page of the phone, in a real browser against the deployed API."""

import functools
import re
import urllib.parse

import pytest
from playwright.sync_api import Page, expect

from tests.support.deployment import Deployment

from .phone import Phone

NUMBER = "+12065550100"


@pytest.fixture
def phone(page: Page) -> Phone:
    """Open the page."""
    return Phone(page)


def test_a_text_appears_without_a_reload_and_its_code_is_verified(phone: Phone) -> None:
    """The button below an older text fills in the ReferenceId of its code."""
    phone.page.evaluate("window.same = true")

    phone.send()
    expect(phone.page.get_by_role("status").filter(has_text="200, sent")).to_be_visible()
    code = phone.code()
    # A wrong code is an answer: 200 with false.
    phone.verify("".join(str(9 - int(digit)) for digit in code))
    expect(phone.verified).to_contain_text("200, not valid")
    phone.send()

    phone.texts.nth(phone.texts_before).get_by_role("button", name="Verify this one").click()
    expect(phone.page.get_by_label("Otp")).to_be_focused()
    phone.verify(code)
    expect(phone.verified).to_contain_text("200, valid")
    assert phone.page.evaluate("window.same")


@pytest.mark.parametrize(("button", "said"), [("Send", "200, sent"), ("20 at once", "20 answers")])
def test_sending_and_verifying_need_no_scrolling(phone: Phone, button: str, said: str) -> None:
    """At 1280 by 800, both buttons, the text and both results are in view."""
    named = functools.partial(phone.page.get_by_role, "button", exact=True)
    phone.press(button)
    expect(phone.said).to_contain_text(said)
    phone.expect_new_texts(1)
    phone.verify(phone.code())
    expect(phone.verified).to_contain_text("200, valid")

    bubble = phone.texts.last.locator(".bubble")
    for part in (named(name=button), phone.said, bubble, named(name="Verify"), phone.verified):
        expect(part).to_be_in_viewport(ratio=1)
    assert phone.page.evaluate("scrollY") == 0


def test_a_repeat_is_replayed_and_twenty_at_once_are_one_text(phone: Phone) -> None:
    """The page shows the header of the replay, and each of the twenty answers."""
    phone.send()
    first = phone.body()

    phone.press("Repeat")

    expect(phone.said).to_contain_text("200, replayed")
    expect(phone.answer).to_contain_text("Idempotent-Replayed: true")
    assert phone.body() == first
    phone.expect_new_texts(1)

    phone.press("20 at once")

    expect(phone.said).to_contain_text("20 answers, 1 sent")
    expect(phone.page.locator("#cells .replayed, #cells .InProgress")).to_have_count(19)
    phone.expect_new_texts(2)


def test_problems_are_shown_as_callers_see_them_and_can_be_shown_again(phone: Phone) -> None:
    """A bad value of a field is sent unchanged."""
    phone.press("the number opted out")
    expect(phone.said).to_contain_text("422, OptedOut")
    refused = phone.body()
    phone.expect_new_texts(0)

    phone.press("Pinpoint texts, but hangs up")
    expect(phone.said).to_contain_text("504, OutcomeUnknown")
    phone.expect_new_texts(1)

    phone.page.get_by_text("More fields").click()
    phone.page.get_by_label("CodeLength").fill("four")
    phone.press("Send")
    expect(phone.said).to_contain_text("400, InvalidRequest")
    assert phone.body("The answer")["errors"][0]["pointer"] == "/CodeLength"

    requests = phone.page.get_by_role("list", name="Requests, the newest first")
    expect(requests.get_by_role("button")).to_have_count(3)
    requests.get_by_role("button").last.click()
    expect(phone.answer).to_contain_text("HTTP/1.1 422")
    expect(phone.answer).to_contain_text("application/problem+json")
    assert (phone.body("The answer")["code"], phone.body()) == ("OptedOut", refused)


def test_signed_request_and_masked_log_are_shown(phone: Phone, deployment: Deployment) -> None:
    """The operator's log shows neither the number nor the code."""
    phone.send()
    request = phone.page.get_by_label("The signed request")
    api = urllib.parse.urlsplit(deployment.state.apiUrl)
    expect(request).to_contain_text(f"POST {api.path}/otp HTTP/1.1\nHost: {api.netloc}\n")
    expect(request).to_contain_text("Authorization: AWS4-HMAC-SHA256 Credential=")
    request_id = re.search(r"(?im)^x-request-id: (.*)$", phone.answer.inner_text())
    assert request_id

    log = phone.page.get_by_label("Log lines")

    expect(log).to_contain_text('"message": "answered"')
    expect(log).to_contain_text(request_id[1])
    expect(log).not_to_contain_text(NUMBER)
    # Digits on their own, not in an ID or a time.
    assert phone.code() not in re.findall(r"(?<![\w.-])[0-9]+(?![\w.-])", log.inner_text())
    assert "Texts\t1" in "".join(phone.page.get_by_label("Metrics").all_inner_texts())
