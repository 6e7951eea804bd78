"""Codes and numbers as people type them and phones paste them."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from serverless_otp import read_code, read_phone_number

CODES = [
    *("123456", "123 456", "123456 ", "123-456", "12.34.56", "(123456)", "123\N{EN DASH}456"),
    # Full-width, Arabic, Persian, Devanagari and Bengali digits.
    *("１２３４５６", "١٢٣٤٥٦", "۱۲۳۴۵۶", "१२३४५६", "১২৩৪৫৬"),  # noqa: RUF001 - people type them
    # A no-break space, direction marks, a byte order mark, a keycap.
    *("123\u00a0456", "\u202a123456\u202c", "\ufeff123\u200b456\r\n", "1\u20e323456"),
    *("This is your One Time Password: 123456 from ExampleCorp", "@example.com #123456"),
    *("認証コードは123456です", "The code is 123456. 123456 ends in 10 minutes."),
]
NO_CODES = ["", "  ", "12a456", "l23456", "abcdef", "123456 or 654321?", "No. 123456789", "G123456"]


@pytest.mark.parametrize("typed", CODES)
def test_code_is_normalised(typed: str) -> None:
    """Digits of any script are read, with separators or within the pasted text."""
    assert read_code(typed) == "123456"


@pytest.mark.parametrize("typed", NO_CODES)
def test_ambiguous_code_is_left_unchanged(typed: str) -> None:
    """The service then refuses it, which uses no attempt; a guess would use one."""
    assert read_code(typed) == typed


NUMBERS = {
    "+12065550100": [
        *(("US", typed) for typed in ("206 555 0100", "(206) 555-0100", "206.555.0100")),
        *(("US", typed) for typed in ("1 206 555 0100", "206_555_0100", "011 1 206 555 0100")),
        # 00 stands for + in most countries, even where another prefix is dialled.
        *((country, "00 1 206 555 0100") for country in ("US", "DE", "KR", "us")),
        *((country, "+1 206 555 0100") for country in ("US", "DE", "KR")),
        *(("DE", typed) for typed in ("+001 206 555 0100", "12065550100+", "+1 (206) 555-0100")),
        ("DE", "＋１ ２０６ ５５５ ０１００"),  # noqa: RUF001 - full-width
        *(("US", typed) for typed in ("tel:+1-206-555-0100", "\u200eTEL:2065550100")),
    ],
    "+447911123456": [
        *(("GB", typed) for typed in ("07911 123456", "+44 (0)7911 123456", "447911123456"))
    ],
    # Read as a national number, the second one would be a landline.
    "+4915123456789": [("DE", typed) for typed in ("0151 23456789", "49 (0)151 23456789")],
    "+390669812345": [("IT", "06 698 12345"), ("IT", "+39 06 698 12345")],
    "+5491123456789": [("AR", "011 15-2345-6789"), ("AR", "+54 9 11 2345-6789")],
}
NO_NUMBERS = [
    *("", "+", "911", "2O6 555 0100", "206a5550100", "206 555 0100 x5", "206 555 0100 #5"),
    *("206 555 0100 / 206 555 0101", "+1 206 555 0100 +1 206 555 0101", "0" * 9999),
]


@pytest.mark.parametrize(
    ("country", "typed", "number"),
    [(*typed, number) for number, all_typed in NUMBERS.items() for typed in all_typed],
)
def test_number_is_normalised(country: str, typed: str, number: str) -> None:
    """National and international spellings are read."""
    assert read_phone_number(typed, country) == number


@pytest.mark.parametrize("typed", NO_NUMBERS)
def test_ambiguous_number_is_left_unchanged(typed: str) -> None:
    """The service then refuses it; dropping a letter or an extension would be a guess."""
    assert read_phone_number(typed, "US") == typed


def test_mobile_numbers_of_all_countries_are_normalised() -> None:
    """Every format of libphonenumber works, also in other digits and between direction marks."""
    styles = [value for name, value in vars(PhoneNumberFormat).items() if name.isupper()]
    arabic = {ord(str(digit)): 0x660 + digit for digit in range(10)}
    wide = {ord(character): ord(character) + 0xFEE0 for character in "+-()0123456789"}
    marks = {ord(" "): "\N{NO-BREAK SPACE}", ord("-"): "\N{NON-BREAKING HYPHEN}"}
    for country in phonenumbers.SUPPORTED_REGIONS:
        mobile = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
        if mobile is None:  # Tristan da Cunha
            continue
        number = phonenumbers.format_number(mobile, PhoneNumberFormat.E164)
        written = {
            *(phonenumbers.format_number(mobile, style) for style in styles),
            phonenumbers.format_out_of_country_calling_number(mobile, "DE"),
            phonenumbers.national_significant_number(mobile),
            number[1:],
            f"00{number[1:]}",
        }
        for typed in written:
            for pasted in (typed, typed.translate(arabic), typed.translate(wide)):
                marked = f"\u202a{pasted.translate(marks)}\u202c"
                assert [read_phone_number(one, country) for one in (pasted, marked)] == [number] * 2


@pytest.mark.parametrize("country", ["UK", "", "USA", "001", "+12065550100"])
def test_invalid_country_raises_without_quoting_it(country: str) -> None:
    """This is a bug in the caller's page; the value may be the number by mistake."""
    with pytest.raises(ValueError, match="country must be an ISO 3166-1 code") as raised:
        read_phone_number("US", country)
    assert "0100" not in str(raised.value)
