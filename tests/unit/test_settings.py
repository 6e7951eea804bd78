"""The functions' environment variables."""

import pytest

from lambda_src.otp.settings import SendSettings, Settings
from lambda_src.otp.time_limits import TimeLimits
from tests.support.service import SETTINGS

OF_SEND, OF_VERIFY = SETTINGS.to_environment(), Settings.to_environment(SETTINGS)


def test_a_time_limit_can_be_set() -> None:
    """Each has its own variable, in seconds; the others keep their values."""
    settings = Settings.from_environment({**OF_VERIFY, "OTP_PINPOINT_READ_SECONDS": "0.5"})
    assert settings.time_limits == TimeLimits(pinpoint_read=0.5)


@pytest.mark.parametrize(("of", "environment"), [(SendSettings, OF_SEND), (Settings, OF_VERIFY)])
def test_a_missing_variable_is_named(of: type[Settings], environment: dict[str, str]) -> None:
    """The function does not start without it, except for two that have a default."""
    for name in environment:
        found = {key: value for key, value in environment.items() if key != name}
        if name in ("OTP_FUNCTION_SECONDS", "OTP_SANDBOX"):
            assert of.from_environment(found)
        else:
            with pytest.raises(KeyError, match=name):
                of.from_environment(found)
