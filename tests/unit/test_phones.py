"""A phone has one count in every spelling of its number; a block is never a whole country."""

import hashlib
from dataclasses import replace
from typing import Any

import phonenumbers
import pytest

from lambda_src.otp.rules.destination import COUNTRIES, NUMBER_TYPES
from lambda_src.otp.rules.phones import block, counted_by, spellings
from tests.support.service import NO_LIMITS, SETTINGS, TABLE, Service

E164 = phonenumbers.PhoneNumberFormat.E164
EVERYWHERE = replace(
    SETTINGS.destinations,
    allowed_countries=COUNTRIES,
    allowed_number_types=frozenset(NUMBER_TYPES.values()),
    blocked_prefixes=(),
)
BY_DEFAULT = SETTINGS.destinations.allowed_number_types

#: The spellings of one phone's number; the first is the one that is counted.
ONE_PHONE = {
    "Argentina": ["+5491145678901", "+541145678901"],
    "Argentina, elsewhere": ["+5492966456789", "+542966456789"],
    "Gabon": ["+24166031234", "+24106031234", "+2416031234"],
    "Gabon, the other operator": ["+24174031234", "+24104031234", "+2414031234"],
    "Gabon, a landline": ["+24111441234", "+24101441234"],
    "Palestine": ["+970599123456", "+972599123456"],
    "Palestine, a landline": ["+97022234567", "+97222234567"],
    "Kosovo": ["+38344123456", "+37744123456"],
}

#: Two subscribers whose numbers are alike.
TWO_PHONES = [
    ("+551123456789", "+5511923456789"),  # Brazil: a landline and a mobile
    ("+551171234567", "+5511971234567"),
    ("+24166031234", "+24162031234"),
    ("+972502345678", "+970592345678"),
    ("+972599123456", "+972569123456"),
    ("+390669812345", "+39066981234"),
    ("+525512345678", "+525512345679"),
]


def limit(service: Service, **limits: Any) -> None:
    """Restart the function with these limits, where every number may be texted."""
    service.start(limits=replace(NO_LIMITS, **limits), destinations=EVERYWHERE)


def statuses(service: Service, *to: str) -> list[int]:
    """Request a text to each number; return the statuses."""
    return [service.send(DestinationIdentity=number).status for number in to]


def examples() -> dict[str, list[str]]:
    """Return libphonenumber's own example of each type of number, by region."""
    found = {
        region: [phonenumbers.example_number_for_type(region, kind) for kind in NUMBER_TYPES]
        for region in phonenumbers.SUPPORTED_REGIONS
    }
    return {
        region: sorted({phonenumbers.format_number(of, E164) for of in each if of})
        for region, each in found.items()
    }


