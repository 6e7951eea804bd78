"""Where a number is.

A number's country code is not enough: +1 alone is 25 countries, told apart by area code.
"""

import phonenumbers

# ISO 3166-1 leaves ZZ to its users, and CLDR uses it for "unknown or none".
NO_COUNTRY = "ZZ"

# What libphonenumber calls otherwise. 001 is the world, for services that are of no country;
# Ascension and Tristan da Cunha are of Saint Helena in ISO 3166-1, and so in `allowedCountries`.
_ISO_3166 = {"001": NO_COUNTRY, "AC": "SH", "TA": "SH"}


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
    return _ISO_3166.get(region, region)
