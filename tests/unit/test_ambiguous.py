"""Requests that two readers can understand differently."""

import json

import pytest

from tests.support.service import Service, request


@pytest.mark.parametrize(
    ("twice", "named"),
    [
        ('"DestinationIdentity": "+12065550100"', ["/DestinationIdentity"]),
        ('"CodeLength": 6, "CodeLength": 6, "ReferenceId": "r"', ["/CodeLength", "/ReferenceId"]),
        ('"\\u0043odeLength": 6, "CodeLength": 8', ["/CodeLength"]),
        ('"Other": {"a": 1, "a": 2}', ["/a"]),
    ],
)
def test_repeated_fields_are_refused(service: Service, twice: str, named: list[str]) -> None:
    """Over HTTP only: Lambda decodes the payload of a direct invoke and keeps the last value."""
    answer = service.post(f"{json.dumps(request())[:-1]}, {twice}}}")
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == named
    assert service.items() == []


def test_a_byte_order_mark_is_named(service: Service) -> None:
    """RFC 8259, section 8.1, forbids it. It is invisible, so the answer must name it."""
    answer = service.post("\ufeff" + json.dumps(request()))
    assert "byte order mark" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        *((name, False) for name in (" ", "\u00a0\u3000", "\u200b", "\u200d\ufe0f", "\u3164")),
        *((f"Bank{turn}knaB", False) for turn in "\u202a\u202e\u2066\u2069"),
        *((f"می{joiner}خواهم", True) for joiner in "\u200c\u200d\u200e\u200f"),
        *((name, True) for name in ("Café", "क्षि", "☕", "A B")),
    ],
)
def test_a_brand_name_is_visible_and_reads_in_one_direction(
    service: Service, name: str, *, taken: bool
) -> None:
    """A blank or invisible brand name would hide the sender of a text."""
    assert (service.send(BrandName=name).status == 200) is taken
