"""The deployment."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from botocore.session import Session
from pydantic import AfterValidator, BeforeValidator

from .values import Flag, Subject, key, text, whole

#: The defaults of each profile, by key.
PROFILES: Mapping[str, Mapping[str, Any]] = {
    "dev": {
        "customerKey": False,
        "keepData": False,
        "logRetentionDays": 30,
        "canary": False,
        "waf": False,
        "apiGatewayLogRole": "none",
        "clientCertificate": False,
    },
    "production": {
        "customerKey": True,
        "keepData": True,
        "logRetentionDays": 365,
        "canary": True,
        "waf": True,
        "apiGatewayLogRole": "existing",
        "clientCertificate": True,
    },
}

# fmt: off
# The values that CloudWatch Logs takes.
_RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]
# fmt: on


def _pinpoint_region(region: str) -> str:
    """Require a region where botocore knows Amazon Pinpoint."""
    session = Session()
    if not any(
        region in session.get_available_regions("pinpoint", partition)
        for partition in session.get_available_partitions()
    ):
        raise ValueError("not a region of Pinpoint")
    return region


class Kind(Subject):
    """The deployment."""

    profile: Literal["dev", "production"] = key(
        f"the defaults of the other keys, one of {', '.join(PROFILES)}", "production", "dev"
    )
    stack_name: Annotated[str, text("[A-Za-z][A-Za-z0-9-]{0,99}")] = key(
        "the stack's name; a second deployment in an account and region needs another",
        "OtpStaging",
        "ServerlessOtp",
    )
    region: Annotated[str, AfterValidator(_pinpoint_region)] | None = key(
        "the AWS region, one that has Amazon Pinpoint",
        "eu-west-1",
        None,
    )
    customer_key: Flag = key(
        "true or false: your own KMS key encrypts the table, the logs, failed requests and the "
        "functions' environment",
        "true",
    )
    keep_data: Flag = key(
        "true or false: data outlives the stack, and the table has deletion protection and "
        "point-in-time recovery",
        "true",
    )
    log_retention_days: Annotated[_RetentionDays, BeforeValidator(whole)] = key(
        "the days that logs are kept, as CloudWatch Logs allows, such as 30, 90, 365", "90"
    )
