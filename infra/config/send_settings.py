"""The settings of the send function, from the configuration."""

from lambda_src.otp.settings import DestinationRules, GuardRules, SendSettings, TextLimits
from lambda_src.otp.time_limits import TimeLimits

from .keys import Keys


def send_settings(
    config: Keys, *, application_id: str, deployment: str, table_name: str
) -> SendSettings:
    """Give the send function's settings.

    Args:
        config: the operator's configuration.
        application_id: the Amazon Pinpoint application.
        deployment: the value of the dimension Deployment of its metrics.
        table_name: of the table of ReferenceIds.

    """
    return SendSettings(
        application_id=application_id,
        deployment=deployment,
        sandbox=config.sandbox_numbers,
        time_limits=TimeLimits(),
        table_name=table_name,
        guard=_guard(config),
        origination_identity=config.origination_identity,
        brand_name=config.brand_name,
        language=config.language,
        allowed_origination_identities=frozenset(config.allowed_origination_identities),
        allowed_brand_names=frozenset(config.allowed_brand_names),
        destinations=DestinationRules(
            allowed_countries=frozenset(config.allowed_countries),
            allowed_number_types=frozenset(config.allowed_number_types),
            blocked_prefixes=config.blocked_prefixes,
        ),
        limits=TextLimits(
            destination_per_10_minutes=config.destination_per_10_minutes,
            destination_per_day=config.destination_per_day,
            destination_interval_seconds=config.destination_interval_seconds,
            block_per_hour=config.block_per_hour,
            country_per_day=config.country_per_day,
            countries_per_day=config.countries_per_day,
            caller_per_hour=config.caller_per_hour,
            deployment_per_hour=config.deployment_per_hour,
            # Shared counters must take all requests that API Gateway lets through.
            requests_per_second=config.send_requests_per_second,
        ),
    )


def _guard(config: Keys) -> GuardRules | None:
    if config.guard == "off":
        return None
    return GuardRules(
        refuses=config.guard == "refuse",
        allowance=config.guard_allowance,
        texts_per_verified=config.guard_texts_per_verified,
        probe_seconds=config.guard_probe_seconds,
        ranges=config.guard_ranges,
    )
