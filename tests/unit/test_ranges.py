"""The range of a number."""

import pytest

from lambda_src.otp.rules.ranges import range_of
from lambda_src.otp.runtime.masking import mask


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("+4915123456781", "49-15123"),
        ("+12065550123", "1-2065"),
        ("+4520123456", "45-20"),
        # Never a whole country, even where numbers are short.
        ("+3546112345", "354-61"),
        ("+376312345", "376-31"),
        ("+29051234", "290-51"),
        ("+6907290", "690-72"),
        # Even the longest name has no digits that the log masks.
        ("+436641234567890", "43-664123-4"),
        # Every spelling of a phone's number is in the same range.
        ("+541123456789", "54-91123"),
        ("+5491123456789", "54-91123"),
    ],
)
def test_a_range_is_a_number_without_its_last_six_digits(number: str, name: str) -> None:
    """Fewer are cut off where numbers are short. The name can be read in the log."""
    found = range_of(number)
    assert found.name == name == mask(name)
    assert found.begins_with([name])
    assert not found.begins_with([f"{name}0"])


def test_numbers_of_a_range_differ_in_six_digits_only() -> None:
    """The digest is of the digits that they share."""
    one, same, other = (range_of(f"+491512{end}").digest for end in ("3456781", "3999999", "4" * 7))
    assert one == same != other
