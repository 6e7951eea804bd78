"""The country of a number, and whether the number may be texted.

A number's country code is not enough: +1 alone is 25 countries, told apart by area code.
"""

import phonenumbers

from ..contract.problems import DestinationNotAllowed
from ..settings import DestinationRules
from .phones import spelling_of_mobiles, spellings

# ISO 3166-1 leaves ZZ to its users, and CLDR uses it for "unknown or none".
NO_COUNTRY = "ZZ"

#: Regions that libphonenumber names differently. 001 is for services without a country; Ascension
#: and Tristan da Cunha belong to Saint Helena in ISO 3166-1, and so in `allowedCountries`.
ISO_3166 = {"001": NO_COUNTRY, "AC": "SH", "TA": "SH"}

# The countries that a number can have. UK is not one of them: it is GB.
COUNTRIES = frozenset(ISO_3166.get(region, region) for region in phonenumbers.SUPPORTED_REGIONS)


# As libphonenumber calls them. All of North America reads "fixed line or mobile".
NUMBER_TYPES: dict[int, str] = {
    value: name
    for name, value in vars(phonenumbers.PhoneNumberType).items()
    if name.isupper() and name != "UNKNOWN"
}

# The numbers that trigger the sandbox's failures. 555-0100 to 555-0199 of every North American area
# code are reserved for fiction, so they have no subscribers.
SANDBOX_NUMBERS = frozenset(f"+1206555{last:04}" for last in range(100, 112))


class Destinations:
    """The numbers that this deployment texts.

    Args:
        rules: the operator's.
        sandbox: whether this is the sandbox, where `SANDBOX_NUMBERS` are texted.

    """

    def __init__(self, rules: DestinationRules, *, sandbox: bool = False) -> None:
        self._rules = rules
        self._sandbox = sandbox

    def warm_up(self) -> None:
        """Load libphonenumber's data for the allowed countries, which it loads one by one."""
        for allowed in self._rules.allowed_countries:
            example = phonenumbers.example_number_for_type(
                allowed, phonenumbers.PhoneNumberType.MOBILE
            )
            if example:
                country(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))

    def admit(self, number: str) -> str:
        """Return the country of a number that may be texted.

        Args:
            number: in E.164 format.

        Returns:
            Its country, as from `country`.

        Raises:
            DestinationNotAllowed: it may not.

        """
        if self.is_of_the_sandbox(number):
            return country(number)
        if number in SANDBOX_NUMBERS:
            raise DestinationNotAllowed("This number is reserved for the sandbox.")
        if any(of.startswith(self._rules.blocked_prefixes) for of in spellings(number)):
            raise DestinationNotAllowed("Numbers with this prefix are blocked.")
        parsed = phonenumbers.parse(number)
        if not phonenumbers.is_valid_number(parsed):
            raise DestinationNotAllowed("This number is in no numbering plan.")
        where = country(number)
        if where not in self._rules.allowed_countries:
            raise DestinationNotAllowed(
                "Texts to this country are not allowed." + spelling_of_mobiles(number)
            )
        if NUMBER_TYPES[phonenumbers.number_type(parsed)] not in self._rules.allowed_number_types:
            raise DestinationNotAllowed(
                "Texts to this type of number are not allowed." + spelling_of_mobiles(number)
            )
        return where

    def is_of_the_sandbox(self, number: str) -> bool:
        """Tell whether this is the sandbox, and the number triggers one of its failures."""
        return self._sandbox and number in SANDBOX_NUMBERS


def country(number: str) -> str:
    """Return the country of a number.

    If two countries share their ranges, as Morocco and Western Sahara do, it is always the same.

    Args:
        number: in E.164 format, such as `+12065550100`. It need not be assigned to anybody.

    Returns:
        An ISO 3166-1 alpha-2 code, or `XK`, the usual code for Kosovo. `ZZ` if there is no country:
        satellite and international services such as +800, +870 and +883, ranges that libphonenumber
        does not know, and text that is not a number.

    """
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return NO_COUNTRY
    if region is None:
        return NO_COUNTRY
    return ISO_3166.get(region, region)
