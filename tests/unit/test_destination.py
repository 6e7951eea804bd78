"""Which country a number is of, and whether it is texted."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import phonenumbers
import pytest
from hypothesis import given, settings

from infra.config.values import countries
from lambda_src.otp.contract.phone_number import is_possible
from lambda_src.otp.contract.problems import DestinationNotAllowed
from lambda_src.otp.rules.destination import NUMBER_TYPES, SANDBOX_NUMBERS, Destinations, country
from lambda_src.otp.settings import DestinationRules
from tests.support.service import Service, request

# What docs/configuration.md has as the default of allowedNumberTypes.
TEXTED_TYPES = {"MOBILE", "FIXED_LINE_OR_MOBILE", "VOIP", "PERSONAL_NUMBER"}


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


def rules(**changes: Any) -> DestinationRules:
    """Make rules that admit all of the world's mobile numbers, with these on top."""
    everything = DestinationRules(
        allowed_countries=frozenset(phonenumbers.SUPPORTED_REGIONS),
        allowed_number_types=frozenset(TEXTED_TYPES),
        blocked_prefixes=(),
        sandbox=False,
    )
    return replace(everything, **changes)


def admitted(number: str, **changes: Any) -> bool:
    """Say whether a number is texted under these rules."""
    try:
        Destinations(rules(**changes)).admit(number)
    except DestinationNotAllowed:
        return False
    return True


def examples() -> Iterator[tuple[str, str, str]]:
    """Give libphonenumber's own example of each type of number of each country."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for value, kind in sorted(NUMBER_TYPES.items()):
            example = phonenumbers.example_number_for_type(region, value)
            # Some plans have one range for two types: the number itself says which it is.
            if example and phonenumbers.number_type(example) == value:
                form = phonenumbers.PhoneNumberFormat.E164
                yield region, kind, phonenumbers.format_number(example, form)


EXAMPLES = list(examples())


@pytest.mark.parametrize("kind", sorted(NUMBER_TYPES.values()))
def test_a_number_of_the_worlds_plans_is_texted_if_its_type_gets_texts(kind: str) -> None:
    """Every country's example of this type, each admitted by its own country alone."""
    numbers = [(region, number) for region, one, number in EXAMPLES if one == kind]
    assert len(numbers) >= 5
    for region, number in numbers:
        where = country(number)
        texted = admitted(number, allowed_countries=frozenset({where}))
        assert texted == (kind in TEXTED_TYPES), (region, number)
        elsewhere = frozenset(phonenumbers.SUPPORTED_REGIONS - {where})
        assert not admitted(number, allowed_countries=elsewhere), (region, number)


def test_the_worlds_plans_are_in_the_test() -> None:
    """Hundreds of numbers of more than two hundred countries and all types."""
    assert len(EXAMPLES) > 800
    assert len({region for region, _, _ in EXAMPLES}) > 200
    assert {kind for _, kind, _ in EXAMPLES} == set(NUMBER_TYPES.values())


def test_an_operator_may_allow_another_type() -> None:
    """And take one away."""
    landline, mobile = "+4930123456", "+4915123456789"
    assert (admitted(landline), admitted(mobile)) == (False, True)
    only = {"allowed_number_types": frozenset({"FIXED_LINE"})}
    assert (admitted(landline, **only), admitted(mobile, **only)) == (True, False)


def test_a_number_that_no_plan_has_is_not_texted() -> None:
    """Its length is possible, its range is nobody's."""
    assert not admitted("+19999999999")
    assert not admitted("+12061234567")


def test_a_blocked_prefix_is_on_top_of_everything() -> None:
    """A country, a range or one number."""
    assert admitted("+4915123456789", blocked_prefixes=("+4916", "+1"))
    for prefix in ("+49", "+49151234", "+4915123456789"):
        assert not admitted("+4915123456789", blocked_prefixes=("+1900", prefix))


def test_sandbox_numbers_are_for_the_sandbox() -> None:
    """There, whatever else is allowed; nowhere else, whatever is."""
    assert len(SANDBOX_NUMBERS) == 11
    for number in SANDBOX_NUMBERS:
        assert admitted(number, sandbox=True, allowed_countries=frozenset({"DE"}))
        assert not admitted(number)


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("+18765550100", 403, "DestinationNotAllowed"),  # Jamaica
        ("+14165550111", 200, None),  # Canada
        ("+12065550111", 200, None),  # the United States
        ("+19005550111", 403, "DestinationNotAllowed"),  # a blocked prefix
        ("+18005550111", 403, "DestinationNotAllowed"),  # toll-free
        ("+4930123456", 403, "DestinationNotAllowed"),  # a landline
        ("+1206555010", 400, "InvalidRequest"),
    ],
)
def test_what_is_not_allowed_is_a_problem_and_texts_nobody(
    service: Service, number: str, status: int, code: str | None
) -> None:
    """403, where a plan has such a number; 400 where none could. The ReferenceId is free."""
    asked = request(DestinationIdentity=number)
    answer = service.post(json.dumps(asked))
    assert (answer.status, answer.code) == (status, code)
    assert len(service.texts()) == (status == 200)
    if status != 200:
        assert number[1:] not in answer.body
        another = service.post(json.dumps(asked | {"DestinationIdentity": "+12065550100"}))
        assert another.status == 200


@pytest.mark.parametrize(
    "number",
    ["+112062011234", "+4407400123456", "+49015123456789", "+61041234567", "+390612345678"],
)
def test_a_phone_has_one_number(number: str) -> None:
    """The prefix that is dialled at home is none of it, or a phone would have two of each limit.

    But in Italy, where the zero is a part of the number.
    """
    assert is_possible(number) == number.startswith("+39")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_number_with_the_prefix_of_home_is_another_number_or_none(region: str) -> None:
    """Of every country: it is refused, or it does not lead to the phone without the prefix."""
    example = phonenumbers.example_number(region)
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefix = plan.national_prefix if plan else None
    if not example or not prefix:
        return
    form = phonenumbers.PhoneNumberFormat.E164
    number = phonenumbers.format_number(example, form)
    code = f"+{example.country_code}"
    prefixed = f"{code}{prefix}{number.removeprefix(code)}"
    assert is_possible(number)
    if is_possible(prefixed):
        assert phonenumbers.parse(prefixed) != phonenumbers.parse(number)


def test_a_replay_stays_a_replay_when_a_country_is_not_allowed_any_more(service: Service) -> None:
    """What its record says comes first."""
    asked = json.dumps(request(DestinationIdentity="+14165550111"))
    first = service.post(asked)
    service.start(destinations=rules(allowed_countries=frozenset({"US"})))
    assert service.post(asked).body == first.body
    assert service.send(DestinationIdentity="+14165550111").status == 403


@pytest.mark.parametrize(
    ("field", "allowed", "other"),
    [("BrandName", "Example, Inc.", "Phisher"), ("OriginationIdentity", "+18555550142", "BANK")],
)
def test_a_caller_may_be_left_few_brands_and_senders(
    service: Service, field: str, allowed: str, other: str
) -> None:
    """400, naming the field; the deployment's own are used all the same where none is named."""
    attribute = {
        "BrandName": "allowed_brand_names",
        "OriginationIdentity": "allowed_origination_identities",
    }[field]
    service.start(**{attribute: frozenset({allowed})})

    assert service.send().status == 200
    assert service.send(**{field: allowed}).status == 200
    answer = service.send(**{field: other})
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}"]
    assert other not in answer.body
    assert len(service.texts()) == 2
