"""Reads phone numbers and codes as people type or paste them. The service accepts one spelling.

Input that cannot be read is returned unchanged. The service refuses it with InvalidRequest and
names the field, so your page needs no check of its own. No attempt is used.
"""

import re
import unicodedata

# Five to eight digits that are not part of a longer number or of a word.
_CODE_IN_A_TEXT = re.compile(r"(?<![0-9A-Za-z])[0-9]{5,8}(?![0-9A-Za-z])")


def read_code(typed: str) -> str:
    """Read a code, such as `123 456`, or a whole text that contains exactly one.

    Digits of any script are read. Blanks, hyphens and marks between them are ignored.
    """
    plain = _plain(typed)
    if not any(map(str.isalpha, plain)):
        return _digits(plain) or typed
    codes = set(_CODE_IN_A_TEXT.findall(plain))
    return codes.pop() if len(codes) == 1 else typed


def read_phone_number(typed: str, country: str) -> str:
    """Read a phone number and return it in E.164 format: `+12065550100`.

    Needs libphonenumber, which the extra `phone` of this package installs.

    Args:
        typed: the number as it is dialled in the country, or with a country code. The country code
            follows `+` or `00`; without them, only the country's own is recognised.
        country: the person's country, an ISO 3166-1 code of two letters, such as `US`.

    Raises:
        ValueError: there is no such country.
        ImportError: libphonenumber is not installed.

    """
    import phonenumbers  # noqa: PLC0415 - callers who need only read_code do without

    country = country.upper()
    own_code = phonenumbers.country_code_for_region(country)
    if not own_code:
        # Do not quote it: if the arguments are in the wrong order, it is the number.
        raise ValueError("country must be an ISO 3166-1 code of two letters, such as US or GB.")
    plain = re.sub(r"^\W*tel:", "", _plain(typed), flags=re.IGNORECASE)
    digits = _digits(plain)
    if not digits or any(map(str.isalpha, plain)):
        return typed
    with_code = "+" + digits.removeprefix("00")
    if "+" in plain:
        spellings = [with_code]
    elif digits.startswith(("00", str(own_code))):
        spellings = [digits, with_code]
    else:
        spellings = [digits]
    numbers = []
    for spelling in spellings:
        try:
            number = phonenumbers.parse(spelling, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            numbers.append(number)
    if not numbers:
        return typed
    # If both spellings are possible, prefer a number that can get texts.
    texted = phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
    best = max(numbers, key=lambda number: phonenumbers.number_type(number) in texted)
    return phonenumbers.format_number(best, phonenumbers.PhoneNumberFormat.E164)


def _plain(typed: str) -> str:
    """Convert digits of all scripts to 0 to 9, and full-width characters to the usual ones."""
    characters = unicodedata.normalize("NFKC", typed)
    return "".join(str(unicodedata.decimal(character, character)) for character in characters)


def _digits(plain: str) -> str:
    return re.sub("[^0-9]", "", plain)