def is_valid(number: str) -> bool:
    """Return whether this is a valid number, as E.164 writes it."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, E164)
    return phonenumbers.is_valid_number(parsed) and written == number


@pytest.mark.parametrize("numbers", ONE_PHONE.values(), ids=ONE_PHONE)
def test_a_phone_has_one_count_in_every_spelling(service: Service, numbers: list[str]) -> None:
    """For each limit on numbers. The text goes to the number that the caller wrote."""
    for limits in ({"destination_per_day": 1}, {"destination_interval_seconds": 30}):
        for first in numbers:
            limit(service, **limits)
            assert statuses(service, first) == [200]
            assert service.requests()[-1]["DestinationIdentity"] == first
            assert statuses(service, *numbers) == [429] * len(numbers)
            for item in service.items():
                service.delete(item["id"])


@pytest.mark.parametrize(("one", "other"), TWO_PHONES)
def test_two_subscribers_share_no_count(service: Service, one: str, other: str) -> None:
    """The same digits with a prefix may be a landline and a mobile."""
    limit(service, destination_per_day=1)
    assert counted_by(one) != counted_by(other)
    assert statuses(service, one, other, one) == [200, 200, 429]


def test_no_other_numbers_of_the_worlds_plans_are_one_phone() -> None:
    """Elsewhere than in Argentina, one more digit makes another phone."""
    everything = {number for numbers in examples().values() for number in numbers}
    assert len(everything) > 800
    assert len({counted_by(number) for number in everything}) == len(everything) - 1
    merged = set()
    for region, numbers in examples().items():
        code = f"+{phonenumbers.country_code_for_region(region)}"
        longer = {number.replace(code, f"{code}{of}", 1) for number in numbers for of in range(10)}
        alike = {*numbers, *filter(is_valid, longer)}
        if len({counted_by(number) for number in alike}) < len(alike):
            merged.add(region)
    assert merged == {"AR"}


@pytest.mark.parametrize("blocked", ["+549114567", "+54114567", "+5491145678901", "+541145678901"])
def test_a_blocked_phone_is_blocked_in_each_spelling(service: Service, blocked: str) -> None:
    """Otherwise, the other spelling would evade the block."""
    service.start(destinations=replace(EVERYWHERE, blocked_prefixes=(blocked,)))
    assert statuses(service, *ONE_PHONE["Argentina"]) == [403, 403]
    assert statuses(service, "+5491155678901", "+541155678901") == [200, 200]


@pytest.mark.parametrize(
    ("number", "countries", "said"),
    [
        ("+541145678901", {"AR"}, "not allowed. A mobile in Argentina is written +54 9, "),
        ("+24101441234", {"GA"}, "not allowed. A mobile in Gabon is written +241 and "),
        ("+972599123456", {"PS"}, "not allowed. A mobile in Palestine is written +970 "),
        ("+37744123456", {"XK"}, "not allowed. A mobile in Kosovo is written +383 4 "),
        ("+551123456789", {"BR"}, "Texts to this type of number are not allowed."),
    ],
)
def test_a_refused_spelling_is_told_how_a_mobile_is_written(
    service: Service, number: str, countries: set[str], said: str
) -> None:
    """Only where the same phone has another spelling, which may be allowed."""
    here = replace(EVERYWHERE, allowed_countries=frozenset(countries))
    service.start(destinations=replace(here, allowed_number_types=BY_DEFAULT))
    answer = service.send(DestinationIdentity=number)
    assert (answer.status, answer.code) == (403, "DestinationNotAllowed")
    assert said in answer.json()["detail"]
    assert answer.json()["detail"].count(".") == said.count(".") + (not said.endswith("."))


@pytest.mark.parametrize(
    ("number", "same", "other"),
    [
        ("+12062010000", "+12062019999", "+12062020000"),
        ("+3546111234", "+3546119999", "+3546121234"),  # seven digits
        ("+376312345", "+376312999", "+376313345"),  # six: Andorra
        ("+29051234", "+29051999", "+29052234"),  # five: Saint Helena
        ("+6907290", "+6907299", "+6907390"),  # four: Tokelau
        ("+5491145678901", "+541145679999", "+541145688901"),  # in the spelling that is counted
    ],
)
def test_a_block_is_half_of_the_number_and_at_most_four_digits(
    service: Service, number: str, same: str, other: str
) -> None:
    """Where numbers have four or five digits, the last four would be the whole country."""
    limit(service, block_per_hour=1)
    assert statuses(service, number, same, other) == [200, 429, 200]
    assert statuses(service, other) == [429]


@pytest.mark.parametrize(
    ("number", "goes_on"),
    [
        *(("+12062010001", True), ("+4915123456789", True), ("+3546111234", True)),
        *(("+5491145678901", True), ("+24166031234", True), ("+970599123456", True)),
        # Another spelling is counted, or the block is smaller.
        *(("+541145678901", False), ("+24106031234", False), ("+972599123456", False)),
        *(("+37744123456", False), ("+29051234", False), ("+376312345", False)),
    ],
)
def test_counts_of_the_last_release_go_on(service: Service, number: str, *, goes_on: bool) -> None:
    """It counted all but the last four digits of any spelling, which is the same for most."""
    limit(service, destination_per_day=10, block_per_hour=20)
    digest = hashlib.sha256(number[:-4].encode()).hexdigest()
    counted = {
        "id": {"S": f"limit#number#{digest}#2099-11-27"},  # the clock's day
        number[-4:]: {"N": "10"},
    }
    service.table.put_item(TableName=TABLE, Item=counted)
    assert statuses(service, number) == [429 if goes_on else 200]


def test_keys_change_only_with_the_spelling_or_the_block() -> None:
    """Checked for libphonenumber's example of every type of number."""
    for number in {number for numbers in examples().values() for number in numbers}:
        national = phonenumbers.national_significant_number(phonenumbers.parse(number))
        kept = len(national) > 6 and number == next(spellings(number))
        assert (block(counted_by(number)) == (number[:-4], number[-4:])) == kept, number
