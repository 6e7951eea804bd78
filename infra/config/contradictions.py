"""Keys that exclude or need each other: one sentence for each contradiction."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .keys import Keys
from .never_texted import instead, never_texted, why
from .send_settings import send_settings

# The runtimes that cannot be snapshotted:
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
_WITHOUT_SNAP_START = ("3.11",)

# Of Lambda's 4 KB (AWS Lambda quotas). The names of the application, the table and the deployment
# are not known here; they take less than 1 KB.
_MOST_BYTES = 3072

_ALL_PERCENT = 100

# Each costs an alarm.
_MOST_WATCHED = 10


def contradictions(config: Keys) -> Iterator[str]:
    """Find contradictions between values that are each valid."""
    yield from _about_the_rules(config)
    yield from _about_the_guard(config)
    yield from _about_the_functions(config)
    yield from _about_the_api(config)
    if config.customer_key and not config.region:
        yield (
            "customerKey=true needs the region of the table and its key: set region "
            "(-c region=eu-west-1), or do without the key (-c customerKey=false)."
        )
    if config.alarm_topic_arn and not config.alarms:
        yield "alarmTopicArn has no effect without alarms: set alarms=true (-c alarms=true)."
    yield from _about_the_watched_countries(config)


def about_the_application(given: Mapping[str, Any]) -> Iterator[str]:
    """Check the application before the other keys are valid, so that one run reports everything."""
    create = str(given.get("createApplication")).lower() == "true"
    if create and given.get("applicationId"):
        yield "Set either applicationId or createApplication=true, not both."
    if not create and not given.get("applicationId"):
        yield (
            "Set applicationId: the Amazon Pinpoint application that sends "
            "(-c applicationId=7353f53e6885409fa32d07cedexample); or let the stack create one "
            "(-c createApplication=true)."
        )


def _about_the_rules(config: Keys) -> Iterator[str]:
    if not config.allowed_number_types:
        yield (
            "allowedNumberTypes is empty, so nobody could be texted: set at least one "
            "(-c allowedNumberTypes=MOBILE,FIXED_LINE_OR_MOBILE)."
        )
    yield from _about_the_countries(config)
    if config.sandbox_numbers and config.profile == "production":
        yield (
            "sandboxNumbers=true is for the sandbox only: its numbers have no limits. Leave it "
            "out, or set profile=dev (-c profile=dev)."
        )
    if others := _not_allowed(config, config.countries_per_day):
        yield (
            f"countriesPerDay holds {others}, which allowedCountries does not: set only countries "
            f"that may be texted, or allow them."
        )
    written = send_settings(
        config, application_id="", deployment="", table_name=""
    ).to_environment()
    size = sum(len(text.encode()) for pair in written.items() for text in pair)
    if size > _MOST_BYTES:
        longest = max(written, key=lambda variable: len(written[variable].encode()))
        yield (
            f"The rules are {size:,} bytes, and may be {_MOST_BYTES:,}: AWS Lambda takes 4 KB of "
            f"environment variables in all. The longest is {longest}."
        )


def _about_the_countries(config: Keys) -> Iterator[str]:
    never = never_texted(config) if config.allowed_number_types else {}
    if len(never) == len(config.allowed_countries):
        others = instead(never)
        what = (
            f"Set allowedCountries to these (-c allowedCountries={others})."
            if others
            else "Allow one of these types."
        )
        yield f"allowedCountries={','.join(never)} would text nobody: {why(never)}. {what}"


def _about_the_watched_countries(config: Keys) -> Iterator[str]:
    watched = config.alarm_verified_countries or ()
    if len(watched) > _MOST_WATCHED:
        yield (
            f"alarmVerifiedCountries holds {len(watched)} countries: set at most {_MOST_WATCHED} "
            f"(-c alarmVerifiedCountries=US,CA)."
        )
    if others := _not_allowed(config, watched):
        yield (
            f"alarmVerifiedCountries holds {others}, which allowedCountries does not: their alarms "
            f"would never go off. Set only countries that may be texted."
        )


def _not_allowed(config: Keys, countries: Iterable[str]) -> str:
    return ", ".join(code for code in countries if code not in config.allowed_countries)


def _about_the_guard(config: Keys) -> Iterator[str]:
    texts, least = config.guard_texts_per_verified, config.alarm_verified_percent
    # An operator who only lowers the alarm's percentage is told so only if ranges are refused.
    chosen = config.guard == "refuse" or texts != _default(config, "guard_texts_per_verified")
    if config.guard != "off" and chosen and texts * least < _ALL_PERCENT:
        yield (
            f"guardTextsPerVerified={texts} cuts off ranges with less than "
            f"{_ALL_PERCENT / texts:.0f}% verified texts, but alarmVerifiedPercent={least} warns "
            f"only below {least}%: set one of them "
            f"(-c guardTextsPerVerified={math.ceil(_ALL_PERCENT / max(1, least))}) "
            f"(-c alarmVerifiedPercent={math.ceil(_ALL_PERCENT / texts)})."
        )


def _default(config: Keys, name: str) -> object:
    return type(config).model_fields[name].default


def _about_the_functions(config: Keys) -> Iterator[str]:
    if config.architecture == "host" and not config.sandbox_numbers:
        yield (
            "architecture=host is for the sandbox only: AWS may not run what is built for this "
            "machine. Set arm64 or x86_64 (-c architecture=arm64)."
        )
    if config.snap_start and config.python_version in _WITHOUT_SNAP_START:
        yield (
            f"snapStart=true needs Python 3.12 or later, and pythonVersion is "
            f"{config.python_version} (-c pythonVersion=3.13)."
        )
    if config.snap_start and (config.region or "").startswith("us-gov-"):
        yield (
            f"snapStart=true is for commercial regions: Python has no SnapStart in "
            f"{config.region}. Leave it out, or set provisionedConcurrency."
        )
    if config.snap_start and config.provisioned_concurrency:
        yield (
            "snapStart and provisionedConcurrency exclude each other: AWS keeps environments "
            "either as a snapshot or warm. Set one of them."
        )
    if (
        config.reserved_concurrency
        and config.provisioned_concurrency
        and config.provisioned_concurrency > config.reserved_concurrency
    ):
        yield (
            f"provisionedConcurrency={config.provisioned_concurrency} cannot be above "
            f"reservedConcurrency={config.reserved_concurrency}, of which it is a part."
        )
    if config.canary and not config.alarms:
        yield (
            "canary=true rolls back when an alarm goes off, so it needs alarms: set alarms=true "
            "(-c alarms=true), or do without (-c canary=false)."
        )


def _about_the_api(config: Keys) -> Iterator[str]:
    if bool(config.domain_name) != bool(config.certificate_arn):
        yield (
            "domainName and certificateArn belong together: set both, or neither "
            "(-c domainName=otp.example.com -c certificateArn=arn:aws:acm:…)."
        )
    if config.certificate_arn and config.region:
        region = config.certificate_arn.split(":")[3]
        if region != config.region:
            yield (
                f"certificateArn is in {region}, but the API is in {config.region}: a regional API "
                f"needs a certificate in its own region."
            )
    if config.waf_rate_limit and not config.waf:
        yield "wafRateLimit is a rule of the firewall: set waf=true as well (-c waf=true)."
