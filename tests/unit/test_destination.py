"""The country of a number, and whether it may be texted."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import phonenumbers
import pytest

from infra.config.values import countries as read_countries
from lambda_src.otp.contract.problems import DestinationNotAllowed
from lambda_src.otp.rules.destination import NUMBER_TYPES, SANDBOX_NUMBERS, Destinations, country
from tests.support.service import SETTINGS, Service, request

TEXTED_TYPES = SETTINGS.destinations.allowed_number_types
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
ALL_COUNTRIES = replace(
    SETTINGS.destinations, allowed_countries=frozenset(REGIONS), blocked_prefixes=()
)
MOBILE = "+4915123456789"

SANDBOX = sorted(SANDBOX_NUMBERS)

#: By country; some share a country code, and ZZ is no country.
NUMBERS = {
    "US": ["+12065550100", "+18005550100"],
    "CA": ["+14165550100"],
    "JM": ["+18765550100"],
    "GB": ["+447400123456", "+447924123456"],
    "GG": ["+447781123456"],
    "IM": ["+447624123456"],
    "JE": ["+447797123456"],
    "XK": ["+38343123456"],
    "SH": ["+2476889", "+29081234"],  # Ascension and Tristan da Cunha, in ISO 3166-1
    "ZZ": [
        # International and satellite services, unassigned ranges, and invalid numbers.
        *("+80012345678", "+870301234567", "+881612345678", "+883510012345"),
        *("+19999999999", "+21021021021", "+999123456789", "+12", "not a number"),
    ],
}


@pytest.mark.parametrize("expected", NUMBERS)
def test_digits_tell_the_country_of_a_number(expected: str) -> None:
    """Also among countries that share a country code."""
    assert {country(number) for number in NUMBERS[expected]} == {expected}


def admitted(number: str, *, sandbox: bool = False, **changes: Any) -> bool:
    """Return whether a number may be texted if all countries are allowed, with these changes."""
    try:
        Destinations(replace(ALL_COUNTRIES, **changes), sandbox=sandbox).admit(number)
    except DestinationNotAllowed:
        return False
    return True


def examples() -> Iterator[tuple[str, str, str]]:
    """Yield libphonenumber's own example of each type of number of each country."""
    for region in REGIONS:
        for value, kind in sorted(NUMBER_TYPES.items()):
            example = phonenumbers.example_number_for_type(region, value)
            # Some plans share a range between two types: keep the type that the number has.
            if example and phonenumbers.number_type(example) == value:
                e164 = phonenumbers.PhoneNumberFormat.E164
                yield region, kind, phonenumbers.format_number(example, e164)


def test_a_number_of_the_worlds_plans_is_texted_if_its_type_gets_texts() -> None:
    """Only the number's own country matters. The configuration accepts every such country."""
    found = list(examples())
    countries = {country(number) for _, _, number in found}
    assert len(found) > 800
    assert len(countries) > 200
    assert set(read_countries(sorted(countries))) == countries
    assert {kind for _, kind, _ in found} == set(NUMBER_TYPES.values())
    for region, kind, number in found:
        where = country(number)
        texted = admitted(number, allowed_countries={where})
        assert texted == (kind in TEXTED_TYPES), (region, number)
        assert not admitted(number, allowed_countries={*REGIONS} - {where}), (region, number)


@pytest.mark.parametrize(
    ("number", "changes", "texted"),
    [
        ("+4930123456", {}, False),  # a landline
        (MOBILE, {"allowed_number_types": {"FIXED_LINE"}}, False),
        ("+4930123456", {"allowed_number_types": {"FIXED_LINE"}}, True),
        # Possible lengths, unassigned ranges.
        ("+19999999999", {}, False),
        ("+12061234567", {}, False),
        # A blocked prefix always wins, be it a country, a range or one number.
        (MOBILE, {"blocked_prefixes": ("+4916", "+1")}, True),
        *((MOBILE, {"blocked_prefixes": ("+1", of)}, False) for of in ("+49", "+49151234", MOBILE)),
        # The sandbox always allows its own numbers; nothing else ever does.
        *((number, {"sandbox": True, "allowed_countries": ()}, True) for number in SANDBOX),
        *((number, {}, False) for number in SANDBOX),
    ],
)
def test_country_type_and_prefix_decide_whether_a_number_is_texted(
    number: str, changes: dict[str, Any], *, texted: bool
) -> None:
    """Except for sandbox numbers, which depend on the sandbox alone."""
    assert len(SANDBOX_NUMBERS) == 12
    assert admitted(number, **changes) is texted


@pytest.mark.parametrize(
    ("number", "code"),
    [
        *(("+14165550111", None), ("+19005550111", "DestinationNotAllowed")),
        *(("+1206555010", "InvalidRequest"), ("+5215512345678", "InvalidRequest")),
    ],
)
def test_a_refused_number_gets_no_text_and_leaves_the_reference_id_free(
    service: Service, number: str, code: str | None
) -> None:
    """403 if a country's plan has such a number, 400 if none could have it."""
    asked = request(DestinationIdentity=number)
    answer = service.send(**asked)
    assert answer.code == code
    assert len(service.texts()) == (code is None)
    if code:
        assert number[1:] not in answer.body
        assert service.send(**asked | {"DestinationIdentity": "+12065550100"}).status == 200


def test_a_replay_stays_a_replay_when_the_settings_change(service: Service) -> None:
    """The record decides before the settings do, and defaults are not compared."""
    asked = request(DestinationIdentity="+14165550111")
    first = service.send(**asked)
    only_us = replace(SETTINGS.destinations, allowed_countries=frozenset({"US"}))
    service.start(destinations=only_us, brand_name="Other")
    assert service.send(**asked).body == first.body
    assert service.send(DestinationIdentity="+14165550111").code == "DestinationNotAllowed"


@pytest.mark.parametrize(
    ("setting", "field", "allowed", "other"),
    [
        ("allowed_brand_names", "BrandName", "Example, Inc.", "Phisher"),
        ("allowed_origination_identities", "OriginationIdentity", "+18555550142", "BANK"),
    ],
)
def test_an_operator_can_restrict_brands_and_senders(
    service: Service, setting: str, field: str, allowed: str, other: str
) -> None:
    """400 names the field. The deployment's own brand and sender stay the defaults."""
    service.start(**{setting: frozenset({allowed})})
    assert service.send().status == 200
    assert service.send(**{field: allowed}).status == 200
    answer = service.send(**{field: other})
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}"]
    assert other not in answer.body
    assert len(service.texts()) == 2
