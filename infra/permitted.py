"""What the send function is told of the operator's rules: which numbers, and how many messages."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import Config


def environment_of_the_rules(config: "Config") -> Mapping[str, str]:
    """Write the rules as `lambda_src/otp/settings.py` reads them."""
    return {
        "OTP_ALLOWED_COUNTRIES": ",".join(config.allowed_countries),
        "OTP_ALLOWED_NUMBER_TYPES": ",".join(config.allowed_number_types),
        "OTP_BLOCKED_PREFIXES": ",".join(config.blocked_prefixes),
        "OTP_ALLOWED_BRAND_NAMES": json.dumps(config.allowed_brand_names, ensure_ascii=False),
        "OTP_ALLOWED_ORIGINATION_IDENTITIES": json.dumps(config.allowed_origination_identities),
        "OTP_DESTINATION_PER_10_MINUTES": _limit(config.destination_per_10_minutes),
        "OTP_DESTINATION_PER_DAY": _limit(config.destination_per_day),
        "OTP_DESTINATION_INTERVAL_SECONDS": _limit(config.destination_interval_seconds),
        "OTP_BLOCK_PER_HOUR": _limit(config.block_per_hour),
        "OTP_COUNTRY_PER_DAY": _limit(config.country_per_day),
        "OTP_COUNTRIES_PER_DAY": ",".join(
            f"{country}={_limit(limit)}" for country, limit in config.countries_per_day.items()
        ),
        "OTP_CALLER_PER_HOUR": _limit(config.caller_per_hour),
        "OTP_DEPLOYMENT_PER_HOUR": _limit(config.deployment_per_hour),
        # Shared counters must bear what API Gateway lets through.
        "OTP_REQUESTS_PER_SECOND": str(config.send_requests_per_second),
        **({"OTP_SANDBOX": "true"} if config.sandbox_numbers else {}),
    }


def _limit(limit: int | None) -> str:
    return "off" if limit is None else str(limit)
