"""Checks that a phone number is in E.164 format."""

import phonenumbers


def is_possible(number: str) -> bool:
    """Tell whether a number is in E.164 format, with a length that its numbering plan allows.

    libphonenumber also parses `+4401…`, with the zero for calls within the country. Were both
    accepted, one phone would have two of every limit.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_possible_number(parsed) and written == number
