"""The function's environment."""

import pytest

from lambda_src.otp.settings import Settings, TimeLimits

from .service import ENVIRONMENT


def test_a_time_limit_can_be_set() -> None:
    """Each by its own variable, in seconds; the others keep their values."""
    settings = Settings.from_environment({**ENVIRONMENT, "OTP_PINPOINT_READ_SECONDS": "0.5"})

    assert settings.time_limits == TimeLimits(pinpoint_read=0.5)


@pytest.mark.parametrize("name", sorted(set(ENVIRONMENT) - {"OTP_FUNCTION_SECONDS"}))
def test_a_missing_variable_is_named(name: str) -> None:
    """The function does not start without it."""
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(KeyError, match=name):
        Settings.from_environment(environment)


def test_the_function_does_not_start_without_idempotency() -> None:
    """Powertools has a switch that lets every request through."""
    environment = {**ENVIRONMENT, "POWERTOOLS_IDEMPOTENCY_DISABLED": "true"}

    with pytest.raises(ValueError, match="must not be set"):
        Settings.from_environment(environment)
