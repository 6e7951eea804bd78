"""Which country a number is of."""

import re

import hypothesis.strategies as st
import phonenumbers
import pytest
from hypothesis import given, settings

from infra.keys import countries
from lambda_src.otp.destination import country


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+12065550100", "US"),
        ("+18005550100", "US"),
        ("+14165550100", "CA"),
        ("+17875550100", "PR"),
        ("+18095550100", "DO"),
        ("+18765550100", "JM"),
        ("+4915112345678", "DE"),
        ("+447400123456", "GB"),
        ("+447781123456", "GG"),
        ("+79012345678", "RU"),
        ("+77012345678", "KZ"),
        ("+38343123456", "XK"),
    ],
)
def test_a_number_is_of_the_country_that_its_digits_say(number: str, expected: str) -> None:
    """Countries that share a country code are told apart."""
    assert country(number) == expected


@pytest.mark.parametrize("number", ["+2476889", "+29081234"])
def test_an_island_that_is_no_country_is_of_its_country(number: str) -> None:
    """Ascension and Tristan da Cunha are SH, Saint Helena, in ISO 3166-1."""
    assert country(number) == "SH"


@pytest.mark.parametrize(
    "number",
    [
        "+80012345678",
        "+870301234567",
        "+881612345678",
        "+883510012345",
        "+19999999999",
        "+21021021021",
        "+999123456789",
        "+12",
        "not a number",
    ],
)
def test_a_number_of_no_country_is_zz(number: str) -> None:
    """International and satellite services, ranges that are nobody's, and no numbers at all."""
    assert country(number) == "ZZ"


@given(st.from_regex(r"\+[1-9][0-9]{1,14}", fullmatch=True))
@settings(derandomize=True, max_examples=500, deadline=None)
def test_every_number_that_a_request_may_hold_is_of_a_country_or_none(number: str) -> None:
    """Two capital letters; never an error."""
    assert re.fullmatch("[A-Z]{2}", country(number))


def test_every_country_that_can_be_found_can_be_allowed() -> None:
    """The configuration takes the same codes."""
    examples = [phonenumbers.example_number(region) for region in phonenumbers.SUPPORTED_REGIONS]
    found = {
        country(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
        for example in examples
        if example
    }
    assert len(found) > 200

    assert set(countries(sorted(found))) == found
