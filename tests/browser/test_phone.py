"""The page of the phone, driven in a real browser against the deployed API."""

import json
import re
import urllib.parse
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.support.deployment import Deployment

from .conftest import OpenPage
from .phone import Phone

NUMBER = "+12065550100"


@pytest.fixture
def phone(page: Page) -> Phone:
    """The page, on which nothing was done yet."""
    return Phone(page)


def test_sent_text_appears_without_a_reload_and_its_code_is_verified(phone: Phone) -> None:
    """Send, read the phone, type a code in: the page stays the same one."""
    phone.page.evaluate("window.same = true")

    phone.send()
    phone.expect_new_texts(1)
    code = phone.code()

    # Pinpoint's false is shown as such, and is a 200.
    phone.verify("".join(str(9 - int(digit)) for digit in code))
    expect(phone.verified).to_contain_text("200, not valid")
    phone.verify(code)
    expect(phone.verified).to_contain_text("200, valid")
    assert phone.page.evaluate("window.same")


def test_code_of_an_older_text_can_be_verified(phone: Phone) -> None:
    """The button below a text says which one the code is of."""
    phone.send()
    phone.expect_new_texts(1)
    code = phone.code()
    phone.send()
    phone.expect_new_texts(2)

    phone.texts.nth(phone.texts_before).get_by_role("button", name="Verify this one").click()
    expect(phone.page.get_by_label("Otp")).to_be_focused()
    phone.verify(code)

    expect(phone.verified).to_contain_text("200, valid")


def test_same_reference_id_again_is_replayed_without_a_text(phone: Phone) -> None:
    """The second answer says so, in the header."""
    phone.send()
    phone.expect_new_texts(1)
    first = phone.asked()

    phone.press("Send the same ReferenceId again")

    expect(phone.said).to_contain_text("200, replayed")
    expect(phone.page.get_by_label("The answer")).to_contain_text("Idempotent-Replayed: true")
    assert phone.asked() == first
    phone.expect_new_texts(1)


def test_twenty_at_once_are_one_text(phone: Phone, deployment: Deployment) -> None:
    """One is sent, nineteen are replays or conflicts; a cell is drawn for each."""
    phone.press("20 at once")

    expect(phone.said).to_contain_text("20 answers, 1 sent")
    cells = phone.page.locator("#cells span")
    expect(cells).to_have_count(20)
    expect(phone.page.locator("#cells .sent")).to_have_count(1)
    others = phone.page.locator("#cells .replayed, #cells .InProgress")
    expect(others).to_have_count(19)
    phone.expect_new_texts(1)
    assert len(deployment.texts(phone.asked()["ReferenceId"])) == 1


def test_problem_is_what_the_caller_sees(phone: Phone) -> None:
    """Status, media type, code; and whether there is a text, the two sides of it at once."""
    phone.press("the number opted out")

    expect(phone.said).to_contain_text("422, OptedOut")
    answer = phone.page.get_by_label("The answer")
    expect(answer).to_contain_text("HTTP/1.1 422")
    expect(answer).to_contain_text("application/problem+json")
    assert phone.answered()["code"] == "OptedOut"
    phone.expect_new_texts(0)

    phone.press("it is texted, and cut off")

    expect(phone.said).to_contain_text("504, OutcomeUnknown")
    phone.expect_new_texts(1)


def test_all_eleven_fields_reach_pinpoint(phone: Phone, deployment: Deployment) -> None:
    """As they were typed; numbers as numbers."""
    fields = {
        "ReferenceId": "all-eleven-fields-of-the-page",
        "DestinationIdentity": NUMBER,
        "BrandName": "Café",
        "CodeLength": 8,
        "ValidityPeriod": 15,
        "OriginationIdentity": "+18555550142",
        "Channel": "SMS",
        "AllowedAttempts": 2,
        "Language": "es-ES",
        "EntityId": "1101456330000012345",
        "TemplateId": "1107160000000012345",
    }
    form = phone.page.locator("#send")
    phone.page.get_by_text("More fields").click()
    for name, value in fields.items():
        form.get_by_label(name, exact=True).fill(str(value))

    phone.send()

    phone.expect_new_texts(1)
    assert phone.asked() == fields
    query = urllib.parse.urlencode({"referenceId": fields["ReferenceId"]})
    with urllib.request.urlopen(f"{deployment.state.pinpointEndpoint}/requests?{query}") as answer:
        assert json.load(answer) == [fields]


def test_bad_field_is_sent_as_it_is_and_the_answer_names_it(phone: Phone) -> None:
    """The page judges nothing: the contract's own error is what one wants to see."""
    phone.page.get_by_label("CodeLength").fill("four")

    phone.press("Send")

    expect(phone.said).to_contain_text("400, InvalidRequest")
    assert phone.answered()["errors"][0]["pointer"] == "/CodeLength"


def test_request_is_shown_as_it_was_signed_and_its_log_lines_masked(
    phone: Phone, deployment: Deployment
) -> None:
    """With the API that is deployed; what the operator will have of it is no number and no code."""
    phone.send()
    phone.expect_new_texts(1)
    request = phone.page.get_by_label("The signed request")
    api = urllib.parse.urlsplit(deployment.state.apiUrl)
    expect(request).to_contain_text(f"POST {api.path}/otp HTTP/1.1\nHost: {api.netloc}\n")
    expect(request).to_contain_text("Authorization: AWS4-HMAC-SHA256 Credential=")
    request_id = next(
        line.partition(": ")[2]
        for line in phone.page.get_by_label("The answer").inner_text().splitlines()
        if line.lower().startswith("x-request-id: ")
    )

    log = phone.page.get_by_label("Log lines")

    expect(log).to_contain_text('"message": "answered"')
    expect(log).to_contain_text(request_id)
    expect(log).not_to_contain_text(NUMBER)
    # Alone, not within an ID or a time.
    assert phone.code() not in re.findall(r"(?<![\w.-])[0-9]+(?![\w.-])", log.inner_text())
    rows = phone.page.get_by_label("Metrics").locator("tbody tr")
    shown = [row.split("\t")[:2] for row in rows.all_inner_texts()]
    assert [one for one in shown if one in (["Texts", "1"], ["Requests", "1"])] == [
        ["Texts", "1"],
        ["Requests", "1"],
    ]


def test_earlier_exchange_is_shown_again(phone: Phone) -> None:
    """The newest is on top; each is a button."""
    phone.send()
    phone.expect_new_texts(1)
    first = phone.asked()
    phone.press("the number opted out")
    expect(phone.said).to_contain_text("422")

    requests = phone.page.get_by_role("list", name="Requests, the newest first")
    expect(requests.get_by_role("button")).to_have_count(2)
    requests.get_by_role("button").last.click()

    expect(phone.page.get_by_label("The answer")).to_contain_text("HTTP/1.1 200")
    assert phone.asked() == first


def test_page_says_when_the_sandbox_is_gone(open_page: OpenPage) -> None:
    """Rather than look as if no text came."""
    page = open_page("reference")
    page.route("**/events", lambda route: route.fulfill(status=204))

    page.goto(page.url.removesuffix("reference"))

    expect(page.locator("#connection")).to_contain_text("does not answer")
