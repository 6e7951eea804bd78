"""Phone numbers as E.164 writes them."""

import phonenumbers


def is_possible(number: str) -> bool:
    """Say whether a number is one that some numbering plan could have, by its length.

    And written as E.164 wants it: libphonenumber also understands `+4401…`, with the zero that is
    dialled at home, and a phone with two numbers would have two of every limit.
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_possible_number(parsed) and written == number
