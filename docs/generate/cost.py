"""docs/cost.md: what the stack itself costs, from AWS's list prices and the stack's templates.

A resource whose type has no place here stops the page: somebody must say what it costs.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .markdown import NOTHING, table

#: When the prices were looked up.
LOOKED_UP = "2026-11-23"


@dataclass(frozen=True, slots=True)
class Price:
    """One list price of the region us-east-1.

    Attributes:
        what: is paid for.
        usd: how much a unit of it costs.
        unit: as it is counted here.
        source: AWS's own page.
        check: the price could not be confirmed.

    """

    what: str
    usd: float
    unit: str
    source: str
    check: bool = False


_API_GATEWAY = "https://aws.amazon.com/api-gateway/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_KMS = "https://aws.amazon.com/kms/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_WAF = "https://aws.amazon.com/waf/pricing/"

API_REQUESTS = Price("API Gateway: requests to a REST API", 3.50, "million", _API_GATEWAY)
LAMBDA_REQUESTS = Price("Lambda: requests", 0.20, "million", _LAMBDA)
LAMBDA_DURATION = {
    "arm64": Price("Lambda: duration on arm64", 0.0133334, "1,000 GB-seconds", _LAMBDA),
    "x86_64": Price("Lambda: duration on x86_64", 0.0166667, "1,000 GB-seconds", _LAMBDA),
}
WRITES = Price(
    "DynamoDB: write request units, on demand",
    0.625,
    "million",
    "https://aws.amazon.com/dynamodb/pricing/on-demand/",
)
TRACES = Price("X-Ray: traces recorded", 5.00, "million", "https://aws.amazon.com/xray/pricing/")
LOG_INGESTION = Price("CloudWatch: log lines taken in", 0.50, "GB", _CLOUDWATCH)
LOG_STORAGE = Price("CloudWatch: log lines kept, compressed", 0.03, "GB and month", _CLOUDWATCH)
CUSTOM_METRICS = Price("CloudWatch: metrics of our own", 0.30, "metric and month", _CLOUDWATCH)
ALARMS = Price("CloudWatch: metrics that alarms watch", 0.10, "metric and month", _CLOUDWATCH)
DASHBOARDS = Price("CloudWatch: dashboards", 3.00, "dashboard and month", _CLOUDWATCH)
KEYS = Price("KMS: keys", 1.00, "key and month", _KMS)
KEY_REQUESTS = Price("KMS: requests", 0.03, "10,000", _KMS)
WAF_ACLS = Price("WAF: web ACLs", 5.00, "ACL and month", _WAF)
WAF_RULES = Price("WAF: rules, a managed group being one", 1.00, "rule and month", _WAF)
WAF_REQUESTS = Price("WAF: requests", 0.60, "million", _WAF)
TEXTS_TO_THE_US = Price(
    "A text to the United States, without the carrier's fee",
    5810,
    "million",
    "https://aws.amazon.com/end-user-messaging/pricing/",
    check=True,
)

# --- What is assumed ---

#: Of either function: AWS does not say how long VerifyOTPMessage takes.
REQUEST_MILLISECONDS = 400
#: Lock, counts and record. An item is below 1 KB, which is one unit: tests/unit/test_cost.py.
WRITES_A_SEND = 5
MAX_ITEM_BYTES = 1024
#: Of a function's own line, and of its lines of metrics: tests/unit/test_cost.py and
#: tests/docs/test_cost.py.
LOG_LINE_BYTES = 710
METRIC_LINES_BYTES = 910
# Lambda's own two lines (platform.start, platform.report), and the firewall's one: estimates.
LAMBDA_LINES_BYTES = 700
FIREWALL_LINE_BYTES = 2000
# A value in API Gateway's access log, on average. Its names are in the template.
ACCESS_LOG_VALUE_BYTES = 25
# What AWS counts of a line that is kept: https://aws.amazon.com/cloudwatch/pricing/, example 4.
COMPRESSED_TO = 0.15
# The default rule: the first request of a second, and one of twenty of the others.
# https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
TRACED_A_SECOND, TRACED_SHARE = 1, 0.05
# Requests, ServerErrors, OutcomeUnknown, Replayed, ReportedErrors; Texts, Verified, WrongCodes and
# RefusedByLimit, for all and by country; RefusedByLimit, by limit; Refused, by code.
METRICS_A_FUNCTION = 5
METRICS_A_COUNTRY = 4
COUNTRIES = 2
LIMITS = 2
CODES = 5
# Services keep a data key for five minutes.
KEY_REQUESTS_AN_HOUR = 12

_HOURS_A_MONTH = 730
_DAYS_A_MONTH = 30
_MILLION = 1_000_000
_GB = 1_000_000_000

_FREE = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::BasePathMapping",
        "AWS::ApiGateway::ClientCertificate",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::DomainName",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Model",
        "AWS::ApiGateway::RequestValidator",
        "AWS::ApiGateway::Resource",
        "AWS::CodeDeploy::Application",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::LoggingConfiguration",
        "AWS::WAFv2::WebACLAssociation",
    }
)
# By the request or by what is in it, and nothing while idle; counted below where a request uses it.
_BY_USE = frozenset(
    {
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::DynamoDB::GlobalTable",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::Pinpoint::App",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
    }
)
_BY_MONTH = frozenset(
    {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::KMS::Key",
        "AWS::WAFv2::WebACL",
    }
)
# What encrypts with the key, and asks KMS for it while it is in use.
_ENCRYPTED = frozenset(
    {
        "AWS::DynamoDB::GlobalTable",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
    }
)

_TIMES = "\N{MULTIPLICATION SIGN}"

Quantity = tuple[Price, float]


class Stack:
    """The resources of a template, as what is paid for.

    Args:
        resources: by logical ID.

    Raises:
        ValueError: there is a type whose price nobody has said.

    """

    def __init__(self, resources: Mapping[str, Any]) -> None:
        self._resources = resources
        types = {resource["Type"] for resource in resources.values()}
        if unknown := types - _FREE - _BY_USE - _BY_MONTH:
            raise ValueError(f"Say in docs/generate/cost.py what these cost: {sorted(unknown)}.")

    def idle_month(self) -> list[Quantity]:
        """Count what costs without a single request."""
        return [
            (ALARMS, sum(map(_watched, self._all("AWS::CloudWatch::Alarm")))),
            (DASHBOARDS, len(self._all("AWS::CloudWatch::Dashboard"))),
            (KEYS, len(self._all("AWS::KMS::Key"))),
            (WAF_ACLS, len(self._all("AWS::WAFv2::WebACL"))),
            (WAF_RULES, sum(len(acl["Rules"]) for acl in self._all("AWS::WAFv2::WebACL"))),
        ]

    def month_in_use(self) -> list[Quantity]:
        """Count what a month with requests costs more, however many they are."""
        functions = len(self._all("AWS::Lambda::Function"))
        by_country = METRICS_A_COUNTRY * (1 + COUNTRIES)
        own_metrics = functions * METRICS_A_FUNCTION + by_country + LIMITS + CODES
        key_requests = self._encrypted() * KEY_REQUESTS_AN_HOUR * _HOURS_A_MONTH
        return [(CUSTOM_METRICS, own_metrics), (KEY_REQUESTS, key_requests / 10_000)]

    def million_messages(self, millions_a_month: float = 1) -> list[Quantity]:
        """Count what a million messages cost, which come evenly through a month."""
        return self._million("send", millions_a_month, writes=WRITES_A_SEND)

    def million_verifications(self, millions_a_month: float = 1) -> list[Quantity]:
        """Count what a million verifications cost, which come evenly through a month."""
        return self._million("verify", millions_a_month, writes=0)

    def _million(self, name: str, millions_a_month: float, *, writes: int) -> list[Quantity]:
        [called] = [
            function
            for function in self._all("AWS::Lambda::Function")
            if function["Handler"] == f"otp.{name}.handler"
        ]
        gb_seconds = _MILLION * called["MemorySize"] / 1024 * REQUEST_MILLISECONDS / 1000
        firewalls = len(self._all("AWS::WAFv2::WebACL"))
        log_gb = _MILLION * self._log_bytes() / _GB
        return [
            (API_REQUESTS, 1),
            (LAMBDA_REQUESTS, 1),
            (LAMBDA_DURATION[called["Architectures"][0]], gb_seconds / 1000),
            (WRITES, writes),
            (TRACES, _traced(millions_a_month) if self._traces() else 0),
            (WAF_REQUESTS, firewalls),
            (LOG_INGESTION, log_gb),
            (LOG_STORAGE, log_gb * COMPRESSED_TO * self._months_kept()),
        ]

    def _all(self, type_: str) -> list[Mapping[str, Any]]:
        return [
            resource.get("Properties", {})
            for resource in self._resources.values()
            if resource["Type"] == type_
        ]

    def _encrypted(self) -> int:
        keys = [
            name
            for name, resource in self._resources.items()
            if resource["Type"] == "AWS::KMS::Key"
        ]
        return sum(
            any(f'"{key}"' in json.dumps(resource.get("Properties", {})) for key in keys)
            for resource in self._resources.values()
            if resource["Type"] in _ENCRYPTED
        )

    def _traces(self) -> bool:
        return any(stage.get("TracingEnabled") for stage in self._all("AWS::ApiGateway::Stage"))

    def _log_bytes(self) -> int:
        """Count the bytes that a request leaves in all logs."""
        access_logs = [
            stage["AccessLogSetting"]["Format"]
            for stage in self._all("AWS::ApiGateway::Stage")
            if "AccessLogSetting" in stage
        ]
        return (
            LOG_LINE_BYTES
            + METRIC_LINES_BYTES
            + LAMBDA_LINES_BYTES
            + sum(map(_access_log_bytes, access_logs))
            + FIREWALL_LINE_BYTES * len(self._all("AWS::WAFv2::LoggingConfiguration"))
        )

    def _months_kept(self) -> float:
        [days] = {group["RetentionInDays"] for group in self._all("AWS::Logs::LogGroup")}
        return float(days / _DAYS_A_MONTH)


def parts(dev: Mapping[str, Any], production: Mapping[str, Any]) -> dict[str, str]:
    """Write the generated parts of the page from the resources of both profiles."""
    stacks = [Stack(dev), Stack(production)]
    return {
        "summary": _summary(stacks),
        "idle": _lines(stacks, Stack.idle_month),
        "in-use": _lines(stacks, Stack.month_in_use),
        "messages": _lines(stacks, Stack.million_messages),
        "verifications": _lines(stacks, Stack.million_verifications),
        "scale": _scale(stacks),
        "assumptions": _assumptions(stacks),
        "prices": _prices(),
        "texts": (
            f"A million texts to the United States, for example, are "
            f"{_dollars(TEXTS_TO_THE_US.usd)} and the carriers' fees (**check**)."
        ),
    }


def total(quantities: Iterable[Quantity]) -> float:
    """Add up, each to the cent, as they stand in the tables."""
    return sum(_cost(*quantity) for quantity in quantities)


def _cost(price: Price, quantity: float) -> float:
    return round(price.usd * quantity, 2)


def _watched(alarm: Mapping[str, Any]) -> int:
    """Count the metrics of an alarm: each one of an expression is paid for."""
    return sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1


def _traced(millions_a_month: float) -> float:
    """Give the share of requests that is traced, at most: evenly, none meets another one."""
    a_second = millions_a_month * _MILLION / (_HOURS_A_MONTH * 3600)
    if a_second <= TRACED_A_SECOND:
        return 1
    return (TRACED_A_SECOND + TRACED_SHARE * (a_second - TRACED_A_SECOND)) / a_second


def _access_log_bytes(format_: str) -> int:
    return len(re.sub(r"\$context(\.\w+)+", "x" * ACCESS_LOG_VALUE_BYTES, format_))


def _summary(stacks: list[Stack]) -> str:
    rows = (
        ("An idle month", Stack.idle_month),
        ("A month with messages adds", Stack.month_in_use),
        ("A million messages add, without the texts", Stack.million_messages),
        ("A million verifications add", Stack.million_verifications),
    )
    return table(
        ("", "dev:", "production:"),
        ((name, *(_usd(total(count(stack))) for stack in stacks)) for name, count in rows),
    )


def _lines(stacks: list[Stack], count: Callable[[Stack], list[Quantity]]) -> str:
    counted = [count(stack) for stack in stacks]
    rows = [
        (f"{dev[0].what}, per {dev[0].unit}", _product(*dev), _product(*production))
        for dev, production in zip(*counted, strict=True)
    ]
    totals = (f"**{_usd(total(quantities))}**" for quantities in counted)
    return table(("", "dev:", "production:"), [*rows, ("**Together**", *totals)])


def _scale(stacks: list[Stack]) -> str:
    rows = []
    for millions in (1, 10, 100):
        a_million = [total(stack.million_messages(millions)) for stack in stacks]
        a_month = [
            total(stack.idle_month()) + total(stack.month_in_use()) + millions * messages
            for stack, messages in zip(stacks, a_million, strict=True)
        ]
        rows.append((f"{millions} million", *map(_usd, a_million), *map(_dollars, a_month)))
    return table(
        (
            "messages a month:",
            "a million, dev:",
            "a million, production:",
            "the month, dev:",
            "the month, production:",
        ),
        rows,
    )


def _assumptions(stacks: list[Stack]) -> str:
    price, duration = next(
        counted
        for counted in stacks[0].million_messages()
        if counted[0] in LAMBDA_DURATION.values()
    )
    a_hundred = _usd(_cost(price, duration * 100 / REQUEST_MILLISECONDS))
    rows = (
        (
            "how long a function takes, which mostly waits for Pinpoint",
            f"{REQUEST_MILLISECONDS} ms; every 100 ms more or less are {a_hundred} a million",
        ),
        (
            "what a message writes to DynamoDB: the lock, three counts and the record",
            f"{WRITES_A_SEND} times less than {MAX_ITEM_BYTES:,} bytes, one unit each",
        ),
        ("a function's own line in the log, measured", f"{LOG_LINE_BYTES:,} bytes"),
        ("its lines of metrics in the log, measured", f"{METRIC_LINES_BYTES:,} bytes"),
        ("Lambda's own lines in the log, estimated", f"{LAMBDA_LINES_BYTES:,} bytes"),
        (
            "a value in API Gateway's access log, estimated; the rest of the line is its format",
            f"{ACCESS_LOG_VALUE_BYTES:,} bytes",
        ),
        ("the firewall's line in the log, estimated", f"{FIREWALL_LINE_BYTES:,} bytes"),
        ("what a line counts while it is kept, estimated", f"{COMPRESSED_TO:.0%} of its size"),
        (
            "what X-Ray traces, by its default rule",
            f"{TRACED_A_SECOND} request a second, and {TRACED_SHARE:.0%} of the others",
        ),
        (
            "countries that are texted, for the metrics",
            f"{COUNTRIES}, with {METRICS_A_COUNTRY} metrics each",
        ),
        ("limits that refuse something, for the metrics", str(LIMITS)),
        ("codes of problems that occur, for the metrics", str(CODES)),
        ("how often each service that encrypts asks KMS", f"{KEY_REQUESTS_AN_HOUR} times an hour"),
    )
    return table(("what is assumed", ""), rows)


def _prices() -> str:
    prices = [price for price in globals().values() if isinstance(price, Price)]
    prices += [LAMBDA_DURATION[name] for name in ("arm64", "x86_64")]
    rows = (
        (
            price.what,
            _unit_price(price),
            price.unit,
            f"[AWS]({price.source})" + (", **check**" if price.check else ""),
        )
        for price in sorted(prices, key=lambda price: price.what)
    )
    return (
        f"Looked up on {LOOKED_UP}, in what AWS and others quote of these pages; **check** is what "
        "they do not agree on.\n\n"
    ) + table(("", "price:", "per", "source"), rows)


def _product(price: Price, quantity: float) -> str:
    if not quantity:
        return NOTHING
    return f"{quantity:,.3g} {_TIMES} {_unit_price(price)} = {_usd(_cost(price, quantity))}"


def _unit_price(price: Price) -> str:
    in_cents = round(price.usd, 2) == price.usd
    return _usd(price.usd) if in_cents else f"${price.usd:.7f}".rstrip("0")


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"


def _dollars(amount: float) -> str:
    return f"${amount:,.0f}"
