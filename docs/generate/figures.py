"""The computed tables of docs/cost.md.

Quotas are in the page's own table, by hand: change them there. What a stack consists of is counted
in its template.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .markdown import NOTHING, number, rows, table
from .prices import ASSUMED, PRICES

_PAGE = Path(__file__).resolve().parents[1] / "cost.md"
#: A wall's name, its default, what a text takes of it, (computed), what moves it.
WALLS = rows(_PAGE.read_text(), "Which wall comes first")

# The types of resources whose cost is known: nothing, or what is counted below.
_KNOWN = re.compile(
    r"AWS::(ApiGateway::\w+|CloudWatch::(Alarm|Dashboard)|CodeDeploy::\w+|DynamoDB::GlobalTable"
    r"|IAM::\w+|KMS::(Alias|Key)|Lambda::(Alias|EventInvokeConfig|Function|Permission|Version)"
    r"|Logs::LogGroup|Pinpoint::App|SNS::Topic(Policy)?|SQS::Queue(Policy)?"
    r"|WAFv2::(LoggingConfiguration|WebACL|WebACLAssociation))"
)
_HOURS_A_MONTH, _DAYS_A_MONTH, _MILLION, _TIMES = 730, 30, 1_000_000, "\N{MULTIPLICATION SIGN}"

#: A template's resources, by logical ID.
Stack = Mapping[str, Any]
#: How much is paid for, by the name of its price.
Quantities = Mapping[str, float]


def idle_month(stack: Stack) -> Quantities:
    """Count what costs without a single request.

    Raises:
        ValueError: there is a type whose price nobody has said.

    """
    types = {resource["Type"] for resource in stack.values()}
    if unknown := sorted(type_ for type_ in types if not _KNOWN.fullmatch(type_)):
        raise ValueError(f"Say in docs/generate/figures.py what these cost: {unknown}.")
    alarms, firewalls = _all(stack, "CloudWatch::Alarm"), _all(stack, "WAFv2::WebACL")
    # Each metric of an alarm's expression is paid for.
    watched = [sum("MetricStat" in of for of in alarm.get("Metrics", [])) or 1 for alarm in alarms]
    return {
        "CloudWatch: metrics that alarms watch": sum(watched),
        "CloudWatch: dashboards": len(_all(stack, "CloudWatch::Dashboard")),
        "KMS: keys": len(_all(stack, "KMS::Key")),
        "WAF: web ACLs": len(firewalls),
        "WAF: rules, a managed group being one": sum(len(acl["Rules"]) for acl in firewalls),
    }


def month_in_use(stack: Stack) -> Quantities:
    """Count what a month with requests costs more, however many they are."""
    keys = [name for name, resource in stack.items() if resource["Type"] == "AWS::KMS::Key"]
    # What names the key and is no policy asks KMS for it.
    encrypted = sum(
        any(f'"{key}"' in json.dumps(resource.get("Properties", {})) for key in keys)
        for resource in stack.values()
        if not resource["Type"].startswith(("AWS::IAM", "AWS::KMS"))
    )
    metrics = (
        ASSUMED["metrics of each function"] * len(_all(stack, "Lambda::Function"))
        + ASSUMED["metrics of each country, and of all together"]
        * (ASSUMED["countries that are texted"] + 1)
        + ASSUMED["limits that refuse something, a metric each"]
        + ASSUMED["codes of problems that occur, a metric each"]
    )
    asked = encrypted * ASSUMED["times an hour that what is encrypted asks KMS"] * _HOURS_A_MONTH
    return {"CloudWatch: metrics of our own": metrics, "KMS: requests": asked / 10_000}


def million(stack: Stack, function: str, millions_a_month: float = 1) -> Quantities:
    """Count what a million requests to `send` or `verify` cost, which come evenly."""
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
    # Of a million requests.
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
        "DynamoDB: write request units, on demand": ASSUMED[
            "writes of a message, of one unit each"
            if function == "send"
            else "writes of a verification, of one unit each"
        ],
        "DynamoDB: read request units, on demand": (
            ASSUMED["reads of a verification, of one unit each"] if function == "verify" else 0
        ),
        "X-Ray: traces recorded": traced / a_second if stage.get("TracingEnabled") else 0,
        "WAF: requests": firewalls,
        "CloudWatch: log lines taken in": gigabytes,
        "CloudWatch: log lines kept, compressed": kept,
    }


def usd(quantities: Quantities) -> float:
    """Add up what is paid, each to the cent, as it stands in the tables."""
    return sum(round(number(PRICES[what][0]) * much, 2) for what, much in quantities.items())


def texts(wall: Sequence[str]) -> float:
    """Give the texts a second at which a wall is reached."""
    return number(wall[1]) / number(wall[2])


def of_cost(*stacks: Stack) -> dict[str, str]:
    """Write the tables of docs/cost.md from the resources of dev and of production."""
    counted = {
        "An idle month": list(map(idle_month, stacks)),
        "A month with messages adds": list(map(month_in_use, stacks)),
        "A million messages add, without the texts": [million(of, "send") for of in stacks],
        "A million verifications add": [million(of, "verify") for of in stacks],
    }
    summary = ((what, *(f"${usd(of):,.2f}" for of in both)) for what, both in counted.items())
    scale = []
    for millions in (1, 10, 100):
        a_million = [usd(million(stack, "send", millions)) for stack in stacks]
        cells = [f"${of:,.2f}" for of in a_million]
        for stack, each in zip(stacks, a_million, strict=True):
            month = usd(idle_month(stack)) + usd(month_in_use(stack))
            cells.append(f"${month + millions * each:,.0f}")
        scale.append((f"{millions} million", *cells))
    heads = ("messages a month:", "a million, dev:", "a million, production:", "the month, dev:")
    return {
        "summary": table(("", "dev:", "production:"), summary),
        "idle": _lines(counted["An idle month"]),
        "in-use": _lines(counted["A month with messages adds"]),
        "messages": _lines(counted["A million messages add, without the texts"]),
        "scale": table((*heads, "the month, production:"), scale),
        "walls": _walls(),
    }


def _all(stack: Stack, type_: str) -> list[Mapping[str, Any]]:
    return [of.get("Properties", {}) for of in stack.values() if of["Type"] == f"AWS::{type_}"]


def _lines(both: Sequence[Quantities]) -> str:
    lines: list[Sequence[str]] = []
    for what in both[0]:
        price, unit = PRICES[what]
        products = (
            f"{of[what]:,.3g} {_TIMES} {price} = ${usd({what: of[what]}):,.2f}" for of in both
        )
        cells = (cell if of[what] else NOTHING for cell, of in zip(products, both, strict=True))
        lines.append((f"{what}, per {unit}", *cells))
    together = ("**Together**", *(f"**${usd(of):,.2f}**" for of in both))
    return table(("", "dev:", "production:"), [*lines, together])


def _walls() -> str:
    """Write the walls, the first one first; each keeps its cells, but for the computed one."""
    heads = ("wall", "default:", "a text takes:", "texts a second:", "what moves it")
    walls = sorted(WALLS, key=texts)
    return table(heads, ([*wall[:3], _short(texts(wall)), *wall[4:]] for wall in walls))


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
