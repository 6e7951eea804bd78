"""What an operator decides: CDK context with flat keys, parsed into one dataclass, checked first.

Set a key for one command with `-c brandName=ExampleCorp`, or for good in the `context` of
`cdk.json`; in Python, `Config(brand_name="ExampleCorp", …)`. docs/configuration.md is made of this
module.
"""

import difflib
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Annotated, Any, get_args, get_type_hints

from lambda_src.otp.destination import NUMBER_TYPES
from lambda_src.otp.request import BrandNameText, LanguageTag, OriginationIdentityText
from lambda_src.otp.settings import TimeLimits

from .contradictions import about_the_application, contradictions
from .keys import (
    BY_PROFILE,
    Key,
    UnknownCountriesError,
    choice,
    countries,
    each,
    each_of,
    flag,
    limit,
    limits_by_country,
    matching,
    number,
    pinpoint_region,
    text,
)

PROFILES = ("dev", "production")
PYTHON_VERSIONS = ("3.11", "3.12", "3.13", "3.14")
ARCHITECTURES = ("arm64", "x86_64", "host")
LANGUAGES: tuple[str, ...] = get_args(LanguageTag)
LOG_ROLES = ("create", "existing", "none")

# A personal number (+44 70) can cost a lot, and many a cheap one gets texts: docs/abuse.md.
TEXTED_TYPES = ("FIXED_LINE_OR_MOBILE", "MOBILE", "PERSONAL_NUMBER", "VOIP")

# An item of DynamoDB holds 400 KB, and the one of a block and day up to 29 bytes a message.
MOST_PER_BLOCK = 200
MOST_MESSAGES = 100_000_000
MOST_REQUESTS_PER_SECOND = 10_000

# Those that CloudWatch Logs takes.
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# The CDK's own keys: @aws-cdk/…, aws:cdk:…, availability-zones:…; and what its command line keeps
# in cdk.context.json.
_OF_THE_CDK = re.compile("[:/@]|^aws-|^(acknowledged-issue-numbers|cli-telemetry)$")


def _this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


