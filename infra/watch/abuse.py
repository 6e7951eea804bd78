"""What tells that somebody is abusing it."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import Config
from lambda_src.otp.contract.problems import ReferenceIdReused

from .alarms import Alarms
from .metrics import NAMESPACE, by_country

_HOUR = Duration.hours(1)

# A caller that takes one ReferenceId for two requests by mistake is told so, and stops. Who guesses
# the number of one is answered five times, and then sixty times an hour.
_MOST_REUSED = 20

# Below so many, a share says nothing, and little is at stake: 20 guesses an hour at six digits find
# a code in nearly six years.
LEAST_WRONG_CODES = 20

# CloudWatch asks for every metric of an alarm, and three are behind each country's.
_MOST_COUNTRIES_BY_DEFAULT = 5


def verified_percent(
    deployment: str, config: Config, country: str | None = None
) -> cloudwatch.MathExpression:
    """Say which share of the texts of an hour was verified, in percent.

    A person types in most codes that they asked for; a traffic pump none. 100 where there are few
    messages, refused ones included: a share of few says nothing.
    """
    # A graph may show several, in which an id stands for one metric.
    suffix = f"_{country.lower()}" if country else ""
    texts, verified, refused = (f"{name}{suffix}" for name in ("texts", "verified", "refused"))
    volume = config.alarm_verified_volume
    return cloudwatch.MathExpression(
        expression=(
            f"IF({texts} + {refused} >= {volume} AND {texts} > 0, 100 * {verified} / {texts}, 100)"
        ),
        using_metrics={
            texts: by_country("Texts", deployment, _HOUR, country),
            verified: by_country("Verified", deployment, _HOUR, country),
            refused: by_country("RefusedByLimit", deployment, _HOUR, country),
        },
        label=f"verified{f' in {country}' if country else ''} (%)",
        period=_HOUR,
    )


def wrong_percent(deployment: str) -> cloudwatch.MathExpression:
    """Say which share of the codes of an hour was wrong, in percent.

    0 where hardly any was wrong, however few were right: a guesser is heard of in a deployment with
    ten verifications an hour as well as in one with ten thousand.
    """
    return cloudwatch.MathExpression(
        expression=(f"IF(wrong >= {LEAST_WRONG_CODES}, 100 * wrong / (wrong + verified), 0)"),
        using_metrics={
            "wrong": by_country("WrongCodes", deployment, _HOUR),
            "verified": by_country("Verified", deployment, _HOUR),
        },
        label="wrong (%)",
        period=_HOUR,
    )


def reused(deployment: str) -> cloudwatch.Metric:
    """Count requests with a ReferenceId that belongs to another request."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name="Refused",
        dimensions_map={
            "Deployment": deployment,
            "Function": "send",
            "Code": ReferenceIdReused.code,
        },
        statistic="Sum",
        period=_HOUR,
    )


def watched_countries(config: Config) -> tuple[str, ...]:
    """Give the countries that are watched apart: a pump in one may not show in all."""
    if config.alarm_verified_countries is not None:
        return config.alarm_verified_countries
    allowed = config.allowed_countries
    # One country is the whole deployment.
    return allowed if 1 < len(allowed) <= _MOST_COUNTRIES_BY_DEFAULT else ()


def add_abuse_alarms(alarms: Alarms, deployment: str, config: Config) -> None:
    """Add the alarms on what goes out, what is refused, and what is never typed in."""
    alarms.add(
        "TextsPerHour",
        by_country("Texts", deployment, _HOUR),
        above=config.alarm_texts_per_hour,
        meaning="More texts go out than you expect to pay for.",
        section="texts-per-hour",
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "RefusedByLimit",
        by_country("RefusedByLimit", deployment, _HOUR),
        above=config.alarm_refused_per_hour,
        meaning="Limits refuse many messages.",
        section="refused-by-limit",
        bad_periods=1,
        of_periods=1,
    )
    for country in (None, *watched_countries(config)):
        alarms.add(
            f"Verified{country or ''}",
            verified_percent(deployment, config, country),
            below=config.alarm_verified_percent,
            meaning=f"Few of the codes texted {f'to {country} ' if country else ''}are verified.",
            section="verified",
            bad_periods=1,
            of_periods=1,
        )
    alarms.add(
        "WrongCodes",
        wrong_percent(deployment),
        above=config.alarm_wrong_codes_percent,
        meaning="Many of the codes that are typed in are wrong.",
        section="wrong-codes",
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "ReferenceIdReused",
        reused(deployment),
        above=_MOST_REUSED,
        meaning="ReferenceIds are used for different requests.",
        section="referenceid-reused",
        bad_periods=1,
        of_periods=1,
    )
