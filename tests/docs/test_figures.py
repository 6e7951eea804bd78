"""docs/cost.md and docs/scaling.md: the arithmetic, and what of it is also in the code."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from docs.generate import figures
from docs.generate.configuration import LEAST
from docs.generate.figures import Quantities, Stack, idle_month, million, month_in_use
from docs.generate.markdown import number, rows
from infra.config import Config, ConfigError
from lambda_src.otp.time_limits import TimeLimits

ROOT = Path(__file__).resolve().parents[2]
SCALING = (ROOT / "docs" / "scaling.md").read_text()

#: In the order of the page.
ROUND = (500, 5, 1024, 700, 900, 400, 10, 1000, 0.5, 1, 0.5, 5, 4, 2, 2, 3, 10)


def resource(type_: str, **properties: Any) -> dict[str, Any]:
    """Write a resource of a template."""
    return {"Type": f"AWS::{type_}", "Properties": properties}


def function(name: str) -> dict[str, Any]:
    """Write one of the functions."""
    of = {"Handler": f"otp.{name}.handler", "MemorySize": 512, "Architectures": ["arm64"]}
    return resource("Lambda::Function", **of)


ACCESS_LOG = {"Format": "$context.identity.user abc"}
EXPRESSION = [{"MetricStat": {}}, {"Expression": "a / b"}, {"MetricStat": {}}]
STACK: Stack = {
    "Key": resource("KMS::Key"),
    "Stage": resource("ApiGateway::Stage", TracingEnabled=True, AccessLogSetting=ACCESS_LOG),
    "Acl": resource("WAFv2::WebACL", Rules=[{}, {}]),
    "Log": resource("Logs::LogGroup", RetentionInDays=60, KmsKeyId="Key"),
    "Policy": resource("IAM::Policy", Resource="Key"),
    "Dashboard": resource("CloudWatch::Dashboard"),
    "One": resource("CloudWatch::Alarm", MetricName="Texts"),
    "Two": resource("CloudWatch::Alarm", Metrics=EXPRESSION),
    "Send": function("send"),
    "Verify": function("verify"),
}


@pytest.fixture
def _round_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Assume numbers that can be worked out by hand."""
    assumed = dict(zip(figures.ASSUMED, ROUND, strict=True))
    monkeypatch.setattr(figures, "ASSUMED", assumed)


@pytest.mark.usefixtures("_round_numbers")
@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (idle_month, [3, 1, 1, 1, 2]),
        # 2 functions, 3 places, 2 limits, 3 codes; 1 log, 10 an hour.
        (month_in_use, [2 * 5 + 3 * 4 + 2 + 3, 10 * 730 / 10_000]),
        # Half a GB for half a second; 5 writes; 3,014 bytes, of which half is kept for two months.
        (lambda stack: million(stack, "send"), [1, 1, 250, 5, 1, 1, 3.014, 3.014]),
        (lambda stack: million(stack, "verify"), [1, 1, 250, 0, 1, 1, 3.014, 3.014]),
        # Two a second: the first one is traced, and half of the others.
        (lambda stack: million(stack, "send", 5.256), [1, 1, 250, 5, 0.75, 1, 3.014, 3.014]),
    ],
    ids=["idle", "in use", "sent", "verified", "sent twice a second"],
)
def test_what_is_paid_for_is_counted_in_the_template(
    count: Callable[[Stack], Quantities], expected: list[float]
) -> None:
    """Of a stack that is small enough to count by hand."""
    assert [*count(STACK).values()] == pytest.approx(expected)


def test_resource_of_an_unknown_price_stops_the_page() -> None:
    """Nobody adds a NAT gateway unnoticed."""
    with pytest.raises(ValueError, match="AWS::EC2::NatGateway"):
        idle_month({"New": resource("EC2::NatGateway")})


