"""VerifyOTPMessage in mock_aws: which code is valid, when and how often."""

from typing import Any

import pytest

from sandbox.pinpoint import advance_clock, inbox

from .helpers import Application, code_in, wrong_code

RIGHT, WRONG = "right", "wrong"
# A code that is typed in, or the same for another reference or number, or seconds that pass.
Step = str | tuple[str, dict[str, str]] | int

MINUTE = 60
ANOTHER_REFERENCE = (RIGHT, {"ReferenceId": "reference-2"})
ANOTHER_NUMBER = (RIGHT, {"DestinationIdentity": "+12065550111"})

#: What is sent, what happens then, and whether each code is valid.
CASES: dict[str, tuple[dict[str, Any], list[Step], list[bool]]] = {
    "wrong, right, used up": ({}, [WRONG, RIGHT, RIGHT], [False, True, False]),
    # What fails for another one costs nothing.
    "another reference's": ({"AllowedAttempts": 1}, [ANOTHER_REFERENCE, RIGHT], [False, True]),
    "another number's": ({"AllowedAttempts": 1}, [ANOTHER_NUMBER, RIGHT], [False, True]),
    **{
        f"{minutes} minutes{name}": ({"ValidityPeriod": minutes}, [passed, RIGHT], [passed != end])
        for minutes in (5, 60)
        for end in [minutes * MINUTE]
        for passed, name in ((end - MINUTE, ", nearly over"), (end, " are over"))
    },
    # AWS documents no defaults.
    "by default 15 minutes": ({}, [14 * MINUTE, RIGHT], [True]),
    "by default no more": ({}, [15 * MINUTE, RIGHT], [False]),
    **{
        f"{attempts} attempts": (fields, [*[WRONG] * attempts, RIGHT], [*[False] * attempts, False])
        for attempts, fields in (
            *((count, {"AllowedAttempts": count}) for count in (1, 2, 5)),
            (3, {}),
        )
    },
    **{
        f"at the last of {attempts}": (
            {"AllowedAttempts": attempts},
            [*[WRONG] * (attempts - 1), RIGHT],
            [*[False] * (attempts - 1), True],
        )
        for attempts in (2, 5)
    },
}


@pytest.mark.parametrize(("fields", "steps", "expected"), CASES.values(), ids=CASES)
def test_code_is_valid_once_in_its_time_and_within_its_attempts(
    application: Application, fields: dict[str, Any], steps: list[Step], expected: list[bool]
) -> None:
    """For the reference and the number that it was sent to."""
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


def test_code_is_of_its_application(application: Application) -> None:
    """Another one's failure costs it nothing; one that there is not is a NotFoundException."""
    application.send(AllowedAttempts=1)
    code = code_in(inbox()[0])

    assert Application(application.client).verify(code) is False
    with pytest.raises(application.client.exceptions.NotFoundException):
        Application(application.client, "0" * 32).verify(code)
    assert application.verify(code) is True


def test_unknown_reference_is_not_valid(application: Application) -> None:
    """Without a message there is no valid code, and no error."""
    assert application.verify("123456") is False


def test_sending_again_replaces_the_code(application: Application) -> None:
    """After a second text only its code is valid, and has all its attempts."""
    application.send(CodeLength=7, AllowedAttempts=1)
    # Different lengths, so that the two codes cannot happen to be equal.
    application.send(CodeLength=8, AllowedAttempts=2)
    first, second = (code_in(text) for text in inbox())

    assert application.verify(first) is False
    assert application.verify(second) is True


def test_sending_again_restores_the_attempts(application: Application) -> None:
    """Of a code whose attempts are used up."""
    application.send(AllowedAttempts=1)
    application.verify(wrong_code(code_in(inbox()[0])))
    application.send(AllowedAttempts=1)

    assert application.verify(code_in(inbox()[1])) is True
