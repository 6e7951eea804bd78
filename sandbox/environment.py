"""What a function finds in its environment, for those that start one outside of Lambda."""

import os
from collections.abc import Mapping

from infra.config import Config
from infra.permitted import environment_of_the_rules

#: What Lambda says of who calls AWS, and nothing of the developer's own.
OF_AWS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

#: What the stack sets, by function: tests/infra/test_function.py.
OF_VERIFY: Mapping[str, str] = {
    "OTP_APPLICATION_ID": "7353f53e6885409fa32d07cedexample",
    "OTP_DEPLOYMENT": "ServerlessOtp/Otp",
    "OTP_FUNCTION_SECONDS": "28",
}
OF_SEND: Mapping[str, str] = {
    **OF_VERIFY,
    "OTP_TABLE_NAME": "reference-ids",
    "OTP_ORIGINATION_IDENTITY": "+18555550142",
    "OTP_BRAND_NAME": "ExampleCorp",
    **environment_of_the_rules(
        Config.from_context(
            {
                "applicationId": OF_VERIFY["OTP_APPLICATION_ID"],
                "originationIdentity": "+18555550142",
                "brandName": "ExampleCorp",
                "allowedCountries": "US,CA",
            }
        )
    ),
}
