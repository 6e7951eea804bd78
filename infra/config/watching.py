"""Alarms and dashboard."""

from typing import Annotated

from pydantic import Field

from lambda_src.otp.time_limits import TimeLimits

from .values import MOST_MESSAGES, Countries, Flag, Messages, Number, Percent, Subject, key, text

_TopicArn = Annotated[str, text("arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")]
_Milliseconds = Annotated[Number, Field(ge=1, le=int(TimeLimits().function * 1000))]


class Watching(Subject):
    """Alarms and dashboard."""

    alarms: Flag = key(
        "true or false: the stack has alarms, and a topic that they notify", "true", default=True
    )
    alarm_topic_arn: _TopicArn | None = key(
        "the SNS topic that alarms notify instead of the stack's own",
        "arn:aws:sns:eu-west-1:123456789012:on-call",
        None,
    )
    alarm_server_error_percent: Percent = key(
        "the alarm threshold for server errors, in percent of requests", "2", 2
    )
    alarm_crash_percent: Percent = key(
        "the alarm threshold for invocations without an answer, in percent",
        "1",
        1,
    )
    alarm_outcome_unknown_percent: Percent = key(
        "the alarm threshold for unknown outcomes, in percent of requests", "5", 5
    )
    alarm_latency_ms: _Milliseconds = key(
        "the alarm threshold for the 99th percentile of a function's duration, in milliseconds",
        "5000",
        5000,
    )
    alarm_texts_per_hour: Messages = key(
        "the alarm threshold for texts in an hour",
        "2000",
        800,
    )
    alarm_verified_percent: Percent = key(
        "the percentage of verified texts in an hour below which an alarm goes off",
        "50",
        30,
    )
    alarm_verified_volume: Messages = key(
        "the texts in an hour, refused ones included, below which that alarm is silent", "500", 100
    )
    alarm_verified_countries: Countries | None = key(
        "the countries with their own alarm on verified texts, at most ten", "US,CA", None
    )
    alarm_wrong_codes_percent: Percent = key(
        "the alarm threshold for wrong codes in an hour, in percent; at least 20 must be wrong",
        "40",
        50,
    )
    alarm_refused_per_hour: Annotated[Number, Field(ge=0, le=MOST_MESSAGES)] = key(
        "the alarm threshold for texts in an hour that limits refuse",
        "200",
        100,
    )
    alarm_guarded_per_hour: Annotated[Number, Field(ge=0, le=MOST_MESSAGES)] = key(
        "the alarm threshold for texts in an hour that the guard refuses, or would refuse",
        "200",
        50,
    )
    dashboard: Flag = key(
        "true or false: the stack has a CloudWatch dashboard", "true", default=True
    )
    runbook_url: Annotated[str, text(r"\S{1,200}")] = key(
        "the address of docs/runbook.md, to which alarms link",
        "https://example.com/otp/runbook.md",
        "docs/runbook.md",
    )
