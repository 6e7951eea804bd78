"""Alarms on abuse."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.config import Config
from lambda_src.otp.contract.problems import ReferenceIdReused

from .alarms import Alarms
from .metrics import NAMESPACE, by_country

_HOUR = Duration.hours(1)

# A caller that uses one ReferenceId for two requests by mistake gets 422, and stops. A guesser of
# the number of a ReferenceId is answered five times, and then sixty times an hour.
_MOST_REUSED = 20

# A share of fewer says nothing, and little is at stake: 20 guesses an hour at six digits find a
# code in nearly six years.
LEAST_WRONG_CODES = 20

# CloudWatch bills every metric of an alarm, and each country's alarm has three.
_MOST_COUNTRIES_BY_DEFAULT = 5


def verified_percent(
    deployment: str, config: Config, country: str | None = None
) -> cloudwatch.MathExpression:
    """Return the share of an hour's texts that was verified, in percent.

    People enter most codes that they request; traffic pumps enter none. 100 if there are few texts,
    refused ones included: a share of few says nothing.
    """
    # A graph may show several countries, and an ID must stand for one metric in it.
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
    """Return the share of an hour's codes that was invalid, in percent.

    0 if hardly any was invalid. The share does not depend on the volume: a guesser shows in a
    deployment with ten verifications an hour and in one with ten thousand.
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
    """Return the number of requests whose ReferenceId belongs to another request."""
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
    """Return the countries with alarms of their own: a pump in one may not show in the total."""
    if config.alarm_verified_countries is not None:
        return config.alarm_verified_countries
    allowed = config.allowed_countries
    # One country is the whole deployment.
    return allowed if 1 < len(allowed) <= _MOST_COUNTRIES_BY_DEFAULT else ()


def add_abuse_alarms(alarms: Alarms, deployment: str, config: Config) -> None:
    """Add the alarms on texts, refused texts and codes that are not verified."""
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
        meaning="Limits refuse many texts: of abusers, or of people if a limit is too tight.",
        section="refused-by-limit",
        bad_periods=1,
        of_periods=1,
    )
    for country in (None, *watched_countries(config)):
        alarms.add(
            f"Verified{country or ''}",
            verified_percent(deployment, config, country),
            below=config.alarm_verified_percent,
            meaning=f"Few of the codes texted {f'to {country} ' if country else ''}are verified: "
            "texts do not arrive, or nobody wants them.",
            section="verified",
            bad_periods=1,
            of_periods=1,
        )
    alarms.add(
        "WrongCodes",
        wrong_percent(deployment),
        above=config.alarm_wrong_codes_percent,
        meaning="Many of the codes that people enter are invalid.",
        section="wrong-codes",
        bad_periods=1,
        of_periods=1,
    )
    alarms.add(
        "ReferenceIdReused",
        reused(deployment),
        above=_MOST_REUSED,
        meaning="Many requests use another request's ReferenceId, and get 422.",
        section="referenceid-reused",
        bad_periods=1,
        of_periods=1,
    )
