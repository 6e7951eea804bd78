"""The function's environment."""

import pytest

from lambda_src.otp.settings import SendSettings, Settings
from lambda_src.otp.time_limits import TimeLimits
from tests.support.service import ENVIRONMENT


def test_a_time_limit_can_be_set() -> None:
    """Each by its own variable, in seconds; the others keep their values."""
    settings = SendSettings.from_environment({**ENVIRONMENT, "OTP_PINPOINT_READ_SECONDS": "0.5"})
    assert settings.time_limits == TimeLimits(pinpoint_read=0.5)


@pytest.mark.parametrize("name", sorted(set(ENVIRONMENT) - {"OTP_FUNCTION_SECONDS", "OTP_SANDBOX"}))
def test_a_missing_variable_is_named(name: str) -> None:
    """The function does not start without it."""
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(KeyError, match=name):
        SendSettings.from_environment(environment)


def test_the_function_does_not_start_without_idempotency() -> None:
    """Powertools has a switch that lets every request through."""
    environment = {**ENVIRONMENT, "POWERTOOLS_IDEMPOTENCY_DISABLED": "true"}
    with pytest.raises(ValueError, match="must not be set"):
        SendSettings.from_environment(environment)


def test_verifying_needs_less() -> None:
    """No table, no sender: what a function does not need, its stack does not give it."""
    environment = {name: ENVIRONMENT[name] for name in ("OTP_APPLICATION_ID", "OTP_DEPLOYMENT")}
    settings = Settings.from_environment(environment)
    assert (settings.application_id, settings.deployment) == tuple(environment.values())
    del environment["OTP_APPLICATION_ID"]
    with pytest.raises(KeyError, match="OTP_APPLICATION_ID"):
        Settings.from_environment(environment)
