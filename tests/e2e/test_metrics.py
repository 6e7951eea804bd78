"""The metrics of the deployed function, as CloudWatch reads them from its log."""

import json
from typing import Any

from tests.support.deployment import Deployment, request


def metric_lines(deployment: Deployment) -> list[dict[str, Any]]:
    """Every line of the log in CloudWatch's embedded metric format."""
    return [
        json.loads(line[line.index("{") :])
        for line in deployment.log().splitlines()
        if '"_aws"' in line
    ]


def test_a_text_is_counted_for_its_deployment_and_country(deployment: Deployment) -> None:
    """The dimensions are those that the alarms and the dashboard of the same stack name."""
    assert deployment.send(request()).status == 200

    texts = [line for line in metric_lines(deployment) if "Texts" in line]

    assert texts
    assert texts[-1]["Deployment"] == "ServerlessOtp/Otp"
    assert texts[-1]["Country"] == "US"
    [directive] = texts[-1]["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "ServerlessOtp"
    assert ["Deployment"] in directive["Dimensions"]


def test_a_refusal_is_counted_by_its_code(deployment: Deployment) -> None:
    """A direct caller's typo is a reported error, and so no crash to the alarm."""
    deployment.invoke({"CodeLength": "six"})

    lines = metric_lines(deployment)

    [refused] = [line for line in lines if line.get("Code") == "InvalidRequest"][-1:]
    assert refused["Refused"] == [1]
    assert any(line.get("ReportedErrors") == [1] for line in lines)
