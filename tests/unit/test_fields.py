"""What a TypedDict says of its fields, and what is said of a value that does not fit."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest

from lambda_src.otp.fields import Fields, Text, Whole
from lambda_src.otp.problems import FieldError

MESSAGES = {
    "Name": "Must be 1 to 3 small letters, not all the same.",
    "Size": "Must be one of: S, M.",
    "Count": "Must be a whole number from 1 to 9.",
}


class Order(TypedDict):
    """Every kind of field."""

    Name: Annotated[
        str,
        Text(r"[a-z]{1,3}", "1 to 3 small letters, not all the same", also=lambda t: len({*t}) > 1),
    ]
    Size: NotRequired[Literal["S", "M"]]
    Count: NotRequired[Annotated[int, Whole(1, 9)]]


ORDER = Fields(Order)


@pytest.mark.parametrize(
    "value",
    [
        {"Name": "ab"},
        {"Name": "abc", "Size": "S"},
        {"Name": "abc", "Size": "M", "Count": 1},
        {"Count": 9, "Name": "abc"},
    ],
)
def test_what_fits_has_no_errors(value: dict[str, Any]) -> None:
    """Whatever the order, and with or without what is not required."""
    assert ORDER.errors(value) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Name", ""),
        ("Name", "abcd"),
        ("Name", "ab\n"),
        ("Name", "aa"),
        ("Name", "AB"),
        ("Size", "L"),
        ("Size", 1),
        ("Size", []),
        ("Size", None),
        ("Count", 0),
        ("Count", 10),
        ("Count", 1.0),
        ("Count", True),
        ("Count", "1"),
        ("Count", None),
        ("Count", float("nan")),
    ],
)
def test_what_does_not_fit_is_told_what_must_be(field: str, value: Any) -> None:
    """Nothing is converted, not even a true 1."""
    assert ORDER.errors({"Name": "ab", field: value}) == [FieldError(f"/{field}", MESSAGES[field])]


@pytest.mark.parametrize("value", [1, None, True, ["ab"], {"ab": 1}])
def test_what_is_no_string_is_told_that_it_must_be_one(value: Any) -> None:
    """A code that is sent as a number looks right to whoever wrote it."""
    [error] = ORDER.errors({"Name": value})
    assert error.detail == "Must be a string: 1 to 3 small letters, not all the same."


def test_every_error_is_named_once_in_the_order_of_the_fields() -> None:
    """What there is no field for comes last, by a pointer that hides a number."""
    errors = ORDER.errors({"+12065550100": 1, "Count": 0, "Size": "L", "a/b~": 2})
    assert errors == [
        FieldError("/Name", "This field is required."),
        FieldError("/Size", MESSAGES["Size"]),
        FieldError("/Count", MESSAGES["Count"]),
        FieldError("/+*********00", "There is no such field."),
        FieldError("/a~1b~0", "There is no such field."),
    ]


def test_a_field_without_a_rule_is_an_error_of_the_program() -> None:
    """It would let anything through."""

    class Open(TypedDict):
        Anything: str

    with pytest.raises(TypeError, match="no rule"):
        Fields(Open)