class ConfigError(Exception):
    """Something is missing or impossible; the text says what to set, with an example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration of one deployment. Each attribute's key says what it is.

    Raises:
        ConfigError: naming everything that is missing or impossible, one sentence a line.

    """

    # --- Who sends what to whom ---
    application_id: Annotated[
        str | None,
        Key(
            "applicationId",
            "the ID of your Amazon Pinpoint application",
            "7353f53e6885409fa32d07cedexample",
            matching("[A-Za-z0-9-]{1,64}"),
        ),
    ] = None
    create_application: Annotated[
        bool,
        Key(
            "createApplication",
            "true or false: the stack creates the Pinpoint application",
            "true",
            flag,
        ),
    ] = False
    origination_identity: Annotated[
        str,
        Key(
            "originationIdentity",
            "the phone number, short code, sender ID, pool or ARN that sends",
            "+18555550142",
            text(OriginationIdentityText),
        ),
    ]
    brand_name: Annotated[
        str,
        Key(
            "brandName",
            "the name in the text, 1 to 20 characters",
            "ExampleCorp",
            text(BrandNameText),
        ),
    ]
    allowed_countries: Annotated[
        tuple[str, ...],
        Key(
            "allowedCountries",
            "the countries whose numbers may be texted, as ISO 3166-1 alpha-2 codes",
            "US,CA",
            countries,
        ),
    ]
    language: Annotated[
        str | None,
        Key(
            "language",
            f"the text's language where a request names none, one of {', '.join(LANGUAGES)}",
            "en-US",
            choice(LANGUAGES),
        ),
    ] = None

    # --- Which numbers, and how many messages ---
    allowed_number_types: Annotated[
        tuple[str, ...],
        Key(
            "allowedNumberTypes",
            "the types of numbers that may be texted, of "
            f"{', '.join(sorted(NUMBER_TYPES.values()))}",
            "MOBILE,FIXED_LINE_OR_MOBILE",
            each_of(choice(NUMBER_TYPES.values())),
        ),
    ] = TEXTED_TYPES
    blocked_prefixes: Annotated[
        tuple[str, ...],
        Key(
            "blockedPrefixes",
            "the beginnings of numbers that are never texted",
            "+4470,+1876",
            each(r"\+[1-9]\d{0,14}"),
        ),
    ] = ()
    allowed_brand_names: Annotated[
        tuple[str, ...],
        Key(
            "allowedBrandNames",
            "what callers may put into BrandName; by default anything that AWS takes",
            "ExampleCorp,ExampleShop",
            each_of(text(BrandNameText)),
        ),
    ] = ()
    allowed_origination_identities: Annotated[
        tuple[str, ...],
        Key(
            "allowedOriginationIdentities",
            "what callers may put into OriginationIdentity; by default anything that AWS takes",
            "+18555550142,EXAMPLE",
            each_of(text(OriginationIdentityText)),
        ),
    ] = ()
    destination_per_10_minutes: Annotated[
        int | None,
        Key(
            "destinationPer10Minutes",
            "how many messages a number gets in ten minutes, or off",
            "3",
            limit(1000),
        ),
    ] = 5
    destination_per_day: Annotated[
        int | None,
        Key(
            "destinationPerDay",
            "how many messages a number gets in a day of UTC, or off",
            "20",
            limit(1000),
        ),
    ] = 10
    destination_interval_seconds: Annotated[
        int | None,
        Key(
            "destinationIntervalSeconds",
            "the least number of seconds between two messages to a number, or off; 30 is usual",
            "30",
            limit(3600),
        ),
    ] = None
    block_per_hour: Annotated[
        int | None,
        Key(
            "blockPerHour",
            "how many messages the numbers get together in an hour that differ in their last four "
            "digits only, or off",
            "50",
            limit(MOST_PER_BLOCK),
        ),
    ] = 20
    country_per_day: Annotated[
        int | None,
        Key(
            "countryPerDay",
            "how many messages a country gets in a day of UTC, or off",
            "20000",
            limit(MOST_MESSAGES),
        ),
    ] = 5000
    countries_per_day: Annotated[
        Mapping[str, int | None],
        Key(
            "countriesPerDay",
            "how many messages some countries get in a day of UTC instead, each a number or off",
            "US=20000,CA=500",
            limits_by_country(MOST_MESSAGES),
        ),
    ] = field(default_factory=dict)
    caller_per_hour: Annotated[
        int | None,
        Key(
            "callerPerHour",
            "how many messages an IAM role may send in an hour, or off; all direct invocations "
            "are one caller",
            "500",
            limit(MOST_MESSAGES),
        ),
    ] = None
    deployment_per_hour: Annotated[
        int | None,
        Key(
            "deploymentPerHour",
            "how many messages go out in an hour at most, or off: a cap on what it costs",
            "5000",
            limit(MOST_MESSAGES),
        ),
    ] = 1000
    sandbox_numbers: Annotated[
        bool,
        Key(
            "sandboxNumbers",
            "true or false: the numbers that play the sandbox's failures are texted, without "
            "limits; for the sandbox only",
            "true",
            flag,
        ),
    ] = False

    # --- What kind of deployment ---
    profile: Annotated[
        str,
        Key(
            "profile",
            "the defaults of the other keys, one of dev, production",
            "production",
            choice(PROFILES),
        ),
    ] = "dev"
    stack_name: Annotated[
        str,
        Key(
            "stackName",
            "the stack's name; a second deployment in an account and region needs another one",
            "OtpStaging",
            matching("[A-Za-z][A-Za-z0-9-]{0,99}"),
        ),
    ] = "ServerlessOtp"
    region: Annotated[
        str | None,
        Key(
            "region",
            "the AWS region to deploy to, one that Amazon Pinpoint is in; needed by customerKey",
            "eu-west-1",
            pinpoint_region,
        ),
    ] = None
    customer_key: Annotated[
        bool,
        Key(
            "customerKey",
            "true or false: a KMS key of your own encrypts the table, the queues, the logs, the "
            "alarms' topic and the functions' environment",
            "true",
            flag,
            dev=False,
            production=True,
        ),
    ] = BY_PROFILE
    keep_data: Annotated[
        bool,
        Key(
            "keepData",
            "true or false: what holds data outlives the stack, and the table has deletion "
            "protection and point-in-time recovery",
            "true",
            flag,
            dev=False,
            production=True,
        ),
    ] = BY_PROFILE
    log_retention_days: Annotated[
        int,
        Key(
            "logRetentionDays",
            "how many days logs are kept, a number that CloudWatch Logs takes such as 30, 90, 365",
            "90",
            choice(RETENTION_DAYS),
            dev=30,
            production=365,
        ),
    ] = BY_PROFILE

    # --- The functions ---
    python_version: Annotated[
        str,
        Key(
            "pythonVersion",
            f"the Lambda runtime, one of {', '.join(PYTHON_VERSIONS)}; by default the Python that "
            "synthesizes, because it is the one that was tested",
            PYTHON_VERSIONS[-1],
            choice(PYTHON_VERSIONS),
        ),
    ] = field(default_factory=_this_python)
    architecture: Annotated[
        str,
        Key(
            "architecture",
            f"the processor, one of {', '.join(ARCHITECTURES)}; host is this machine's processor "
            "and system, for the sandbox only, which runs functions here",
            "arm64",
            choice(ARCHITECTURES),
        ),
    ] = "arm64"
    snap_start: Annotated[
        bool,
        Key(
            "snapStart",
            "true or false: functions start from a snapshot (Python 3.12 and later)",
            "true",
            flag,
        ),
    ] = False
    provisioned_concurrency: Annotated[
        int | None,
        Key(
            "provisionedConcurrency",
            "how many environments of each function are always warm",
            "5",
            number(1, 1_000_000),
        ),
    ] = None
    reserved_concurrency: Annotated[
        int | None,
        Key(
            "reservedConcurrency",
            "how many requests each function runs at once, at most and for certain; a new "
            "account cannot reserve any",
            "100",
            number(1, 1_000_000),
        ),
    ] = None
    canary: Annotated[
        bool,
        Key(
            "canary",
            "true or false: a new version gets a tenth of the requests for five minutes first, "
            "and goes back when an alarm goes off",
            "true",
            flag,
            dev=False,
            production=True,
        ),
    ] = BY_PROFILE

    # --- The API ---
    allowed_principals: Annotated[
        tuple[str, ...],
        Key(
            "allowedPrincipals",
            "the accounts (12 digits) and organizations (o-…) whose principals may call besides "
            "this account's",
            "210987654321,o-a1b2c3d4e5",
            each(r"\d{12}|o-[a-z0-9]{10,32}"),
        ),
    ] = ()
    api_requests_per_second: Annotated[
        int,
        Key(
            "apiRequestsPerSecond",
            "how many requests a second each method takes where no key of its own says so",
            "100",
            number(1, MOST_REQUESTS_PER_SECOND),
        ),
    ] = 100
    api_burst: Annotated[
        int,
        Key("apiBurst", "how many requests a method takes at once", "200", number(1, 5_000)),
    ] = 200
    send_requests_per_second: Annotated[
        int,
        Key(
            "sendRequestsPerSecond",
            "how many requests a second POST /otp takes",
            "100",
            number(1, MOST_REQUESTS_PER_SECOND),
        ),
    ] = 100
    send_burst: Annotated[
        int,
        Key("sendBurst", "how many requests POST /otp takes at once", "200", number(1, 5_000)),
    ] = 200
    verify_requests_per_second: Annotated[
        int,
        Key(
            "verifyRequestsPerSecond",
            "how many requests a second POST /otp/verify takes",
            "100",
            number(1, MOST_REQUESTS_PER_SECOND),
        ),
    ] = 100
    verify_burst: Annotated[
        int,
        Key(
            "verifyBurst",
            "how many requests POST /otp/verify takes at once",
            "200",
            number(1, 5_000),
        ),
    ] = 200
    domain_name: Annotated[
        str | None,
        Key(
            "domainName",
            "a domain name of your own for the API",
            "otp.example.com",
            matching(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"),
        ),
    ] = None
    certificate_arn: Annotated[
        str | None,
        Key(
            "certificateArn",
            "the ACM certificate of domainName, in the region of the API",
            "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
            matching(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[A-Za-z0-9-]+"),
        ),
    ] = None
    waf: Annotated[
        bool,
        Key(
            "waf",
            "true or false: AWS WAF stands before the API, with AWS's common and IP reputation "
            "rules",
            "true",
            flag,
            dev=False,
            production=True,
        ),
    ] = BY_PROFILE
    waf_rate_limit: Annotated[
        int | None,
        Key(
            "wafRateLimit",
            "how many requests an IP address may make in 5 minutes; callers may share addresses",
            "1000",
            number(10, 2_000_000_000),
        ),
    ] = None
    api_gateway_log_role: Annotated[
        str,
        Key(
            "apiGatewayLogRole",
            "how API Gateway gets the role it logs with, which is one for the whole account and "
            f"region, one of {', '.join(LOG_ROLES)}; with none it writes no logs",
            "existing",
            choice(LOG_ROLES),
            dev="none",
            production="existing",
        ),
    ] = BY_PROFILE
    client_certificate: Annotated[
        bool,
        Key(
            "clientCertificate",
            "true or false: API Gateway has a client certificate, which compliance packs ask for",
            "true",
            flag,
            dev=False,
            production=True,
        ),
    ] = BY_PROFILE

    # --- Watching ---
    alarms: Annotated[
        bool,
        Key(
            "alarms", "true or false: there are alarms, and a topic that they notify", "true", flag
        ),
    ] = True
    alarm_topic_arn: Annotated[
        str | None,
        Key(
            "alarmTopicArn",
            "the SNS topic that alarms notify instead of one of the stack's own",
            "arn:aws:sns:eu-west-1:123456789012:on-call",
            matching(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"),
        ),
    ] = None
    alarm_server_error_percent: Annotated[
        int,
        Key(
            "alarmServerErrorPercent",
            "the alarms go off above this percentage of requests that fail on our side",
            "2",
            number(0, 100),
        ),
    ] = 2
    alarm_crash_percent: Annotated[
        int,
        Key(
            "alarmCrashPercent",
            "the alarm goes off above this percentage of invocations that die without an answer",
            "1",
            number(0, 100),
        ),
    ] = 1
    alarm_outcome_unknown_percent: Annotated[
        int,
        Key(
            "alarmOutcomeUnknownPercent",
            "the alarm goes off above this percentage of requests whose outcome nobody knows",
            "5",
            number(0, 100),
        ),
    ] = 5
    alarm_latency_ms: Annotated[
        int,
        Key(
            "alarmLatencyMs",
            "the alarm goes off above this 99th percentile of a function's duration, in "
            "milliseconds",
            "5000",
            number(1, int(TimeLimits().function * 1000)),
        ),
    ] = 5000
    alarm_texts_per_hour: Annotated[
        int,
        Key(
            "alarmTextsPerHour",
            "the alarm goes off above this number of texts in an hour, before the bill does",
            "2000",
            number(1, MOST_MESSAGES),
        ),
    ] = 800
    alarm_verified_percent: Annotated[
        int,
        Key(
            "alarmVerifiedPercent",
            "the alarm goes off when less than this percentage of an hour's texts is verified",
            "50",
            number(0, 100),
        ),
    ] = 30
    alarm_verified_volume: Annotated[
        int,
        Key(
            "alarmVerifiedVolume",
            "that alarm is silent in hours with fewer messages, refused ones included",
            "500",
            number(1, MOST_MESSAGES),
        ),
    ] = 100
    alarm_verified_countries: Annotated[
        tuple[str, ...] | None,
        Key(
            "alarmVerifiedCountries",
            "the countries with such an alarm of their own, at most ten",
            "US,CA",
            countries,
        ),
    ] = None
    alarm_refused_per_hour: Annotated[
        int,
        Key(
            "alarmRefusedPerHour",
            "the alarm goes off above this number of messages in an hour that limits refuse",
            "200",
            number(0, MOST_MESSAGES),
        ),
    ] = 100
    dashboard: Annotated[
        bool, Key("dashboard", "true or false: there is a CloudWatch dashboard", "true", flag)
    ] = True
    runbook_url: Annotated[
        str,
        Key(
            "runbookUrl",
            "where docs/runbook.md is read, which every alarm links to",
            "https://example.com/otp/runbook.md",
            matching(r"\S{1,200}"),
        ),
    ] = "docs/runbook.md"

    def __post_init__(self) -> None:
        problems = list(about_the_application(self))
        for name, key in keys().items():
            try:
                value = _read(key, getattr(self, name), self.profile)
            except _ValueProblem as problem:
                problems.append(str(problem))
            else:
                if value in (None, ()) and name in _required():
                    problems.append(key.missing())
                elif value is None and not _may_be_none(name):
                    problems.append(key.impossible(value))
                object.__setattr__(self, name, value)
        # What does not fit together is judged once every value is one.
        problems = problems or list(contradictions(self))
        if problems:
            raise ConfigError("\n".join(problems))

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> "Config":
        """Parse CDK context, the CDK's own keys included.

        Raises:
            ConfigError: as above, and for every key that is none: a typo would go unnoticed.

        """
        given = {
            key: value
            for key, value in context.items()
            if value not in ("", None) and not _OF_THE_CDK.search(key)
        }
        names = {key.name: name for name, key in keys().items()}
        values: dict[str, Any] = dict.fromkeys(_required()) | {
            names[key]: value for key, value in given.items() if key in names
        }
        unknown = [_unknown(key, names) for key in sorted(given.keys() - names.keys())]
        try:
            config = cls(**values)
        except ConfigError as error:
            raise ConfigError("\n".join([str(error), *unknown])) from None
        if unknown:
            raise ConfigError("\n".join(unknown))
        return config


def keys() -> dict[str, Key]:
    """Give the key of each attribute of the configuration, in order."""
    return {
        name: next(part for part in annotated.__metadata__ if isinstance(part, Key))
        for name, annotated in get_type_hints(Config, include_extras=True).items()
    }


def _required() -> list[str]:
    return [
        field.name
        for field in fields(Config)
        if field.default is MISSING and field.default_factory is MISSING
    ]


@cache
def _may_be_none(name: str) -> bool:
    return type(None) in get_args(get_type_hints(Config)[name])


class _ValueProblem(Exception):  # noqa: N818 - the sentence that says what to set
    pass


def _read(key: Key, value: Any, profile: str) -> Any:  # noqa: ANN401 - of any key
    if value is BY_PROFILE:
        return key.production if profile == "production" else key.dev
    if value is None:
        return None
    try:
        return key.read(value)
    except UnknownCountriesError as unknown:
        raise _ValueProblem(
            f"{key.name} holds {unknown}, which is no ISO 3166-1 alpha-2 country code; "
            f"the United Kingdom, for one, is GB (-c {key.name}={key.example})."
        ) from None
    except ValueError:
        raise _ValueProblem(key.impossible(value)) from None


def _unknown(key: str, names: Mapping[str, str]) -> str:
    close = difflib.get_close_matches(key, names, n=1)
    return f"There is no configuration key {key}" + (
        f"; did you mean {close[0]}?" if close else "."
    )
