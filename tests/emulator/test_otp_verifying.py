"""VerifyOTPMessage in mock_aws: which code is valid, when and how often."""

import pytest

from sandbox.pinpoint import advance_clock, inbox

from .helpers import Application, code_in, wrong_code


def _sent_code() -> str:
    """Return the code of the newest text."""
    return code_in(inbox()[-1])


def test_sent_code_is_valid(application: Application) -> None:
    """The code in the text verifies."""
    application.send()
    assert application.verify(_sent_code()) is True


def test_wrong_code_is_not_valid(application: Application) -> None:
    """Any other code does not."""
    application.send()
    assert application.verify(wrong_code(_sent_code())) is False


def test_code_is_valid_once(application: Application) -> None:
    """A code that verified is used up."""
    application.send()
    application.verify(_sent_code())
    assert application.verify(_sent_code()) is False


def test_unknown_reference_is_not_valid(application: Application) -> None:
    """Without a message there is no valid code, and no error."""
    assert application.verify("123456") is False


def test_code_is_not_valid_for_another_reference(application: Application) -> None:
    """A code belongs to its reference, and another's failure costs it nothing."""
    application.send(AllowedAttempts=1)
    assert application.verify(_sent_code(), ReferenceId="reference-2") is False
    assert application.verify(_sent_code()) is True


def test_code_is_not_valid_for_another_number(application: Application) -> None:
    """A code belongs to its number, and another's failure costs it nothing."""
    application.send(AllowedAttempts=1)
    assert application.verify(_sent_code(), DestinationIdentity="+12065550111") is False
    assert application.verify(_sent_code()) is True


def test_code_is_not_valid_for_another_application(application: Application) -> None:
    """A code belongs to its application, and another's failure costs it nothing."""
    application.send(AllowedAttempts=1)
    assert Application(application.client).verify(_sent_code()) is False
    assert application.verify(_sent_code()) is True


def test_verify_for_an_unknown_application_is_not_found(application: Application) -> None:
    """VerifyOTPMessage for an application that does not exist is a NotFoundException."""
    with pytest.raises(application.client.exceptions.NotFoundException):
        Application(application.client, "0" * 32).verify("123456")


@pytest.mark.parametrize("minutes", [5, 60])
def test_code_is_valid_until_its_period_ends(application: Application, minutes: int) -> None:
    """A minute before the end of ValidityPeriod, the code still verifies."""
    application.send(ValidityPeriod=minutes)
    advance_clock(minutes * 60 - 60)
    assert application.verify(_sent_code()) is True


@pytest.mark.parametrize("minutes", [5, 60])
def test_code_expires_with_its_period(application: Application, minutes: int) -> None:
    """At the end of ValidityPeriod, the code has expired."""
    application.send(ValidityPeriod=minutes)
    advance_clock(minutes * 60)
    assert application.verify(_sent_code()) is False


def test_default_period_is_fifteen_minutes(application: Application) -> None:
    """Without ValidityPeriod (AWS documents no default) a code lives for 15 minutes."""
    application.send()
    application.send(ReferenceId="reference-2")
    first, second = (code_in(text) for text in inbox())
    advance_clock(14 * 60)
    assert application.verify(first) is True
    advance_clock(60)
    assert application.verify(second, ReferenceId="reference-2") is False


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_right_code_is_not_valid_after_the_last_attempt(
    application: Application, attempts: int
) -> None:
    """AllowedAttempts wrong codes make the right one wrong."""
    application.send(AllowedAttempts=attempts)
    code = _sent_code()
    for _ in range(attempts):
        assert application.verify(wrong_code(code)) is False
    assert application.verify(code) is False


@pytest.mark.parametrize("attempts", [2, 5])
def test_right_code_is_valid_at_the_last_attempt(application: Application, attempts: int) -> None:
    """One wrong code fewer, and the right one verifies."""
    application.send(AllowedAttempts=attempts)
    code = _sent_code()
    for _ in range(attempts - 1):
        application.verify(wrong_code(code))
    assert application.verify(code) is True


def test_default_is_three_attempts(application: Application) -> None:
    """Without AllowedAttempts (AWS documents no default) three wrong codes are the end."""
    application.send()
    code = _sent_code()
    for _ in range(3):
        application.verify(wrong_code(code))
    assert application.verify(code) is False


def test_sending_again_replaces_the_code(application: Application) -> None:
    """After a second text only its code is valid."""
    application.send(CodeLength=7)
    application.send(CodeLength=8)
    # Different lengths, so that the two codes cannot happen to be equal.
    first, second = (code_in(text) for text in inbox())
    assert application.verify(first) is False
    assert application.verify(second) is True


def test_sending_again_restores_the_attempts(application: Application) -> None:
    """The new code has all its attempts."""
    application.send(AllowedAttempts=1)
    application.verify(wrong_code(_sent_code()))
    application.send(AllowedAttempts=1)
    assert application.verify(_sent_code()) is True
