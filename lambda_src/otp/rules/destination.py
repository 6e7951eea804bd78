"""Where a number is, and whether it may be texted.

A number's country code is not enough: +1 alone is 25 countries, told apart by area code.
"""

import phonenumbers

from ..contract.problems import DestinationNotAllowed
from ..settings import DestinationRules
from .phones import spelling_of_mobiles, spellings

# ISO 3166-1 leaves ZZ to its users, and CLDR uses it for "unknown or none".
NO_COUNTRY = "ZZ"

#: What libphonenumber calls otherwise. 001 is the world, for services that are of no country;
#: Ascension and Tristan da Cunha are of Saint Helena in ISO 3166-1, and so in `allowedCountries`.
ISO_3166 = {"001": NO_COUNTRY, "AC": "SH", "TA": "SH"}

# Those that a number can be of. UK, for one, is none: it is GB.
COUNTRIES = frozenset(ISO_3166.get(region, region) for region in phonenumbers.SUPPORTED_REGIONS)


# As libphonenumber calls them. All of North America reads "fixed line or mobile".
NUMBER_TYPES: dict[int, str] = {
    value: name
    for name, value in vars(phonenumbers.PhoneNumberType).items()
    if name.isupper() and name != "UNKNOWN"
}

# The numbers that play the sandbox's failures. 555-0100 to 555-0199 of every North American area
# code are set aside for fiction, and so nobody has them.
SANDBOX_NUMBERS = frozenset(f"+1206555{last:04}" for last in range(100, 112))


class Destinations:
    """The numbers that this deployment texts.

    Args:
        rules: the operator's.
        sandbox: whether this is the sandbox, whose reserved numbers play its failures.

    """

    def __init__(self, rules: DestinationRules, *, sandbox: bool = False) -> None:
        self._rules = rules
        self._sandbox = sandbox

    def warm_up(self) -> None:
        """Load what libphonenumber knows of the allowed countries, which it does one by one."""
        for allowed in self._rules.allowed_countries:
            example = phonenumbers.example_number_for_type(
                allowed, phonenumbers.PhoneNumberType.MOBILE
            )
            if example:
                country(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))

    def admit(self, number: str) -> str:
        """Find the country of a number that may be texted.

        Args:
            number: in E.164 format.

        Returns:
            Its country, as `country` does.

        Raises:
            DestinationNotAllowed: it may not.

        """
        if self.is_of_the_sandbox(number):
            return country(number)
        if number in SANDBOX_NUMBERS:
            raise DestinationNotAllowed("This number is for the sandbox; nobody has it.")
        if any(of.startswith(self._rules.blocked_prefixes) for of in spellings(number)):
            raise DestinationNotAllowed("Numbers that begin like this one are blocked.")
        parsed = phonenumbers.parse(number)
        if not phonenumbers.is_valid_number(parsed):
            raise DestinationNotAllowed("No numbering plan has such a number.")
        where = country(number)
        if where not in self._rules.allowed_countries:
            raise DestinationNotAllowed(
                "Numbers of this country are not texted." + spelling_of_mobiles(number)
            )
        if NUMBER_TYPES[phonenumbers.number_type(parsed)] not in self._rules.allowed_number_types:
            raise DestinationNotAllowed(
                "Numbers of this type are not texted." + spelling_of_mobiles(number)
            )
        return where

    def is_of_the_sandbox(self, number: str) -> bool:
        """Say whether this is the sandbox, and the number plays one of its failures."""
        return self._sandbox and number in SANDBOX_NUMBERS


def country(number: str) -> str:
    """Find the country of a number.

    Where two share even the ranges, as Morocco and Western Sahara do, it is always the same one.

    Args:
        number: in E.164 format, such as `+12065550100`. It need not be assigned to anybody.

    Returns:
        An ISO 3166-1 alpha-2 code, or `XK`, by which everybody calls Kosovo. `ZZ` where there is
        no country: satellite and international services such as +800, +870 and +883, and ranges
        that libphonenumber does not know. Never an error: what is no number is of no country.

    """
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return NO_COUNTRY
    if region is None:
        return NO_COUNTRY
    return ISO_3166.get(region, region)
