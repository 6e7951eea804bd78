"""VerifyOTPMessage in mock_aws: which code is valid, how long and how often."""

from typing import Any

import pytest

from sandbox.pinpoint import advance_clock, inbox
from tests.support.texts import code_in, wrong_code

from .helpers import Application

RIGHT, WRONG = "right", "wrong"
# A typed code, a typed code with other fields, or a wait in seconds.
Step = str | tuple[str, dict[str, str]] | int

ANOTHER_REFERENCE = (RIGHT, {"ReferenceId": "reference-2"})
ANOTHER_NUMBER = (RIGHT, {"DestinationIdentity": "+12065550111"})

#: Fields of the text, steps after it, and whether each typed code is valid.
CASES: dict[str, tuple[dict[str, Any], list[Step], list[bool]]] = {
    "wrong, right, used up": ({}, [WRONG, RIGHT, RIGHT], [False, True, False]),
    # A failure for another ReferenceId or number uses no attempt.
    "another reference's": ({"AllowedAttempts": 1}, [ANOTHER_REFERENCE, RIGHT], [False, True]),
    "another number's": ({"AllowedAttempts": 1}, [ANOTHER_NUMBER, RIGHT], [False, True]),
    "60 minutes, nearly over": ({"ValidityPeriod": 60}, [59 * 60, RIGHT], [True]),
    "60 minutes are over": ({"ValidityPeriod": 60}, [60 * 60, RIGHT], [False]),
    # AWS documents no defaults.
    "by default 15 minutes": ({}, [14 * 60, RIGHT], [True]),
    "by default no more": ({}, [15 * 60, RIGHT], [False]),
    "by default 3 attempts": ({}, [WRONG, WRONG, WRONG, RIGHT], [False] * 4),
    "at the last by default": ({}, [WRONG, WRONG, RIGHT], [False, False, True]),
    "one attempt": ({"AllowedAttempts": 1}, [WRONG, RIGHT], [False, False]),
    "5 attempts": ({"AllowedAttempts": 5}, [*[WRONG] * 5, RIGHT], [False] * 6),
    "at the last of 5": ({"AllowedAttempts": 5}, [*[WRONG] * 4, RIGHT], [*[False] * 4, True]),
}


@pytest.mark.parametrize(("fields", "steps", "expected"), CASES.values(), ids=CASES)
def test_code_is_valid_once_until_it_expires_or_its_attempts_are_used(
    application: Application, fields: dict[str, Any], steps: list[Step], expected: list[bool]
) -> None:
    """A code is valid only with its own ReferenceId and number."""
    application.send(**fields)
    [text] = inbox()
    codes = {RIGHT: code_in(text), WRONG: wrong_code(code_in(text))}

    said = []
    for step in steps:
        if isinstance(step, int):
            advance_clock(step)
        else:
            code, about = (step, {}) if isinstance(step, str) else step
            said.append(application.verify(codes[code], **about))

    assert said == expected


def test_code_belongs_to_its_application(application: Application) -> None:
    """A try in another application uses no attempt; an unknown one is a NotFoundException."""
    application.send(AllowedAttempts=1)
    code = code_in(inbox()[0])

    assert Application(application.client).verify(code) is False
    with pytest.raises(application.client.exceptions.NotFoundException):
        Application(application.client, "0" * 32).verify(code)
    assert application.verify(code) is True


def test_sending_again_replaces_the_code(application: Application) -> None:
    """After a second text, only the second code is valid, with its own attempts."""
    # Different lengths, so that the two codes cannot happen to be equal.
    application.send(CodeLength=7, AllowedAttempts=1)
    application.send(CodeLength=8, AllowedAttempts=2)
    first, second = (code_in(text) for text in inbox())

    assert application.verify(first) is False
    assert application.verify(second) is True