def test_each_line_is_paid_to_the_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the lines of a table add up to what stands below them."""
    monkeypatch.setattr(figures, "PRICES", {"a": 0.004, "b": 1.5})

    assert figures.usd({"a": 1, "b": 3}) == 4.5


def test_walls_are_in_their_order_and_what_is_above_a_default_is_bold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A wall is met at its default, divided by what a text takes of it."""
    wide = ["Lambda, wide", "1,000", "0.8", "?", "a request", "AWS"]
    narrow = ["`key`", "1,000", "3,600", "?", "the key", "here"]
    monkeypatch.setattr(figures, "WALLS", [wide, narrow])

    tables = figures.of_scaling()

    assert tables["walls"].splitlines()[2:] == [
        "| `key` | 1,000 | 3,600 | 0.278 | the key | here |",
        "| Lambda, wide | 1,000 | 0.8 | 1,250 | a request | AWS |",
    ]
    assert tables["demand"].splitlines()[2:] == [
        "| Lambda, wide | 0.8 / 1,000 | 8 / 1,000 | 80 / 1,000 | 800 / 1,000 | **8,000 / 1,000** |"
    ]


@pytest.mark.parametrize(
    ("cell", "value"), [("$0.0133334", 0.0133334), ("1,024, measured", 1024), ("15% of it", 0.15)]
)
def test_first_number_of_a_cell_is_read(cell: str, value: float) -> None:
    """As people write it; a cell without one is refused."""
    assert number(cell) == value
    with pytest.raises(ValueError, match="no number"):
        number("none")


# --- What the pages say that is in the code, too ---

WALLS = {wall[0]: wall for wall in figures.WALLS}
SECONDS = figures.ASSUMED["milliseconds that a function takes"] / 1000
WRITES = figures.ASSUMED["writes of a message, of one unit each"]


@pytest.mark.parametrize(
    ("wall", "takes"),
    [
        ("DynamoDB, writes a second of a new table", WRITES),
        ("DynamoDB, writes a second of a table", WRITES),
        ("Lambda, environments at once", 2 * SECONDS),
        (
            "Lambda, environments at once while Pinpoint is slow",
            2 * SECONDS + TimeLimits().pinpoint_all_attempts,
        ),
    ],
)
def test_text_takes_what_the_code_does(wall: str, takes: float) -> None:
    """And what docs/cost.md assumes."""
    assert number(WALLS[wall][2]) == pytest.approx(takes)


@pytest.mark.parametrize("wall", [wall for wall in WALLS if wall.startswith("`")])
def test_default_of_a_key_is_its_default(wall: str) -> None:
    """Where a wall is one of the configuration's."""
    [key] = re.findall(r"`(\w+)`", wall)

    given = {**LEAST, key: WALLS[wall][1].replace(",", "")}

    assert Config.from_context(given) == Config.from_context(LEAST)


@pytest.mark.parametrize(
    ("key", "most"),
    [
        (key, int(number(row[3])))
        for row in rows(SCALING, "Which keys to change")
        for key in re.findall(r"`(\w+)`", row[0])
    ],
)
def test_a_key_ends_where_the_page_says(key: str, most: int) -> None:
    """One more is not taken."""
    Config.from_context({**LEAST, key: str(most)})
    with pytest.raises(ConfigError):
        Config.from_context({**LEAST, key: str(most + 1)})


@pytest.mark.parametrize(("block", "rate"), [(0, 100), (1, 1_000)])
def test_keys_of_the_page_let_the_texts_through(block: int, rate: int) -> None:
    """With room for half as much again; and the alarm rings before the limit refuses."""
    keys = re.findall(r"```text\n(.+?)```", SCALING, re.DOTALL)[block]
    given: dict[str, Any] = dict(re.findall(r"-c (\w+)=(\S+)", keys))
    config = Config.from_context({**LEAST, **given})

    hour = config.deployment_per_hour or 0
    assert config.send_requests_per_second == config.verify_requests_per_second == rate * 1.5
    assert rate * 3600 < config.alarm_texts_per_hour < hour == rate * 3600 * 1.5
    assert config.country_per_day in (None, hour * 24)


def test_the_readme_says_what_a_month_costs() -> None:
    """That of a million messages, in both profiles, as the page has it."""
    readme, cost = ((ROOT / name).read_text() for name in ("README.md", "docs/cost.md"))

    [said] = re.findall(r"\[\$(\d+) or \$(\d+)\]\(docs/cost\.md\)", readme)
    assert re.findall(r"^\| 1 million \|.*\| \$(\d+) \| \$(\d+) \|$", cost, re.MULTILINE) == [said]
