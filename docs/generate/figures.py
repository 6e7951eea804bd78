"""The computed tables of docs/cost.md.

Quotas are written by hand in the page's own table: change them there. A stack's resources are
counted in its template.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .markdown import NOTHING, number, rows, table
from .prices import ASSUMED, PRICES

_PAGE = Path(__file__).resolve().parents[1] / "cost.md"
#: A wall: its name, its default, what a text takes, (computed), and what moves it.
WALLS = rows(_PAGE.read_text(), "Which wall comes first")

# The types of resources whose cost is known: nothing, or counted below.
_KNOWN = re.compile(
    r"AWS::(ApiGateway::\w+|CloudWatch::(Alarm|Dashboard)|CodeDeploy::\w+|DynamoDB::GlobalTable"
    r"|IAM::\w+|KMS::(Alias|Key)|Lambda::(Alias|EventInvokeConfig|Function|Permission|Version)"
    r"|Logs::LogGroup|Pinpoint::App|SNS::Topic(Policy)?|SQS::Queue(Policy)?"
    r"|WAFv2::(LoggingConfiguration|WebACL|WebACLAssociation))"
)
_HOURS_A_MONTH, _DAYS_A_MONTH, _MILLION = 730, 30, 1_000_000

#: A template's resources, by logical ID.
Stack = Mapping[str, Any]
#: How much is paid for, by the name of its price.
Quantities = Mapping[str, float]


def idle_month(stack: Stack) -> Quantities:
    """Count what is paid for without a single request.

    Raises:
        ValueError: the stack has a type whose price is unknown.

    """
    types = {resource["Type"] for resource in stack.values()}
    if unknown := sorted(type_ for type_ in types if not _KNOWN.fullmatch(type_)):
        raise ValueError(f"Add to docs/generate/figures.py what these cost: {unknown}.")
    alarms, firewalls = _all(stack, "CloudWatch::Alarm"), _all(stack, "WAFv2::WebACL")
    # Each metric of an alarm's expression is paid for.
    watched = [sum("MetricStat" in of for of in alarm.get("Metrics", [])) or 1 for alarm in alarms]
    return {
        "CloudWatch: metrics that alarms watch": sum(watched),
        "CloudWatch: dashboards": len(_all(stack, "CloudWatch::Dashboard")),
        "KMS: keys": len(_all(stack, "KMS::Key")),
        "WAF: web ACLs": len(firewalls),
        "WAF: rules and managed groups": sum(len(acl["Rules"]) for acl in firewalls),
    }


def month_in_use(stack: Stack) -> Quantities:
    """Count what a month with requests adds, however many there are."""
    keys = [name for name, resource in stack.items() if resource["Type"] == "AWS::KMS::Key"]
    # Each resource that names the key, unless it is a policy, sends requests to KMS.
    encrypted = sum(
        any(f'"{key}"' in json.dumps(resource.get("Properties", {})) for key in keys)
        for resource in stack.values()
        if not resource["Type"].startswith(("AWS::IAM", "AWS::KMS"))
    )
    # The check of a release writes none.
    functions = [of for of in _all(stack, "Lambda::Function") if of["Handler"].startswith("otp.")]
    metrics = (
        ASSUMED["metrics of each function"] * len(functions)
        + ASSUMED["metrics of each country, and of all together"]
        * (ASSUMED["countries that are texted"] + 1)
        + ASSUMED["limits that refuse something, a metric each"]
        + ASSUMED["codes of problems that occur, a metric each"]
    )
    asked = encrypted * ASSUMED["times an hour that what is encrypted asks KMS"] * _HOURS_A_MONTH
    return {"CloudWatch: metrics of our own": metrics, "KMS: requests": asked / 10_000}


def million(stack: Stack, function: str, millions_a_month: float = 1) -> Quantities:
    """Count what is paid for a million requests to `send` or `verify`, evenly spread."""
    handler = f"otp.{function}.handler"
    [called] = [of for of in _all(stack, "Lambda::Function") if of["Handler"] == handler]
    [days_kept] = {group["RetentionInDays"] for group in _all(stack, "Logs::LogGroup")}
    [stage] = _all(stack, "ApiGateway::Stage")
    firewalls = len(_all(stack, "WAFv2::WebACL"))
    seconds = ASSUMED["milliseconds that a function takes"] / 1000
    a_second = millions_a_month * _MILLION / (_HOURS_A_MONTH * 3600)
    first = min(a_second, ASSUMED["requests a second that X-Ray traces"])
    traced = first + ASSUMED["share of the others that X-Ray traces"] * (a_second - first)
    value = "x" * int(ASSUMED["bytes of a value in API Gateway's access log"])
    access_log = stage.get("AccessLogSetting", {"Format": ""})["Format"]
    # For a million requests.
    gigabytes = (
        ASSUMED["bytes of a function's own line in the log"]
        + ASSUMED["bytes of its lines of metrics in the log"]
        + ASSUMED["bytes of Lambda's own lines in the log"]
        + len(re.sub(r"\$context(\.\w+)+", value, access_log))
        + ASSUMED["bytes of the firewall's line in the log"] * firewalls
    ) / 1000
    share_kept = ASSUMED["share that is kept of a line, compressed"]
    kept = gigabytes * share_kept * days_kept / _DAYS_A_MONTH
    return {
        "API Gateway: requests to a REST API": 1,
        "Lambda: requests": 1,
        f"Lambda: duration on {called['Architectures'][0]}": (
            called["MemorySize"] / 1024 * seconds * _MILLION / 1000
        ),
        "DynamoDB: write request units": ASSUMED[
            "writes of a message, of one unit each"
            if function == "send"
            else "writes of a verification, of one unit each"
        ],
        "DynamoDB: read request units": (
            ASSUMED["reads of a verification, of one unit each"] if function == "verify" else 0
        ),
        "X-Ray: traces recorded": traced / a_second if stage.get("TracingEnabled") else 0,
        "WAF: requests": firewalls,
        "CloudWatch: log lines taken in": gigabytes,
        "CloudWatch: log lines kept, compressed": kept,
    }


def usd(quantities: Quantities) -> float:
    """Add up the costs, each rounded to the cent as in the tables."""
    return sum(round(number(PRICES[what][0]) * much, 2) for what, much in quantities.items())


def texts(wall: Sequence[str]) -> float:
    """Give the texts a second that reach a wall."""
    return number(wall[1]) / number(wall[2])


def of_cost(*stacks: Stack) -> dict[str, str]:
    """Write the tables of docs/cost.md from the resources of dev and production."""
    counted = {
        "An idle month": list(map(idle_month, stacks)),
        "A month with texts adds": list(map(month_in_use, stacks)),
        "A million texts add, without their own price": [million(of, "send") for of in stacks],
        "A million verifications add": [million(of, "verify") for of in stacks],
    }
    summary = ((what, *(f"${usd(of):,.2f}" for of in both)) for what, both in counted.items())
    scale = []
    for sent in (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000):
        millions = sent / _MILLION
        months = [
            usd(idle_month(stack))
            + usd(month_in_use(stack))
            + millions * usd(million(stack, "send", millions))
            for stack in stacks
        ]
        of_texts = usd({"SMS: texts to the United States": sent})
        scale.append((f"{sent:,}", *(f"${cost:,.0f}" for cost in (*months, of_texts))))
    return {
        "summary": table(("", "dev:", "production:"), summary),
        "idle": _lines(counted["An idle month"]),
        "in-use": _lines(counted["A month with texts adds"]),
        "million": _lines(counted["A million texts add, without their own price"]),
        "scale": table(("texts a month:", "dev:", "production:", "the texts:"), scale),
        "walls": _walls(),
    }


def _all(stack: Stack, type_: str) -> list[Mapping[str, Any]]:
    return [of.get("Properties", {}) for of in stack.values() if of["Type"] == f"AWS::{type_}"]


def _lines(both: Sequence[Quantities]) -> str:
    lines: list[Sequence[str]] = []
    for what in both[0]:
        if any(of[what] for of in both):
            cells = (
                f"${usd({what: of[what]}):,.2f} ({of[what]:,.3g})" if of[what] else NOTHING
                for of in both
            )
            lines.append((what, " per ".join(PRICES[what]), *cells))
    together = ("**Together**", "", *(f"**${usd(of):,.2f}**" for of in both))
    return table(("", "price", "dev:", "production:"), [*lines, together])


def _walls() -> str:
    """Write the walls in the order in which they are reached, with the computed column."""
    heads = ("wall", "default:", "a text takes:", "texts a second:", "what moves it")
    walls = sorted(WALLS, key=texts)
    return table(heads, ([*wall[:3], _short(texts(wall)), *wall[4:]] for wall in walls))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
