"""What the function logs, and what it never logs."""

import re

from lambda_src.otp.runtime.masking import mask
from tests.support.service import NUMBER, Service


def test_a_request_is_one_structured_line(service: Service) -> None:
    """With the answer's status and code, and the IDs that lead to it."""
    answer = service.send(ReferenceId="order-1")

    [line] = service.log_lines()
    assert line["correlation_id"] == answer.headers["X-Request-Id"]
    assert line["function_request_id"]
    assert line["service"] == "otp-send"
    assert line["reference_id"] == "order-1"
    assert line["destination"] == "+*********00"
    assert (line["status"], line["code"], line["replayed"]) == (200, "OK", False)


def test_one_requests_keys_do_not_reach_the_next_ones_line(service: Service) -> None:
    """A bad request has no ReferenceId to log."""
    service.send(ReferenceId="first")
    service.post("{}")

    assert "reference_id" not in service.log_lines()[-1]


def test_no_line_holds_a_phone_number_or_a_code(service: Service) -> None:
    """For every reserved destination, and a ReferenceId that is a phone number itself."""
    for last in range(100, 111):
        service.send(DestinationIdentity=f"+12065550{last}", ReferenceId=f"ref-12065550{last}")

    log = service.log()
    assert len(log.splitlines()) >= 11
    assert not re.search(r"2065550", log)
    codes = [match[0] for text in service.texts() if (match := re.search(r"\d{6}", text))]
    assert codes
    assert not [code for code in codes if re.search(rf"(?<![\w-]){code}(?![\w-])", log)]


def test_a_traceback_is_masked_too(service: Service) -> None:
    """An exception's text may hold anything."""
    service.fail("before-call.pinpoint.SendOTPMessage", LookupError(NUMBER))

    service.send()

    assert "LookupError" in service.log()
    assert NUMBER not in service.log()
    assert NUMBER[1:] not in service.log()


def test_masking_keeps_the_last_two_digits_of_seven_or_more() -> None:
    """Shorter numbers, such as a CodeLength or a year, stay readable."""
    assert mask("+12065550100 in 2026, 123456 and 1234567") == (
        "+*********00 in 2026, 123456 and *****67"
    )
