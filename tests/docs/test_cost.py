"""docs/cost.md: what is counted, and what the text says of the numbers."""

import re
from pathlib import Path
from typing import Any

import pytest

from docs.generate import cost
from docs.generate.cost import (
    ALARMS,
    API_REQUESTS,
    CUSTOM_METRICS,
    METRIC_LINES_BYTES,
    TEXTS_TO_THE_US,
    TRACES,
    WRITES,
    WRITES_A_SEND,
    Price,
    Stack,
    total,
)
from docs.generate.templates import resources
from infra.config import PYTHON_VERSIONS

from .functions import running

ROOT = Path(__file__).resolve().parent.parent.parent

PROFILES = {
    "dev": {"profile": "dev", "pythonVersion": PYTHON_VERSIONS[-1]},
    "production": {
        "profile": "production",
        "region": "us-east-1",
        "pythonVersion": PYTHON_VERSIONS[-1],
    },
}
A_METRIC = {"Id": "a", "MetricStat": {}}


@pytest.fixture(params=list(PROFILES.values()), ids=list(PROFILES))
def stack(request: pytest.FixtureRequest) -> Stack:
    """Give the resources of a profile."""
    return Stack(resources(**request.param))


def alarm(**properties: Any) -> dict[str, Any]:
    """Write an alarm of a template."""
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


@pytest.mark.parametrize(
    ("properties", "metrics"),
    [
        pytest.param({"MetricName": "Texts"}, 1, id="on one metric"),
        pytest.param(
            {"Metrics": [{"Id": "x", "Expression": "a + b"}, A_METRIC, {**A_METRIC, "Id": "b"}]},
            2,
            id="on an expression of two",
        ),
    ],
)
def test_new_alarm_costs_ten_cents_for_each_of_its_metrics(
    properties: dict[str, Any], metrics: int
) -> None:
    """CloudWatch asks for metrics, not for alarms."""
    before = resources(**PROFILES["dev"])
    after = Stack({**before, "New": alarm(**properties)}).idle_month()

    counted = dict(Stack(before).idle_month())[ALARMS]
    assert dict(after)[ALARMS] == counted + metrics
    assert total(after) == pytest.approx(
        total(Stack(before).idle_month()) + 0.10 * metrics, abs=0.001
    )


def test_resource_of_an_unknown_price_stops_the_page() -> None:
    """Nobody adds a NAT gateway unnoticed."""
    with pytest.raises(ValueError, match="AWS::EC2::NatGateway"):
        Stack({"New": {"Type": "AWS::EC2::NatGateway"}})


def test_every_function_has_metrics_of_its_own() -> None:
    """A second function costs five metrics more."""
    before = resources(**PROFILES["dev"])
    second = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "otp.other.handler"}}

    counted = dict(Stack({**before, "Second": second}).month_in_use())[CUSTOM_METRICS]

    assert counted == dict(Stack(before).month_in_use())[CUSTOM_METRICS] + 5


def test_lines_of_metrics_are_as_long_as_is_paid_for() -> None:
    """Of a message that is sent; they hold nothing that is longer on AWS."""
    with running("send") as service:
        assert service.send(DestinationIdentity="+12062010123").status == 200
        size = sum(map(len, service.metric_lines()))

    assert METRIC_LINES_BYTES * 0.95 < size <= METRIC_LINES_BYTES


def test_a_limit_or_a_country_more_is_a_metric_or_four(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the page says of a country: $1.20 a month."""
    template = resources(**PROFILES["dev"])
    before = dict(Stack(template).month_in_use())[CUSTOM_METRICS]
    monkeypatch.setattr(cost, "COUNTRIES", cost.COUNTRIES + 1)
    monkeypatch.setattr(cost, "LIMITS", cost.LIMITS + 1)

    assert dict(Stack(template).month_in_use())[CUSTOM_METRICS] == before + 4 + 1


def test_texts_are_most_of_the_cost(stack: Stack) -> None:
    """As the page says: the way through the stack is a hundredth of the text, at most.

    That of the code back again included.
    """
    a_million_and_its_month = sum(
        total(quantities)
        for quantities in (
            stack.idle_month(),
            stack.month_in_use(),
            stack.million_messages(),
            stack.million_verifications(),
        )
    )
    assert a_million_and_its_month < TEXTS_TO_THE_US.usd / 100


def test_verification_costs_what_a_message_does_but_for_dynamodb(stack: Stack) -> None:
    """As the page says."""
    messages, verifications = (
        dict(counted) for counted in (stack.million_messages(), stack.million_verifications())
    )
    assert (messages.pop(WRITES), verifications.pop(WRITES)) == (WRITES_A_SEND, 0)
    assert verifications == messages


def test_topic_that_nobody_uses_costs_nothing_but_its_encryption() -> None:
    """That of the failures is counted with the others: the key is asked for each."""
    before = resources(**PROFILES["production"])
    [name] = [
        name
        for name, resource in before.items()
        if resource["Type"] == "AWS::SNS::Topic" and "Verify" in name
    ]
    without = Stack({other: before[other] for other in before if other != name})
    assert without.idle_month() == Stack(before).idle_month()
    assert total(without.month_in_use()) < total(Stack(before).month_in_use())


def test_traces_cost_most_at_first_and_little_later(stack: Stack) -> None:
    """As the page says: then API Gateway's requests do."""
    assert _largest(stack, 1) == TRACES
    assert _largest(stack, 10) == API_REQUESTS


def test_production_costs_more(stack: Stack) -> None:
    """As the page says: for a month and for a message."""
    production = Stack(resources(**PROFILES["production"]))
    assert total(stack.idle_month()) <= total(production.idle_month())
    assert total(stack.million_messages()) <= total(production.million_messages())


def _largest(stack: Stack, millions: float) -> Price:
    return max(stack.million_messages(millions), key=lambda counted: counted[0].usd * counted[1])[0]


def test_the_readme_says_what_a_month_costs() -> None:
    """That of a million messages, in both profiles, as the page has it."""
    [said] = re.findall(
        r"\[\$(\d+) or \$(\d+)\]\(docs/cost\.md\)", (ROOT / "README.md").read_text()
    )
    page = (ROOT / "docs" / "cost.md").read_text()

    assert re.findall(r"^\| 1 million \|.*\| \$(\d+) \| \$(\d+) \|$", page, re.MULTILINE) == [said]
