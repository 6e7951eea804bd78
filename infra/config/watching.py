"""Watching."""

from typing import Annotated

from pydantic import Field

from lambda_src.otp.time_limits import TimeLimits

from .values import MOST_MESSAGES, Countries, Flag, Messages, Number, Percent, Subject, key, text

_TopicArn = Annotated[str, text("arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")]
_Milliseconds = Annotated[Number, Field(ge=1, le=int(TimeLimits().function * 1000))]


class Watching(Subject):
    """Watching."""

    alarms: Flag = key(
        "true or false: there are alarms, and a topic that they notify", "true", default=True
    )
    alarm_topic_arn: _TopicArn | None = key(
        "the SNS topic that alarms notify instead of one of the stack's own",
        "arn:aws:sns:eu-west-1:123456789012:on-call",
        None,
    )
    alarm_server_error_percent: Percent = key(
        "the alarms go off above this percentage of requests that fail on our side", "2", 2
    )
    alarm_crash_percent: Percent = key(
        "the alarm goes off above this percentage of invocations that die without an answer",
        "1",
        1,
    )
    alarm_outcome_unknown_percent: Percent = key(
        "the alarm goes off above this percentage of requests whose outcome nobody knows", "5", 5
    )
    alarm_latency_ms: _Milliseconds = key(
        "the alarm goes off above this 99th percentile of a function's duration, in milliseconds",
        "5000",
        5000,
    )
    alarm_texts_per_hour: Messages = key(
        "the alarm goes off above this number of texts in an hour, before the bill does",
        "2000",
        800,
    )
    alarm_verified_percent: Percent = key(
        "the alarm goes off when less than this percentage of an hour's texts is verified",
        "50",
        30,
    )
    alarm_verified_volume: Messages = key(
        "that alarm is silent in hours with fewer messages, refused ones included", "500", 100
    )
    alarm_verified_countries: Countries | None = key(
        "the countries with such an alarm of their own, at most ten", "US,CA", None
    )
    alarm_wrong_codes_percent: Percent = key(
        "the alarm goes off above this percentage of an hour's codes that are wrong, where at "
        "least 20 are",
        "40",
        50,
    )
    alarm_refused_per_hour: Annotated[Number, Field(ge=0, le=MOST_MESSAGES)] = key(
        "the alarm goes off above this number of messages in an hour that limits refuse",
        "200",
        100,
    )
    alarm_guarded_per_hour: Annotated[Number, Field(ge=0, le=MOST_MESSAGES)] = key(
        "the alarm goes off above this number of messages in an hour that the guard refuses, or "
        "would refuse",
        "200",
        50,
    )
    dashboard: Flag = key("true or false: there is a CloudWatch dashboard", "true", default=True)
    runbook_url: Annotated[str, text(r"\S{1,200}")] = key(
        "where docs/runbook.md is read, which every alarm links to",
        "https://example.com/otp/runbook.md",
        "docs/runbook.md",
    )
