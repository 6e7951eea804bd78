"""The environment variables of the functions, for tests and benchmarks that run them directly."""

import os
from collections.abc import Mapping

from infra.config import Config
from infra.config.send_settings import send_settings
from lambda_src.otp.settings import Settings

#: Test credentials, and none of the developer's own settings.
OF_AWS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

_SETTINGS = send_settings(
    Config.from_context(
        {
            "applicationId": "7353f53e6885409fa32d07cedexample",
            "originationIdentity": "+18555550142",
            "brandName": "ExampleCorp",
            "allowedCountries": "US,CA",
            "sandboxNumbers": "true",
        }
    ),
    application_id="7353f53e6885409fa32d07cedexample",
    deployment="ServerlessOtp/Otp",
    table_name="reference-ids",
)

#: As the stack sets them, which tests/infra/test_function.py checks.
OF_VERIFY: Mapping[str, str] = Settings.to_environment(_SETTINGS)
OF_SEND: Mapping[str, str] = _SETTINGS.to_environment()
